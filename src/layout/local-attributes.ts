// What is left of an upstream entry's attributes when it is shown here: local names, nothing secret, nobody who is not visible. Pure.
import type { Attribute } from '../ldap/message.js';
import { attributeType, DN_SYNTAX, splitDescription } from '../ldap/schema.js';
import type { Layout } from './layout.js';
import type { VisibleNames } from './visible-names.js';

/** Upstream's operational attributes that say something about the entry itself; all others are about the upstream server. */
const KEPT_OPERATIONAL: readonly string[] = ['createTimestamp', 'modifyTimestamp'];

/** Name and Optional UID (RFC 4517 3.3.21): the bit string behind the name. */
const OPTIONAL_UID = /#'[01]{0,256}'B$/;

/**
 * The attributes that may be shown, in their order, with the values that may be: names of visible entries rewritten, other names,
 * password material, hidden attributes and texts that tell the upstream's suffix dropped (R31, R33, R35). No attribute is left empty.
 */
export function localAttributes(attributes: readonly Attribute[], layout: Layout, visible: VisibleNames): Attribute[] {
  const left: Attribute[] = [];
  for (const { type, values } of attributes) {
    if (layout.isHidden(type)) continue;
    const known = attributeType(splitDescription(type).type);
    const name = known?.names[0];
    if (known?.operational === true && !KEPT_OPERATIONAL.includes(known.names[0])) continue;
    const shown: Buffer[] = [];
    for (const value of values) {
      const local = localValue(value, name, known?.syntax, layout, visible);
      if (local !== undefined) shown.push(local);
    }
    if (shown.length > 0) left.push({ type, values: shown });
  }
  return left;
}

function localValue(
  value: Buffer,
  type: string | undefined,
  syntax: string | undefined,
  layout: Layout,
  visible: VisibleNames,
): Buffer | undefined {
  if (syntax === DN_SYNTAX) {
    const dn = value.toString('utf8');
    const local = visible.localDN(type === 'uniqueMember' ? withoutOptionalUid(dn) : dn);
    return local === undefined ? undefined : Buffer.from(local, 'utf8');
  }
  if (type === 'memberUid') return visible.isUid(value.toString('utf8')) ? value : undefined;
  if (!layout.mentionsUpstream(value)) return value;
  if (layout.isRenamed) return undefined;
  // Names are not rewritten here, but a name under an attribute that the schema does not know may be a stranger's (R31).
  const dn = value.toString('utf8');
  return layout.upstreamName(dn) !== undefined && visible.localDN(dn) === undefined ? undefined : value;
}

/** The name in a value of Name and Optional UID syntax. */
export function withoutOptionalUid(value: string): string {
  return value.replace(OPTIONAL_UID, '');
}
