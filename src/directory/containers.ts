// The base and the containers of the local tree, as entries that browsers can walk. Pure.
import type { Layout } from '../layout/layout.js';
import { type DN, dnKey, formatDN } from '../ldap/dn.js';
import { attributeType } from '../ldap/schema.js';
import { type EntryKind, EntryMaker, type SnapshotEntry, values } from './entry.js';
import { containerUuid } from './entry-uuid.js';
import { MADE_HERE, withOperationalAttributes } from './operational.js';

/** The class whose naming attribute a type is (RFC 4519 3, RFC 4524 3.3). */
const CLASS_BY_TYPE = new Map([
  ['dc', 'domain'],
  ['ou', 'organizationalUnit'],
  ['o', 'organization'],
]);

/** The base, the users' container and the groups', each once. */
export function containers(layout: Layout, maker = new EntryMaker()): SnapshotEntry[] {
  const { localBaseDN, localUsersDN, localGroupsDN } = layout;
  const isOne = dnKey(localUsersDN) === dnKey(localGroupsDN);
  return [
    container('base', localBaseDN, 'organization', containerUuid('base', layout), maker),
    container('container', localUsersDN, 'organizationalUnit', containerUuid('users', layout), maker),
    ...(isOne
      ? []
      : [container('container', localGroupsDN, 'organizationalUnit', containerUuid('groups', layout), maker)]),
  ];
}

/** `fallback`: the class where the name's type has none of its own. */
function container(
  kind: EntryKind & ('base' | 'container'),
  dn: DN,
  fallback: string,
  uuid: string,
  maker: EntryMaker,
): SnapshotEntry {
  const [ava] = dn[0] ?? [];
  const type = attributeType(ava?.type ?? '')?.names[0] ?? ava?.type ?? 'o';
  const attributes = [
    { type: 'objectClass', values: values('top', CLASS_BY_TYPE.get(type) ?? fallback) },
    ...(ava === undefined ? [] : [{ type, values: values(ava.value) }]),
    { type: 'createTimestamp', values: values(MADE_HERE) },
    { type: 'modifyTimestamp', values: values(MADE_HERE) },
  ];
  return withOperationalAttributes(kind, formatDN(dn), attributes, uuid, '', maker);
}
