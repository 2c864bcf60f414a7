// Who a connection speaks for. A session is a value: an operation receives one and returns the next.

import { Pages } from '../directory/paging.js';
import type { Channel } from './channel.js';

export type { Channel } from './channel.js';

export type Identity =
  | { readonly kind: 'anonymous' }
  /**
   * A member whose password was verified; `uid` is the canonical one, `dn` its local name at the time of the bind. `person`: whose name it was
   * (`SnapshotEntry.person`), because somebody else may have it later; '' where that was not known.
   */
  | { readonly kind: 'user'; readonly uid: string; readonly person: string; readonly dn: string }
  /** The reader or a configured service account; sees the whole snapshot. `isExternal`: by SASL EXTERNAL and not by the account's password. */
  | { readonly kind: 'service'; readonly dn: string; readonly isExternal?: true };

export interface Session {
  readonly identity: Identity;
  readonly channel: Channel;
  /** The client's address as the limits count it: IPv6 by its /64 (`addressBlock`). */
  readonly address: string;
  /** Its paged searches: they belong to this identity on this connection and go with it (R47). */
  readonly pages: Pages;
}

const anonymous: Identity = { kind: 'anonymous' };

/** A session without an identity: what every connection starts with and every failed bind leads to (RFC 4511 4.2.1). */
export function anonymousSession(channel: Channel, address: string): Session {
  return { identity: anonymous, channel, address, pages: new Pages() };
}

/** The same connection, speaking for somebody else. */
export function withIdentity(session: Session, identity: Identity): Session {
  return { identity, channel: session.channel, address: session.address, pages: new Pages() };
}
