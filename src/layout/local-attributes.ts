// An upstream entry's attributes as they are shown here: local names, nothing secret, no names of entries that are not visible. Pure.
import type { Attribute } from '../ldap/message.js';
import { type Schema, STANDARD, splitDescription } from '../ldap/schema.js';
import { holdsNames } from '../ldap/syntaxes.js';
import type { Steps } from '../runtime/cooperative.js';
import type { Layout } from './layout.js';
import type { VisibleNames } from './visible-names.js';

/** Upstream's operational attributes that say something about the entry itself; all others are about the upstream server. */
const KEPT_OPERATIONAL: readonly string[] = ['createTimestamp', 'modifyTimestamp'];

/** Name and Optional UID (RFC 4517 3.3.21): the bit string behind the name. */
const OPTIONAL_UID = /#'[01]{0,256}'B$/;

/** Values between two places where the work may be interrupted: a group may have very many. */
const VALUES_PER_STEP = 64;

/** What becomes of an attribute by its description alone. */
type Treatment = 'dropped' | { readonly name: string | undefined; readonly holdsNames: boolean };

/** Lives while one snapshot is built: entries repeat their descriptions. */
export class LocalAttributes {
  private readonly treatments = new Map<string, Treatment>();

  constructor(
    private readonly layout: Layout,
    private readonly visible: VisibleNames,
    private readonly schema: Schema = STANDARD,
    /** Lower-case types that are never shown, beside those that the layout hides. */
    private readonly secrets: ReadonlySet<string> = new Set(),
  ) {}

  /**
   * The attributes that may be shown, in their order, with the values that may be: names of visible entries rewritten, other names,
   * password material, hidden attributes and texts that tell the upstream's suffix dropped (R31, R33, R35). No attribute is left empty.
   * `memberOf` is dropped too: the snapshot derives it from the groups.
   */
  *of(attributes: readonly Attribute[]): Steps<Attribute[]> {
    const left: Attribute[] = [];
    for (const { type, values } of attributes) {
      const treatment = this.treatmentOf(type);
      if (treatment === 'dropped') continue;
      const shown = yield* this.shown(values, treatment);
      if (shown.length > 0) left.push({ type, values: shown });
    }
    return left;
  }

  /** The same list where all of it may be shown as it is; else a new one, with no room for more: both are kept for long. */
  private *shown(values: readonly Buffer[], treatment: Exclude<Treatment, 'dropped'>): Steps<readonly Buffer[]> {
    const shown: Buffer[] = [];
    let isWhole = true;
    let count = 0;
    for (const value of values) {
      const local = this.localValue(value, treatment);
      if (local !== undefined) shown.push(local);
      isWhole &&= local === value;
      if (++count % VALUES_PER_STEP === 0) yield;
    }
    return isWhole ? values : shown.slice();
  }

  private treatmentOf(description: string): Treatment {
    let treatment = this.treatments.get(description);
    if (treatment === undefined) {
      treatment = this.treat(description);
      this.treatments.set(description, treatment);
    }
    return treatment;
  }

  private treat(description: string): Treatment {
    const { type } = splitDescription(description);
    if (this.secrets.has(type.toLowerCase())) return 'dropped';
    const known = this.schema.attributeType(type);
    if (known?.names[0] === 'memberOf') return 'dropped';
    const isForeign = known?.operational === true && !KEPT_OPERATIONAL.includes(known.names[0]);
    if (isForeign || this.layout.isHidden(description)) return 'dropped';
    return { name: known?.names[0], holdsNames: known !== undefined && holdsNames(known.syntax) };
  }

  private localValue(value: Buffer, { name, holdsNames }: Exclude<Treatment, 'dropped'>): Buffer | undefined {
    const { layout, visible } = this;
    if (holdsNames) {
      const dn = value.toString('utf8');
      return visible.localName(name === 'uniqueMember' ? withoutOptionalUid(dn) : dn);
    }
    if (name === 'memberUid') return visible.isUid(value.toString('utf8')) ? value : undefined;
    if (!layout.mentionsUpstream(value)) return value;
    if (layout.isRenamed) return undefined;
    // Names are not rewritten here, but a name under an attribute that the schema does not know may be a stranger's (R31).
    const dn = value.toString('utf8');
    return layout.upstreamName(dn) !== undefined && visible.localName(dn) === undefined ? undefined : value;
  }
}

/** The name in a value of Name and Optional UID syntax. */
export function withoutOptionalUid(value: string): string {
  return value.replace(OPTIONAL_UID, '');
}
