// What an operator, or another instance of the fleet, wants forgotten: done here, in what this instance keeps.
import type { Snapshot } from '../directory/snapshot.js';
import type { Purge } from '../fleet/purges.js';
import type { EndedSessions } from './ended-sessions.js';
import type { BindMemory } from './rules.js';

/** True if there was something to forget. The other instances are not informed. */
export function purgeHere(
  { kind, account = '', sessions }: Purge,
  { limiters, credentialCache }: BindMemory,
  endedSessions: EndedSessions,
): boolean {
  switch (kind) {
    case 'forget':
      limiters.forget(account);
      return credentialCache.forget(account);
    case 'revoke':
      credentialCache.revoke(account);
      if (sessions === true) endedSessions.end(account);
      return true;
    case 'renew':
      credentialCache.renew(account);
      return true;
    case 'revokeAll':
      credentialCache.revokeAll();
      return true;
  }
}

/** The account of a user name: what is kept of it has the name as the directory spells it. */
export function accountOf(uid: string, snapshot: Snapshot | undefined): string {
  const known = snapshot?.named('uid', uid);
  return known === undefined || known === 'ambiguous' ? uid : known.uid;
}
