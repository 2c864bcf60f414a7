// Every request of a client comes through here: (request, session, world) go in, an answer or a running operation comes out.
import type { LDAPMessage, LDAPResult, Request, Response } from '../ldap/message.js';
import { ResultCode } from '../ldap/result-code.js';
import { noticeOfDisconnection, respond, result } from './answer.js';
import { BindOperation } from './bind/bind.js';
import { extended, READ_ONLY } from './extended.js';
import type { Answered, Operation, Outcome, Outstanding } from './operation.js';
import { compare } from './search/compare.js';
import { type ReadControls, readControls } from './search/controls.js';
import { search } from './search/search.js';
import { anonymousSession, type Session } from './session.js';
import { Trace } from './trace.js';
import type { World } from './world.js';

/** A request as it came: whole, or with a good envelope and a content that cannot be read (RFC 4511 4.1.1). */
export type Received = LDAPMessage<Request> | { readonly messageID: number; readonly malformed: Request['kind'] };

type RequestOf<Kind extends Request['kind']> = Extract<Request, { kind: Kind }>;
type Answerable = Exclude<Request, { kind: 'unbindRequest' | 'abandonRequest' }>;

/**
 * Answers one request, or begins an operation. Never throws for anything that a client sends, and changes nothing on the side: what
 * the session and the connection are from then on is part of the outcome.
 */
export function dispatch(received: Received, session: Session, context: World, outstanding: Outstanding): Outcome {
  if ('malformed' in received) return refuseMalformed(received.malformed, session);
  const { op, controls } = received;
  switch (op.kind) {
    case 'unbindRequest':
      return { response: undefined, next: 'close' };
    case 'abandonRequest':
      return abandon(op.messageID);
    default: {
      const read = readControls(op.kind, controls);
      return read.kind === 'read'
        ? perform(op, read, session, context, outstanding)
        : refuseControl(op, read, session, context);
    }
  }
}

/** 0 is what careless clients send where they have nothing to abandon: nothing is, as with OpenLDAP, although a request may have that ID (R41). */
function abandon(messageID: number): Answered {
  const nothing = { response: undefined, next: 'go on' } as const;
  return messageID <= 0 ? nothing : { ...nothing, ends: { messageID, isAnswered: false } };
}

/** The answer to an operation that may not begin, since what its address or all clients have under way is too much already. */
export function turnAway(operation: Operation, session: Session, limit: string): Answered {
  operation.abort();
  const refusal = result(ResultCode.busy, `too many requests are under way (${limit})`);
  const trace = operation.trace.end(refusal.code, 'busy-here');
  const after = operation.isBind ? sessionAfter('bindRequest', session) : undefined;
  return { response: finalResponse(operation, refusal), session: after, next: 'go on', trace };
}

/** The response to an operation that was canceled (RFC 3909 2.2). */
export function canceled(operation: Operation): Response {
  return finalResponse(operation, result(ResultCode.canceled));
}

/** Ends an operation of a revoked session, as it would have ended for an anonymous one. */
export function revoked(operation: Operation): { readonly response: Response; readonly trace: Trace } {
  const nothing = result(ResultCode.noSuchObject);
  return { response: finalResponse(operation, nothing), trace: operation.trace.end(nothing.code, 'not-found') };
}

function finalResponse({ trace, isBind }: Operation, answer: LDAPResult): Response {
  if (isBind) return { kind: 'bindResponse', result: answer };
  return { kind: trace.operation === 'compare' ? 'compareResponse' : 'searchResultDone', result: answer };
}

/** The last message on a connection whose bytes are not LDAP messages, or that ends for another reason (RFC 4511 4.4.1). */
export function disconnection(code: ResultCode, text: string): Response {
  return noticeOfDisconnection(result(code, text));
}

function perform(
  op: Answerable,
  { controls }: Extract<ReadControls, { kind: 'read' }>,
  session: Session,
  context: World,
  outstanding: Outstanding,
): Outcome {
  switch (op.kind) {
    case 'bindRequest':
      return { running: new BindOperation(op, session, context, controls.passwordPolicy) };
    case 'searchRequest':
      return search(op, controls, session, context, outstanding);
    case 'compareRequest':
      return compare(op, controls, session, context);
    case 'extendedRequest':
      return extended(op, session, context, outstanding);
    case 'modifyRequest':
    case 'addRequest':
    case 'delRequest':
    case 'modDNRequest':
      return refuseWrite(op, context);
  }
}

function refuseWrite(
  op: RequestOf<'modifyRequest' | 'addRequest' | 'delRequest' | 'modDNRequest'>,
  { clock }: World,
): Answered {
  const trace = new Trace('write', clock);
  trace.name = op.kind === 'modifyRequest' ? op.object : op.entry;
  const refusal = result(ResultCode.unwillingToPerform, READ_ONLY);
  return { response: respond(op.kind, refusal), next: 'go on', trace: trace.end(refusal.code, 'read-only') };
}

/** A bind that cannot be read, or fails by its control, fails like any other: it leaves the session anonymous (R9). */
function sessionAfter(kind: Request['kind'], { channel, address }: Session): Session | undefined {
  return kind === 'bindRequest' ? anonymousSession(channel, address) : undefined;
}

/** Its own response with protocolError; an unbind has none and still means the end. */
function refuseMalformed(kind: Request['kind'], session: Session): Answered {
  const response = respond(kind, result(ResultCode.protocolError, 'malformed request'));
  return { response, session: sessionAfter(kind, session), next: kind === 'unbindRequest' ? 'close' : 'go on' };
}

function refuseControl(
  op: Answerable,
  fault: Exclude<ReadControls, { kind: 'read' }>,
  session: Session,
  { clock }: World,
): Answered {
  const trace = new Trace(operationOf(op), clock);
  if (op.kind === 'bindRequest') trace.name = op.name;
  const isUnmet = fault.kind === 'unmet';
  const refusal = isUnmet
    ? result(ResultCode.unavailableCriticalExtension, 'critical extension is not recognized')
    : result(ResultCode.protocolError, fault.why);
  return {
    response: respond(op.kind, refusal),
    session: sessionAfter(op.kind, session),
    next: 'go on',
    trace: trace.end(refusal.code, isUnmet ? 'critical-control' : 'malformed-control'),
  };
}

function operationOf(op: Answerable): Trace['operation'] {
  switch (op.kind) {
    case 'bindRequest':
      return 'bind';
    case 'searchRequest':
      return 'search';
    case 'compareRequest':
      return 'compare';
    case 'extendedRequest':
      return 'extended';
    default:
      return 'write';
  }
}
