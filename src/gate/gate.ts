// The one door: a message and a session go in, an answer and the next session come out.
import type { EntrySource, SearchEnd } from '../directory/search.js';
import type { Control, LDAPMessage, Request, Response } from '../ldap/message.js';
import { ResultCode } from '../ldap/result-code.js';
import { respond, result } from './answer.js';
import type { BindOutcome } from './bind.js';
import { bind } from './bind.js';
import type { GateContext } from './context.js';
import { NO_POLICY_NEWS, type ReadControls, readControls } from './controls.js';
import { extended, READ_ONLY } from './extended.js';
import { compare, search } from './search.js';
import type { Session } from './session.js';
import { anonymousSession } from './session.js';
import { Trace } from './trace.js';

export type Outcome =
  /** The final response, at once. */
  | {
      readonly kind: 'answer';
      readonly response: Response;
      readonly controls?: readonly Control[];
      readonly session: Session;
      readonly trace: Trace;
    }
  /** Entries to be drawn, then a SearchResultDone. */
  | { readonly kind: 'cursor'; readonly cursor: EntrySource; readonly trace: Trace }
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
  const read = readControls(op.kind, message.controls);
  if (read.kind !== 'read') return refuseControl(op, read, session, context);
  const { controls } = read;
  switch (op.kind) {
    case 'bindRequest': {
      const news = controls.passwordPolicy === true ? { controls: [NO_POLICY_NEWS] } : {};
      return { kind: 'pending', giveUp: bind(op, session, context, (outcome) => bound({ ...outcome, ...news })) };
    }
    case 'searchRequest': {
      const outcome = search(op, controls, session, context);
      if (outcome.kind === 'cursor') return outcome;
      const { end, trace } = outcome;
      return { ...answer({ kind: 'searchResultDone', result: end.result }, session, trace), ...responseControls(end) };
    }
    case 'compareRequest': {
      const outcome = compare(op, controls, session, context);
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
function refuseControl(
  op: GateRequest,
  fault: Exclude<ReadControls, { kind: 'read' }>,
  session: Session,
  context: GateContext,
): Outcome {
  const trace = new Trace(operationOf(op), context.clock);
  if (op.kind === 'bindRequest') trace.name = op.name;
  const isUnmet = fault.kind === 'unmet';
  const refusal = isUnmet
    ? result(ResultCode.unavailableCriticalExtension, 'critical extension is not recognized')
    : result(ResultCode.protocolError, fault.why);
  const next = op.kind === 'bindRequest' ? anonymousSession(session.channel, session.address) : session;
  return answer(
    respond(op.kind, refusal)!,
    next,
    trace.end(refusal.code, isUnmet ? 'critical-control' : 'malformed-control'),
  );
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

function answer(response: Response, session: Session, trace: Trace): Outcome & { kind: 'answer' } {
  return { kind: 'answer', response, session, trace };
}

/** None rather than an empty list: many clients never saw one. */
function responseControls({ controls = [] }: SearchEnd): { controls?: readonly Control[] } {
  return controls.length === 0 ? {} : { controls };
}
