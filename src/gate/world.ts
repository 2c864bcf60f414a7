// What every operation is handed: the current directory, the ports, and the rules of this configuration.
import type { SearchSpecials } from '../directory/search.js';
import type { Snapshot } from '../directory/snapshot.js';
import { type Schema, STANDARD } from '../ldap/schema.js';
import type { CredentialCache } from './bind/credential-cache.js';
import type { NameResolver } from './bind/resolve-name.js';
import type { ResponseTiming } from './bind/response-timing.js';
import type { ServicePasswords } from './bind/service-accounts.js';
import type { SharedChecks } from './bind/shared-checks.js';
import type { UnownedMail } from './bind/unowned-mail.js';
import type { Clock, CoalescingVerifier, NameLookups, RateLimiter } from './ports.js';
import type { Channel } from './session.js';

export interface World {
  readonly clock: Clock;
  /** This number of bytes that nobody can guess. */
  readonly random: (octets: number) => Buffer;
  /** The newest snapshot; undefined until the first read has succeeded. */
  readonly snapshot: () => Snapshot | undefined;
  /** True while the first read is under way, or the list cannot be read though the upstream answers: a name is then looked up, as a newcomer's. */
  readonly looksUpAll: () => boolean;
  /** What everybody may read; what is offered depends on the channel, what is described on the schema. */
  readonly specials: (channel: Channel, schema?: Schema) => SearchSpecials;
  readonly verifier: CoalescingVerifier;
  readonly nameLookup: NameLookups;
  readonly credentialCache: CredentialCache;
  readonly unownedMail: UnownedMail;
  readonly rateLimiter: RateLimiter;
  /** Undefined: this instance is alone. */
  readonly shared?: SharedChecks | undefined;
  readonly responseTiming: ResponseTiming;
  /** Calls `wake` after `ms` milliseconds, never before it has returned. Returns a function that stops the wait. */
  readonly sleep: (ms: number, wake: () => void) => () => void;
  /** Checks what is not checked upstream. */
  readonly servicePasswords: ServicePasswords;
  /** Who a bind name means. */
  readonly names: NameResolver;
  /** Differs when the account has changed in the directory; undefined where it is not known. */
  readonly versionOf: (uid: string) => string | undefined;
  /** dnKey of the upstream users' container: a uid is somebody else in another one. */
  readonly realm: string;
  /** The name bound upstream for a canonical uid. */
  readonly upstreamUserDN: (uid: string) => string;
  /** The local name of a canonical uid. */
  readonly localUserDN: (uid: string) => string;
  readonly requireTls: boolean;
  /** True if there is a certificate: StartTLS is offered. */
  readonly offersTls: boolean;
  /** The account of clients that bind by SASL EXTERNAL on ldapi; undefined: not offered. */
  readonly externalDN: string | undefined;
  /** What a bound user sees: itself and its groups, the whole snapshot, or the containers only. */
  readonly userSearch: 'self' | 'all' | 'none';
  /** Milliseconds; an older snapshot no longer says who is a member (R93). */
  readonly maxStale: number;
  /** Milliseconds; a member by an older snapshot is asked about again at each bind (R92). */
  readonly membershipAge: number;
  /** A refused bind is answered with a reference. */
  readonly tellReference: boolean;
  /** Each check upstream asks for the policy: some app passes it on, and cached or shared verdicts must serve that app as well. */
  readonly asksPolicy: boolean;
  /** What the upstream says of a password that it has refused is passed on (password policy control). */
  readonly tellPolicy: boolean;
  /** A refused bind says why, in the words of Active Directory. */
  readonly tellReasons: boolean;
  /** True if a bind upstream may ask for a second factor: its verdict is not cached. */
  readonly asksForSecondFactor: boolean;
  /** Entries that one search may return at most. */
  readonly searchEntries: number;
  /** Units of work that one search may cost, and milliseconds that it may take; 0: no limit. */
  readonly searchWork: number;
  readonly searchTime: number;
}

/** The schema that describes everything that anybody may see: everybody may read it. */
export function publishedSchema(context: World): Schema {
  return context.snapshot()?.schema ?? STANDARD;
}

/** The snapshot if there is one that may still be answered from, else the reason why not. `now` in milliseconds by the world's clock. */
export function currentSnapshot(context: World, now = context.clock()): Snapshot | 'no-snapshot' | 'stale-snapshot' {
  const snapshot = context.snapshot();
  if (snapshot === undefined) return 'no-snapshot';
  return now - snapshot.takenAt > context.maxStale ? 'stale-snapshot' : snapshot;
}
