// entryUUID (RFC 4530): by what applications know a person again. It is the upstream's own, which holds no name, so that it may be shown under
// any base; where the upstream hides it, it is made from what tells one account from the next. Pure.
import { createHash } from 'node:crypto';
import type { Layout } from '../layout/layout.js';
import { textsOf } from '../ldap/attributes.js';
import { dnKey, keyOfName } from '../ldap/dn.js';
import type { UpstreamEntry } from './reader.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Attributes in which a new account with an old name differs from the old one. All count: a user who inherits what belonged to somebody else
 * is worse than one who is taken for somebody new.
 */
const DISTINCTIVE = ['createTimestamp', 'uidNumber', 'gidNumber'];

/** The entryUUID of a person or group; the local names have no part in it. */
export function entryUuid(entry: UpstreamEntry): string {
  return (
    ownUuid(entry) ?? uuidOf('entry', keyOfName(entry.dn), ...DISTINCTIVE.map((type) => textsOf(entry, type)[0] ?? ''))
  );
}

/** The one that the upstream gave it; undefined where the reader cannot see it. */
export function ownUuid(entry: UpstreamEntry): string | undefined {
  const [own] = textsOf(entry, 'entryUUID');
  return own !== undefined && UUID.test(own) ? own : undefined;
}

/** That of an entry which the layout makes: the same whatever it is called locally. */
export function containerUuid(role: 'base' | 'users' | 'groups', { upstreamUsersDN }: Layout): string {
  return uuidOf(role, dnKey(upstreamUsersDN));
}

/** A UUID that depends on the given texts alone, so that it outlives restarts and refreshes (in the manner of RFC 9562 5.5). */
function uuidOf(...texts: readonly string[]): string {
  // Lengths in front, so that no two lists run into one.
  const hash = createHash('sha1')
    .update(texts.map((text) => `${text.length}:${text}`).join(''))
    .digest();
  hash[6] = (hash[6]! & 0x0f) | 0x50;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  const hex = hash.toString('hex', 0, 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}
