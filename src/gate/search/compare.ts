// The compare: one value against one attribute of an entry that the session sees (RFC 4511 4.10).
import { compareSteps } from '../../directory/compare.js';
import { Work } from '../../directory/work.js';
import type { CompareRequest, LDAPResult } from '../../ldap/message.js';
import { ResultCode } from '../../ldap/result-code.js';
import type { Steps } from '../../runtime/cooperative.js';
import { result } from '../answer.js';
import { authorize, describeView, nameOf } from '../authorize.js';
import type { Ended, Operation, Outcome } from '../operation.js';
import { type Reason, reasonOfEnd } from '../reason.js';
import type { Session } from '../session.js';
import { Trace } from '../trace.js';
import { publishedSchema, type World } from '../world.js';
import type { RequestControls } from './controls.js';

/** Answers from the same view that a search would have. */
export function compare(request: CompareRequest, controls: RequestControls, session: Session, context: World): Outcome {
  const trace = new Trace('compare', context.clock);
  trace.name = request.entry;
  trace.account = nameOf(session);
  const view = authorize(session, context);
  trace.step('authorize', describeView(session, view));
  if (typeof view === 'string') return { ...ended(result(ResultCode.unavailable), view, trace), next: 'go on' };
  const work = new Work(0);
  const specials = context.specials(session.channel, publishedSchema(context));
  const steps = compareSteps(view, specials, request, controls.assertion, work);
  return { running: new CompareOperation(steps, work, trace) };
}

function ended(compared: LDAPResult, reason: Reason, trace: Trace): Ended {
  return { response: { kind: 'compareResponse', result: compared }, trace: trace.end(compared.code, reason) };
}

/** A compare under way: an attribute may have very many values, an assertion control very many parts. It never waits for anybody. */
export class CompareOperation implements Operation {
  readonly isBind = false;
  wake: () => void = () => {};

  /** `meter`: what the steps spend. */
  constructor(
    private readonly steps: Steps<LDAPResult>,
    private readonly meter: Work,
    readonly trace: Trace,
  ) {}

  advance(work: Work): Ended | 'again' {
    const { meter, steps, trace } = this;
    const granted = work.left;
    meter.left = granted;
    while (meter.left > 0) {
      const { done, value } = steps.next();
      if (done !== true) continue;
      work.left -= granted - meter.left;
      return ended(value, reasonOfEnd(value.code), trace);
    }
    work.left -= granted - meter.left;
    return 'again';
  }

  abort(): 'over' {
    return 'over';
  }
}
