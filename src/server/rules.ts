// What connections go by: replaced as a whole when the configuration changes.
import type { GateContext } from '../gate/context.js';
import type { ClientTls } from './client-tls.js';
import type { Limits } from './limits.js';

export interface Rules {
  readonly gate: GateContext;
  /** For connections from then on. */
  readonly limits: Limits;
  /** Needed for ldaps; with it ldap offers StartTLS. */
  readonly tls: ClientTls | undefined;
}
