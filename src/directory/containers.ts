// The base and the containers of the local tree, as entries that browsers can walk. Pure.
import type { Face } from '../layout/face.js';
import type { Layout } from '../layout/layout.js';
import { type DN, dnKey, formatDN } from '../ldap/dn.js';
import { attributeType } from '../ldap/schema.js';
import { values } from '../ldap/values.js';
import { type EntryKind, EntryMaker, type SnapshotEntry } from './entry.js';
import { containerUuid } from './entry-uuid.js';
import { MADE_HERE, withOperationalAttributes } from './operational.js';

/** The class whose naming attribute a type is (RFC 4519 3, RFC 4524 3.3). */
const CLASS_BY_TYPE = new Map([
  ['dc', 'domain'],
  ['ou', 'organizationalUnit'],
  ['o', 'organization'],
]);

/** The base, the users' container and the groups', each once. */
export function containers(layout: Layout, maker = new EntryMaker(), frame?: Face['frame']): SnapshotEntry[] {
  const { localBaseDN, localUsersDN, localGroupsDN } = layout;
  const isOne = dnKey(localUsersDN) === dnKey(localGroupsDN);
  return [
    container('base', localBaseDN, 'organization', containerUuid('base', layout), maker, frame),
    container('container', localUsersDN, 'organizationalUnit', containerUuid('users', layout), maker, frame),
    ...(isOne
      ? []
      : [container('container', localGroupsDN, 'organizationalUnit', containerUuid('groups', layout), maker, frame)]),
  ];
}

/** `fallback`: the class where the name's type has none of its own. */
function container(
  kind: EntryKind & ('base' | 'container'),
  dn: DN,
  fallback: string,
  uuid: string,
  maker: EntryMaker,
  frame: Face['frame'],
): SnapshotEntry {
  const [ava] = dn[0] ?? [];
  const type = attributeType(ava?.type ?? '')?.names[0] ?? ava?.type ?? 'o';
  const name = formatDN(dn);
  const added = frame?.(kind, type, name, uuid) ?? [];
  const plain = [
    { type: 'objectClass', values: values('top', CLASS_BY_TYPE.get(type) ?? fallback) },
    ...(ava === undefined ? [] : [{ type, values: values(ava.value) }]),
    { type: 'createTimestamp', values: values(MADE_HERE) },
    { type: 'modifyTimestamp', values: values(MADE_HERE) },
  ];
  const kept = plain.filter((one) => !added.some((other) => other.type === one.type));
  return withOperationalAttributes(kind, name, [...kept, ...added], uuid, '', maker);
}
