// Extended operations: Who am I, Cancel, StartTLS, and clear answers to the rest (RFC 4511 4.12).
import type { ExtendedRequest, ExtendedResponse } from '../ldap/message.js';
import { Oid } from '../ldap/message.js';
import { ResultCode } from '../ldap/result-code.js';
import { decodeCancelID } from '../wire/controls.js';
import { ProtocolError } from '../wire/errors.js';
import { result, success } from './answer.js';
import { actingAs } from './authorize.js';
import type { Answered, Outstanding } from './operation.js';
import type { Reason } from './reason.js';
import type { Session } from './session.js';
import { Trace } from './trace.js';
import type { World } from './world.js';

/** Where a client is sent that wants to change something. */
export const READ_ONLY = 'this directory is read-only: make the change in the JumpCloud console';
const PASSWORD_CHANGE = 'passwords are changed in the JumpCloud user portal, not here';

/** What an extended request comes to, before it has a trace. */
type Part = Pick<Answered, 'ends'> & {
  readonly reason: Reason;
  readonly code?: ResultCode;
  readonly text?: string;
  readonly name?: string;
  readonly value?: Buffer;
  readonly next?: Answered['next'];
};

/** Answers an extended request (RFC 4511 4.12). */
export function extended(
  request: ExtendedRequest,
  session: Session,
  context: World,
  outstanding: Outstanding,
): Answered {
  const trace = new Trace('extended', context.clock);
  trace.name = request.requestName;
  const {
    reason,
    code = ResultCode.success,
    text,
    name,
    value,
    next = 'go on',
    ends,
  } = part(request, session, context, outstanding);
  const response: ExtendedResponse = {
    kind: 'extendedResponse',
    result: code === ResultCode.success ? success : result(code, text),
    ...(name === undefined ? {} : { responseName: name }),
    ...(value === undefined ? {} : { responseValue: value }),
  };
  return { response, next, trace: trace.end(code, reason), ...(ends === undefined ? {} : { ends }) };
}

/** Who am I (RFC 4532), Password Modify (RFC 3062: refused, R18), Cancel, StartTLS; anything else is protocolError (R49). */
function part(
  { requestName, requestValue }: ExtendedRequest,
  session: Session,
  context: World,
  outstanding: Outstanding,
): Part {
  switch (requestName) {
    case Oid.whoAmI:
      if (requestValue !== undefined) return malformed('Who am I takes no value');
      return { reason: 'ok', value: Buffer.from(authzId(session, context), 'utf8') };
    case Oid.passwordModify:
      return { reason: 'read-only', code: ResultCode.unwillingToPerform, text: PASSWORD_CHANGE };
    case Oid.cancel:
      return cancel(requestValue, outstanding);
    case Oid.startTLS:
      return startTLS(requestValue, session, context, outstanding);
    default:
      return malformed('unsupported extended operation');
  }
}

function malformed(text: string): Part {
  return { reason: 'unknown-operation', code: ResultCode.protocolError, text };
}

/** RFC 3909: like Abandon, but the canceled operation is answered, and so is the Cancel. */
function cancel(value: Buffer | undefined, outstanding: Outstanding): Part {
  const messageID = cancelID(value);
  if (messageID === undefined) return malformed('malformed request');
  if (!outstanding.has(messageID)) return { reason: 'not-found', code: ResultCode.noSuchOperation };
  return { reason: 'ok', ends: { messageID, isAnswered: true } };
}

function cancelID(value: Buffer | undefined): number | undefined {
  try {
    return decodeCancelID(value);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

/** RFC 4511 4.14. The answer is the last thing sent in cleartext. */
function startTLS(value: Buffer | undefined, session: Session, { offersTls }: World, outstanding: Outstanding): Part {
  const refuse = (code: ResultCode, text: string): Part => ({ reason: 'unknown-operation', code, text });
  if (!offersTls) return refuse(ResultCode.protocolError, 'StartTLS is not configured here');
  if (value !== undefined) return refuse(ResultCode.protocolError, 'StartTLS takes no value');
  if (session.channel === 'tls') return refuse(ResultCode.operationsError, 'TLS is already in use');
  if (outstanding.size > 0) return refuse(ResultCode.operationsError, 'operations are outstanding');
  return { reason: 'ok', name: Oid.startTLS, next: 'start TLS' };
}

/** The authorization identity of RFC 4513 5.2.1.8: `dn:` and the local name, empty for anonymous (R50). */
function authzId(session: Session, context: World): string {
  const dn = actingAs(session, context);
  return dn === undefined ? '' : `dn:${dn}`;
}
