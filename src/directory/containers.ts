// The base and the containers of the local tree, as entries that browsers can walk. Pure.
import type { Layout } from '../layout/layout.js';
import { type DN, dnKey, formatDN } from '../ldap/dn.js';
import { attributeType } from '../ldap/schema.js';
import { type EntryKind, type SnapshotEntry, values } from './entry.js';
import { withOperationalAttributes } from './operational.js';

/** The class whose naming attribute a type is (RFC 4519 3, RFC 4524 3.3). */
const CLASS_BY_TYPE = new Map([
  ['dc', 'domain'],
  ['ou', 'organizationalUnit'],
  ['o', 'organization'],
]);

/** The base, the users' container and the groups', each once. */
export function containers(layout: Layout): SnapshotEntry[] {
  const below = new Map([layout.localUsersDN, layout.localGroupsDN].map((dn) => [dnKey(dn), dn]));
  return [
    container('base', layout.localBaseDN, 'organization'),
    ...[...below.values()].map((dn) => container('container', dn, 'organizationalUnit')),
  ];
}

/** `fallback`: the class where the name's type has none of its own. */
function container(kind: EntryKind & ('base' | 'container'), dn: DN, fallback: string): SnapshotEntry {
  const [ava] = dn[0] ?? [];
  const type = attributeType(ava?.type ?? '')?.names[0] ?? ava?.type ?? 'o';
  return withOperationalAttributes(kind, formatDN(dn), [
    { type: 'objectClass', values: values('top', CLASS_BY_TYPE.get(type) ?? fallback) },
    ...(ava === undefined ? [] : [{ type, values: values(ava.value) }]),
  ]);
}
