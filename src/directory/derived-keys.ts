// Keys that a filter needs of the entry at hand beyond those that its attributes keep: by other rules, and of the parts of its name.
import { parseDN } from '../ldap/dn.js';
import { type Normalizer, normalizingUnits } from '../ldap/matching.js';
import { type AttributeType, attributeType } from '../ldap/schema.js';
import type { Steps } from '../runtime/cooperative.js';
import { isOwnRule, isQuick, type Keys, normalized, SnapshotAttribute } from './attribute.js';
import type { SnapshotEntry } from './entry.js';
import type { Work } from './work.js';

type Types = ReadonlySet<AttributeType>;

/** Made once per entry, whatever the number of parts that ask for them, and forgotten with the next entry. */
export class DerivedKeys {
  /** How many parts there are that ask for other keys than an attribute's own: with one nothing is kept. */
  askers = 0;
  private entry: SnapshotEntry | undefined;
  private byRule: Map<Normalizer, Map<SnapshotAttribute, Keys>> | undefined;
  private byTypes: Map<Types, SnapshotAttribute[]> | undefined;
  private name: readonly SnapshotAttribute[] | undefined;

  /** The keys of an attribute by a rule, its own by default; undefined if they cannot be made in one go. */
  quick(entry: SnapshotEntry, attribute: SnapshotAttribute, rule: Normalizer, work: Work): Keys | undefined {
    if (isOwnRule(attribute, rule)) return attribute.quickKeys(work);
    const known = this.askers > 1 ? this.mapOf(entry, rule) : undefined;
    const before = known?.get(attribute);
    if (before !== undefined || !attribute.isReady || !isQuick(attribute.values)) return before;
    const keys: (string | undefined)[] = [];
    for (const value of attribute.values) {
      work.left -= normalizingUnits(value, rule);
      keys.push(rule(value));
    }
    known?.set(attribute, keys);
    return keys;
  }

  /** The same, a little at a time. */
  *make(entry: SnapshotEntry, attribute: SnapshotAttribute, rule: Normalizer | undefined, work: Work): Steps<Keys> {
    if (rule === undefined || isOwnRule(attribute, rule)) return yield* attribute.makeKeys(work);
    const known = this.mapOf(entry, rule);
    const before = known.get(attribute);
    if (before !== undefined) return before;
    yield* attribute.ready(work);
    const keys = yield* normalized(attribute.values, rule, work);
    known.set(attribute, keys);
    return keys;
  }

  /** The attributes of the entry that are of these types. */
  ofTypes(entry: SnapshotEntry, types: Types, work: Work): SnapshotAttribute[] {
    this.turnTo(entry);
    let found = this.byTypes?.get(types);
    if (found === undefined) {
      work.left -= entry.attributes.size >> 1;
      found = [...entry.attributes.values()].filter(({ type }) => type !== undefined && types.has(type));
      this.byTypes ??= new Map();
      this.byTypes.set(types, found);
    }
    return found;
  }

  /** The parts of the entry's name that are of these types, as attributes of one value each. */
  nameOf(entry: SnapshotEntry, types: Types, work: Work): SnapshotAttribute[] {
    this.turnTo(entry);
    if (this.name === undefined) {
      work.left -= 1 + (entry.dn.length >> 1);
      this.name = (parseDN(entry.dn) ?? [])
        .flat()
        .map(({ type, value }) => new SnapshotAttribute(type, attributeType(type), [Buffer.from(value, 'utf8')]));
    }
    work.left -= this.name.length >> 2;
    return this.name.filter(({ type }) => type !== undefined && types.has(type));
  }

  private mapOf(entry: SnapshotEntry, rule: Normalizer): Map<SnapshotAttribute, Keys> {
    this.turnTo(entry);
    this.byRule ??= new Map();
    let known = this.byRule.get(rule);
    if (known === undefined) {
      known = new Map();
      this.byRule.set(rule, known);
    }
    return known;
  }

  private turnTo(entry: SnapshotEntry): void {
    if (entry === this.entry) return;
    this.entry = entry;
    this.byRule = this.byTypes = undefined;
    this.name = undefined;
  }
}
