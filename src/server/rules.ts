// What connections go by: replaced as a whole when the configuration changes.
import type { World } from '../gate/world.js';
import type { ClientTls } from './client-tls.js';
import type { Limits } from './limits.js';
import type { ResponseCache } from './response-cache.js';

export interface Rules {
  readonly gate: World;
  /** Of this configuration: another one may answer otherwise. */
  readonly responses: ResponseCache;
  /** For connections from then on. */
  readonly limits: Limits;
  /** Needed for ldaps; with it ldap offers StartTLS. */
  readonly tls: ClientTls | undefined;
}
