// IDs of what is in the embedded JumpCloud: 24 hexadecimal digits, the same in each run.
import { createHash } from 'node:crypto';
import type { Subject } from '../change.js';

/** A page of a large group asks for all of its members' IDs. */
const MOST_KNOWN = 100_000;
const known = new Map<string, string>();

/** The ID of an object: 24 hexadecimal digits from a hash of its kind and name. */
export function idOf({ kind, name }: Subject): string {
  const key = `${kind} ${name}`;
  const id = known.get(key) ?? createHash('sha256').update(key).digest('hex').slice(0, 24);
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(key, id);
  return id;
}

/** A user's ID. */
export const userId = (name: string) => idOf({ kind: 'user', name });
/** A group's ID. */
export const groupId = (name: string) => idOf({ kind: 'user_group', name });
/** A policy's ID. */
export const policyId = (name: string) => idOf({ kind: 'authn_policy', name });
/** There is one LDAP directory. */
export const SERVER_ID = idOf({ kind: 'ldap_server', name: 'jumpcloud' });
