// The one door: a message and a session go in, an answer and the next session come out.
import type { SearchCursor } from '../directory/search.js';
import type { LDAPMessage, Request, Response } from '../ldap/message.js';
import { ResultCode } from '../ldap/result-code.js';
import { respond, result } from './answer.js';
import type { BindOutcome } from './bind.js';
import { bind } from './bind.js';
import type { GateContext } from './context.js';
import { unmetControl } from './controls.js';
import { extended, READ_ONLY } from './extended.js';
import { compare, search } from './search.js';
import type { Session } from './session.js';
import { anonymousSession } from './session.js';
import { Trace } from './trace.js';

export type Outcome =
  /** The final response, at once. */
  | { readonly kind: 'answer'; readonly response: Response; readonly session: Session; readonly trace: Trace }
  /** Entries to be drawn, then a SearchResultDone. */
  | { readonly kind: 'cursor'; readonly cursor: SearchCursor; readonly trace: Trace }
  /** A bind: comes later (or has come already); `giveUp` when the client leaves. */
  | { readonly kind: 'pending'; readonly giveUp: () => void };

/** Requests that the connection itself deals with are not operations of the gate. */
export type GateRequest = Exclude<Request, { kind: 'unbindRequest' | 'abandonRequest' }>;

/**
 * Performs one operation. Binds call `bound` (at once or later, exactly once unless given up); everything else is answered by the
 * return value. Never throws for anything a client sends.
 */
export function perform(
  message: LDAPMessage<GateRequest>,
  session: Session,
  context: GateContext,
  bound: (outcome: BindOutcome) => void,
): Outcome {
  const { op } = message;
  const unmet = unmetControl(message.controls);
  if (unmet !== undefined) return refuseControl(op, session, context);
  switch (op.kind) {
    case 'bindRequest':
      return { kind: 'pending', giveUp: bind(op, session, context, bound) };
    case 'searchRequest': {
      const outcome = search(op, session, context);
      if (outcome.kind === 'cursor') return outcome;
      return answer({ kind: 'searchResultDone', result: outcome.result }, session, outcome.trace);
    }
    case 'compareRequest': {
      const outcome = compare(op, session, context);
      return answer({ kind: 'compareResponse', result: outcome.result }, session, outcome.trace);
    }
    case 'extendedRequest': {
      const trace = new Trace('extended', context.clock);
      trace.name = op.requestName;
      const response = extended(op, session);
      const { code } = response.result;
      const reason = code === 0 ? 'ok' : code === ResultCode.protocolError ? 'unknown-operation' : 'read-only';
      return answer(response, session, trace.end(code, reason));
    }
    case 'modifyRequest':
    case 'addRequest':
    case 'delRequest':
    case 'modDNRequest': {
      const trace = new Trace('write', context.clock);
      trace.name = op.kind === 'modifyRequest' ? op.object : op.entry;
      const refusal = result(ResultCode.unwillingToPerform, READ_ONLY);
      return answer(respond(op.kind, refusal)!, session, trace.end(refusal.code, 'read-only'));
    }
  }
}

/** A bind that fails by its control fails like any other: it leaves the session anonymous (R9). */
function refuseControl(op: GateRequest, session: Session, context: GateContext): Outcome {
  const trace = new Trace(operationOf(op), context.clock);
  if (op.kind === 'bindRequest') trace.name = op.name;
  const refusal = result(ResultCode.unavailableCriticalExtension, 'critical extension is not recognized');
  const next = op.kind === 'bindRequest' ? anonymousSession(session.secure, session.address) : session;
  return answer(respond(op.kind, refusal)!, next, trace.end(refusal.code, 'critical-control'));
}

function operationOf(op: GateRequest): Trace['operation'] {
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

function answer(response: Response, session: Session, trace: Trace): Outcome {
  return { kind: 'answer', response, session, trace };
}
