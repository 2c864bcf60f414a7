// Which controls are understood, and what happens to a message that insists on another (RFC 4511 4.1.11).
import type { Control } from '../ldap/message.js';

/** manageDsaIT (RFC 3296): there are no referrals here, so asking to see them as entries changes nothing. */
const MANAGE_DSA_IT = '2.16.840.1.113730.3.4.2';

/** Exactly what the root DSE lists (R46). */
export const SUPPORTED_CONTROLS: readonly string[] = [MANAGE_DSA_IT];

/** The first control that is critical and not understood, if any: the operation must then not be performed (R43). */
export function unmetControl(controls: readonly Control[] | undefined): Control | undefined {
  return controls?.find((control) => control.critical && !SUPPORTED_CONTROLS.includes(control.type));
}
