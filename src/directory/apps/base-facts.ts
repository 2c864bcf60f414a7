// What is found out once about the snapshot that all apps are made from, for all of them.
import type { Layout } from '../../layout/layout.js';
import { parseDN } from '../../ldap/dn.js';
import { holdsNames } from '../../ldap/syntaxes.js';
import type { Steps } from '../../runtime/cooperative.js';
import type { SnapshotAttribute } from '../attribute.js';
import type { SnapshotEntry } from '../entry.js';
import type { Snapshot } from '../snapshot.js';
import { UNLIMITED } from '../work.js';

/** The entries that the values of an attribute name: their places in the base, in the values' order; -1 for an unknown name. */
export type Places = Int32Array;

export interface BaseGroup {
  readonly entry: SnapshotEntry;
  readonly cn: string;
  /** Whom it has as members, by the attributes that list them: `member`, `uniquemember`, `memberuid`. */
  readonly lists: ReadonlyMap<string, Places>;
}

/** The descriptions and classes that some entries have in common. */
export interface EntryForm {
  readonly attributes: readonly SnapshotAttribute[];
  readonly keys: readonly string[];
}

/** An attribute with this many names or more is made a few values at a time, not in one go with its entry. */
export const MANY_NAMES = 256;

const LISTS = ['member', 'uniquemember', 'memberuid'];
/** Values between two places where the work may be interrupted. */
const VALUES_PER_STEP = 64;

const known = new WeakMap<Snapshot, BaseFacts>();

/** The facts of a snapshot that is built with the upstream's own names; its entries are numbered by the way. */
export function* factsOf(base: Snapshot, layout: Layout): Steps<BaseFacts> {
  const before = known.get(base);
  if (before !== undefined) return before;
  const facts = new BaseFacts(base);
  yield* facts.gather(layout);
  known.set(base, facts);
  return facts;
}

/** Facts about a base snapshot, found once for all apps. */
export class BaseFacts {
  readonly groups: BaseGroup[] = [];
  /** Attributes, none of names, that hold the upstream's suffix in a value: what an app shows of them depends on it. */
  readonly mentioning = new Set<SnapshotAttribute>();
  /** Attributes of very many names, with whose they are; what they name is in `placesOf`. */
  readonly large: SnapshotAttribute[] = [];
  readonly forms: EntryForm[] = [];
  /** By place: which form an entry has. */
  readonly formOf: Uint32Array;
  private readonly places = new Map<SnapshotAttribute, Places>();

  constructor(readonly base: Snapshot) {
    this.formOf = new Uint32Array(base.entries.length);
  }

  *gather(layout: Layout): Steps<void> {
    const { entries } = this.base;
    // All places first: groups name entries behind them.
    for (let place = 0; place < entries.length; place++) {
      entries[place]!.place = place;
      if (place % VALUES_PER_STEP === 0) yield;
    }
    const forms = new FormTree(this.forms);
    for (const entry of entries) {
      this.formOf[entry.place] = forms.add(entry);
      if (entry.kind === 'group') yield* this.addGroup(entry);
      for (const key of entry.attributes.keys()) {
        const attribute = entry.attributes.get(key)!;
        if (attribute.values.length > MANY_NAMES) yield* this.addLarge(key, attribute);
        if (isOfNames(key, attribute) || key === 'entrydn' || this.mentioning.has(attribute)) continue;
        if (yield* mentions(attribute, layout)) this.mentioning.add(attribute);
      }
      yield;
    }
  }

  /** Tells one attribute of very many names from the others. */
  numberOf(attribute: SnapshotAttribute): number {
    return this.large.indexOf(attribute);
  }

  /** Whom an attribute of names or uids names, where there are few, or where it was asked for before in steps. */
  placesOf(key: string, attribute: SnapshotAttribute): Places {
    const before = this.places.get(attribute);
    if (before !== undefined) return before;
    const places = new Int32Array(attribute.values.length);
    for (let i = 0; i < places.length; i++) places[i] = this.placeOf(key, attribute, i);
    return places;
  }

  private placeOf(key: string, attribute: SnapshotAttribute, i: number): number {
    if (isOfUids(key)) return this.base.user(attribute.values[i]!.toString('utf8'))?.place ?? -1;
    const name = attribute.keys()[i];
    return name === undefined ? -1 : (this.base.find(name)?.place ?? -1);
  }

  private *addGroup(entry: SnapshotEntry): Steps<void> {
    const lists = new Map<string, Places>();
    for (const key of LISTS) {
      const attribute = entry.attributes.get(key);
      if (attribute !== undefined) lists.set(key, yield* this.keepPlaces(key, attribute));
    }
    this.groups.push({ entry, cn: parseDN(entry.dn)?.[0]?.[0]?.value ?? '', lists });
  }

  private *addLarge(key: string, attribute: SnapshotAttribute): Steps<void> {
    if (!isOfNames(key, attribute)) return;
    yield* this.keepPlaces(key, attribute);
    this.large.push(attribute);
  }

  private *keepPlaces(key: string, attribute: SnapshotAttribute): Steps<Places> {
    const before = this.places.get(attribute);
    if (before !== undefined) return before;
    if (!isOfUids(key)) yield* attribute.makeKeys(UNLIMITED);
    const places = new Int32Array(attribute.values.length);
    for (let i = 0; i < places.length; i++) {
      places[i] = this.placeOf(key, attribute, i);
      if (i % VALUES_PER_STEP === 0) yield;
    }
    this.places.set(attribute, places);
    return places;
  }
}

/** True for an attribute whose values name entries, by DNs or by uids. */
export function isOfNames(key: string, { type }: SnapshotAttribute): boolean {
  return isOfUids(key) || (type !== undefined && key !== 'entrydn' && holdsNames(type.syntax));
}

/** By the key of the attribute's description. */
export function isOfUids(key: string): boolean {
  return key === 'memberuid' || key.startsWith('memberuid;');
}

function* mentions({ values }: SnapshotAttribute, layout: Layout): Steps<boolean> {
  if (values.length === 1) return layout.mentionsUpstream(values[0]!);
  let count = 0;
  for (const value of values) {
    if (layout.mentionsUpstream(value)) return true;
    if (++count % VALUES_PER_STEP === 0) yield;
  }
  return false;
}

/** Numbers the forms of entries: one step for each attribute, whatever it is called. */
class FormTree {
  private readonly root: FormNode = { next: new Map(), form: -1 };

  constructor(private readonly forms: EntryForm[]) {}

  add({ attributes }: SnapshotEntry): number {
    let node = this.root;
    for (const key of attributes.keys()) {
      // Classes are a part of the form, for the schema has them.
      const word = key === 'objectclass' ? attributes.get(key)! : key;
      let next = node.next.get(word);
      if (next === undefined) {
        next = { next: new Map(), form: -1 };
        node.next.set(word, next);
      }
      node = next;
    }
    if (node.form < 0)
      node.form = this.forms.push({ keys: [...attributes.keys()], attributes: [...attributes.values()] }) - 1;
    return node.form;
  }
}

interface FormNode {
  readonly next: Map<string | SnapshotAttribute, FormNode>;
  form: number;
}
