import { keyOfName } from '../ldap/dn.js';
import { anonymousSession, type Session, withIdentity } from './session.js';
import type { World } from './world.js';

/** The same person under the new rules. If these would not let that person in, or mean somebody else by the name, the session becomes anonymous. */
export function revalidate(session: Session, from: World, to: World): Session {
  const { identity } = session;
  switch (identity.kind) {
    case 'anonymous':
      return session;
    case 'user':
      // Membership needs no look: what a user sees is taken from the snapshot, and a user who is not in it sees nothing.
      if (from.realm !== to.realm || to.names.accountOfUid(identity.uid) !== undefined) break;
      return withIdentity(session, { ...identity, dn: to.localUserDN(identity.uid) });
    case 'service': {
      const { dn, isExternal } = identity;
      const key = keyOfName(dn);
      const credential = from.names.accounts.get(key)?.credential;
      const isSame = credential !== undefined && credential === to.names.accounts.get(key)?.credential;
      // An account may be both: a session goes on by what opened it, and by nothing else.
      // With pages of its own (R47): those of before may show what the new rules hide.
      if (isExternal === true ? dn === to.externalDN : isSame) return withIdentity(session, identity);
    }
  }
  return anonymousSession(session.channel, session.address);
}
