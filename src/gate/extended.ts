// Extended operations that need no socket: Who am I, and clear answers to the rest.
import type { ExtendedRequest, ExtendedResponse } from '../ldap/message.js';
import { Oid } from '../ldap/message.js';
import { ResultCode } from '../ldap/result-code.js';
import { result, success } from './answer.js';
import type { Session } from './session.js';

/** Where a client is sent that wants to change something. */
export const READ_ONLY = 'this directory is read-only: make the change in the JumpCloud console';
const PASSWORD_CHANGE = 'passwords are changed in the JumpCloud user portal, not here';

/** Who am I (RFC 4532), Password Modify (RFC 3062: refused, R18); anything else is protocolError without a responseName (RFC 4511 4.12, R49). */
export function extended(request: ExtendedRequest, session: Session): ExtendedResponse {
  switch (request.requestName) {
    case Oid.whoAmI:
      if (request.requestValue !== undefined) {
        return { kind: 'extendedResponse', result: result(ResultCode.protocolError, 'Who am I takes no value') };
      }
      return { kind: 'extendedResponse', result: success, responseValue: Buffer.from(authzId(session), 'utf8') };
    case Oid.passwordModify:
      return { kind: 'extendedResponse', result: result(ResultCode.unwillingToPerform, PASSWORD_CHANGE) };
    default:
      return { kind: 'extendedResponse', result: result(ResultCode.protocolError, 'unsupported extended operation') };
  }
}

/** The authorization identity of RFC 4513 5.2.1.8: `dn:` and the local name, empty for anonymous (R50). */
function authzId(session: Session): string {
  return session.identity.kind === 'anonymous' ? '' : `dn:${session.identity.dn}`;
}
