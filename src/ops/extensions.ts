// Extended operations by the names that people know.
import { Oid } from '../ldap/message.js';

const NAMES: ReadonlyMap<string, string> = new Map([
  [Oid.startTLS, 'StartTLS'],
  [Oid.whoAmI, 'Who am I'],
  [Oid.passwordModify, 'Password modify'],
  [Oid.cancel, 'Cancel'],
]);

/** The name of an OID, or the OID. */
export function extensionName(oid: string): string {
  return NAMES.get(oid) ?? oid;
}
