// LDAPResults as the gate gives them, and the response that belongs to each request.
import type { LDAPResult, Request, Response } from '../ldap/message.js';
import { Oid } from '../ldap/message.js';
import { result } from '../ldap/result.js';
import { ResultCode } from '../ldap/result-code.js';

export { result };

export const success = result(ResultCode.success);

/** Wrong password, unknown name and non-member: one object, so the bytes sent cannot differ (R2). */
export const invalidCredentials = result(ResultCode.invalidCredentials);

/**
 * The final response that a request of this kind gets, with the result given (RFC 4511 4.2 to 4.12).
 * Unbind and abandon have none: undefined.
 */
export function respond(kind: Request['kind'], answer: LDAPResult): Response | undefined {
  switch (kind) {
    case 'bindRequest':
      return { kind: 'bindResponse', result: answer };
    case 'searchRequest':
      return { kind: 'searchResultDone', result: answer };
    case 'modifyRequest':
      return { kind: 'modifyResponse', result: answer };
    case 'addRequest':
      return { kind: 'addResponse', result: answer };
    case 'delRequest':
      return { kind: 'delResponse', result: answer };
    case 'modDNRequest':
      return { kind: 'modDNResponse', result: answer };
    case 'compareRequest':
      return { kind: 'compareResponse', result: answer };
    case 'extendedRequest':
      return { kind: 'extendedResponse', result: answer };
    case 'unbindRequest':
    case 'abandonRequest':
      return undefined;
  }
}

/** What the last message to a client says about the end of its connection (RFC 4511 4.4.1); its message ID is 0. */
export function noticeOfDisconnection(answer: LDAPResult): Response {
  return { kind: 'extendedResponse', result: answer, responseName: Oid.noticeOfDisconnection };
}
