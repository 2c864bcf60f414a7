// IDs of what is in the embedded JumpCloud: 24 hexadecimal digits, the same in each run.
import { createHash } from 'node:crypto';
import type { Subject } from '../change.js';

export const idOf = ({ kind, name }: Subject): string =>
  createHash('sha256').update(`${kind} ${name}`).digest('hex').slice(0, 24);

export const userId = (name: string) => idOf({ kind: 'user', name });
export const groupId = (name: string) => idOf({ kind: 'user_group', name });
export const policyId = (name: string) => idOf({ kind: 'authn_policy', name });
/** There is one LDAP directory. */
export const SERVER_ID = idOf({ kind: 'ldap_server', name: 'jumpcloud' });
