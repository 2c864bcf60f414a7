// `explain` for a name: the real pipeline run for an operator, with each step, its decision and its time. Without a password it stops where one is needed.
import { NO_VIEW, type View } from '../../directory/view.js';
import type { BindRequest } from '../../ldap/message.js';
import { resultName } from '../../ldap/result-code.js';
import { authorize } from '../authorize.js';
import { BindOperation } from '../bind/bind.js';
import { CredentialCache } from '../bind/credential-cache.js';
import { HashMemory } from '../bind/hash-memory.js';
import { HashQueue } from '../bind/hash-queue.js';
import { type ServiceAccount, ServicePasswords } from '../bind/service-accounts.js';
import type { Verdict } from '../ports.js';
import type { Reason } from '../reason.js';
import { runAlone } from '../run-alone.js';
import { anonymousSession, type Session } from '../session.js';
import { type Step, Trace } from '../trace.js';
import type { World } from '../world.js';
import type { Refuses } from './cloud-reasons.js';
import { nameHint, userIn } from './name-hints.js';
import type { PastRefusal } from './past-refusal.js';
import { type Names, type Party, REASONS } from './reasons.js';

/** What an explanation is made in. */
export interface ExplainContext {
  readonly context: World;
  /** The name of the group that gets in, for remedies. */
  readonly group: string;
  /** Why the last read of the upstream failed, if it did, and what fixes it. */
  readonly readFault: ReadFaultText | undefined;
  /** True if values of entries may be shown: to a user who can read the configuration, not to anyone who reaches a port. */
  readonly showsValues: boolean;
}

export interface ReadFaultText {
  readonly message: string;
  readonly remedy: string;
}

export interface BindExplainRequest {
  readonly kind: 'bind';
  readonly name: string;
  readonly password?: Buffer;
}

/** A reason with its words. */
export interface Why {
  readonly reason: Reason;
  readonly meaning: string;
  readonly basis: string;
  /** Who has to act. */
  readonly party: Party;
  readonly remedy: string;
}

/** A reason of JumpCloud's own, with its words. */
export interface CloudTold {
  readonly reason: string;
  readonly sentence: string;
  readonly remedy: string;
  readonly refuses: Refuses;
}

/** What the application is answered. */
export interface ExplainedAnswer {
  readonly code: number;
  readonly result: string;
}

export interface VisibleEntries {
  readonly entries: number;
  /** Some of their names. */
  readonly names: readonly string[];
}

export interface BindExplanation {
  readonly kind: 'bind';
  readonly name: string;
  /** The canonical uid, or the service account; '' if the name leads to none. */
  readonly account: string;
  readonly steps: readonly Step[];
  /** Undefined if the pipeline stopped for want of a password: `next` then says what would happen. */
  readonly answer?: ExplainedAnswer;
  readonly next?: string;
  readonly why?: Why;
  /** What a search after this bind would show. */
  readonly sight?: VisibleEntries;
  readonly readFault?: ReadFaultText;
  /** What JumpCloud's API says, where it is asked. */
  readonly cloud?: CloudTold;
  /** The last refused logins of this name, the newest first; undefined where no instance was asked, which alone knows them. */
  readonly refusals?: readonly PastRefusal[];
  readonly ms: number;
}

const ACCEPTED: Verdict = { kind: 'accepted' };
const AWAY: Verdict = {
  kind: 'trouble',
  code: 52,
  reason: 'upstream-unreachable',
  detail: 'no address of JumpCloud answers',
  isUnsent: true,
};

/** Where explained operations come from, as limits count them: this machine, and nobody listens in between. */
const ADDRESS = '127.0.0.1';
const MOST_NAMES = 20;
const round = (ms: number) => Math.round(ms * 100) / 100;

/** A session as of a client over TLS without an identity. */
export function openSession(): Session {
  return anonymousSession('tls', ADDRESS);
}

/** A reason in words, with names filled in. */
export function whyOf(reason: Reason, names: Names): Why {
  const { meaning, basis, party, remedy } = REASONS[reason];
  return { reason, meaning, basis, party, remedy: remedy(names) };
}

/** A result code with its name. */
export function answerOf(code: number): ExplainedAnswer {
  return { code, result: resultName(code) };
}

/** The steps of a trace with rounded times, in milliseconds. */
export function stepsOf({ steps }: Trace): Step[] {
  return steps.map((step) => ({ ...step, at: round(step.at) }));
}

/**
 * Runs a bind as an application's would run. With a password it is counted, cached and sent upstream like any other. Without one nothing is counted,
 * kept or sent beyond what finding the name needs.
 */
export async function explainBind(
  { name, password }: BindExplainRequest,
  explainContext: ExplainContext,
): Promise<BindExplanation> {
  const { context } = explainContext;
  const trace = new Trace('bind', context.clock);
  const { session, next } =
    password === undefined ? await dryRun(name, context, trace) : await run(name, password, context, trace);
  const { account, reason, code } = trace;
  const user = account === '' ? userIn(name) : account;
  const names = { group: explainContext.group, user, sent: name, expected: context.localUserDN('NAME') };
  const shown = session === undefined ? undefined : sightOf(session, context);
  return {
    kind: 'bind',
    name,
    account,
    steps: stepsOf(trace),
    ...(next === undefined
      ? {
          answer: answerOf(code),
          why: withHint(whyOf(reason, names), await nameHint(reason, name, context)),
        }
      : { next }),
    ...(shown === undefined ? {} : { sight: shown }),
    ...(explainContext.readFault === undefined ? {} : { readFault: explainContext.readFault }),
    ms: round(trace.elapsed()),
  };
}

/** The hint comes first: it is about this very name. */
function withHint(why: Why, hint: string | undefined): Why {
  return hint === undefined ? why : { ...why, remedy: `${hint} ${why.remedy}` };
}

interface Run {
  /** What the connection would be afterwards, if the bind succeeds. */
  readonly session: Session | undefined;
  readonly next?: string;
}

function request(name: string, password: Buffer): BindRequest {
  return { kind: 'bindRequest', version: 3, name, authentication: { method: 'simple', password } };
}

async function run(name: string, password: Buffer, context: World, trace: Trace): Promise<Run> {
  const { session } = await runAlone(operation(name, password, context, trace), context.clock);
  return { session: trace.code === 0 ? session : undefined };
}

/** The same with a password that nobody has, in a world in which any is right and nothing is asked about it. */
async function dryRun(name: string, context: World, trace: Trace): Promise<Run> {
  let next = 'an anonymous bind has no password to check';
  const dry = withoutPassword(context, (then) => {
    next = then;
  });
  const { session } = await runAlone(operation(name, context.random(16), dry, trace), context.clock);
  if (trace.code !== 0) return { session: undefined };
  // The step about the password is not true: none was checked.
  trace.forget('verify');
  return { next, session };
}

function operation(name: string, password: Buffer, context: World, trace: Trace): BindOperation {
  return new BindOperation(request(name, password), openSession(), context, false, trace);
}

function withoutPassword(context: World, would: (next: string) => void): World {
  const { rateLimiter, clock } = context;
  const nothing = () => {};
  const asked = (account: ServiceAccount): ServiceAccount => {
    const verify = async () => {
      would('its password would be compared here');
      return true;
    };
    return { ...account, check: { kind: 'hash', verify } };
  };
  const accounts = [...context.names.accounts].map(([key, account]) => [key, asked(account)] as const);
  return {
    ...context,
    names: context.names.withAccounts(new Map(accounts)),
    servicePasswords: new ServicePasswords({ queue: new HashQueue(), memory: new HashMemory(), decoy: undefined }),
    credentialCache: new CredentialCache({ ttl: 0, refusedTtl: 0, staleIfError: 0, entries: 1, clock }),
    unownedMail: {
      isFresh: (of) => context.unownedMail.isFresh(of),
      isKnown: (of, age) => context.unownedMail.isKnown(of, age),
      remember: nothing,
      forget: nothing,
    },
    // Nothing is counted anywhere.
    shared: undefined,
    rateLimiter: {
      ask: (account, address) => rateLimiter.ask(account, address),
      take: (account, address) => rateLimiter.ask(account, address),
      takeShared: (account, address) => rateLimiter.ask(account, address),
      isUsedUp: (account, address) => rateLimiter.isUsedUp(account, address),
      refusedByAll: nothing,
      mayRecall: () => true,
      takeHere: (account, address) => rateLimiter.askHere(account, address),
      askHere: (account, address) => rateLimiter.askHere(account, address),
      isKnownHere: (account, address) => rateLimiter.isKnownHere(account, address),
      settledHere: nothing,
      failed: nothing,
      succeeded: nothing,
      loggedIn: nothing,
      undecided: nothing,
      forget: nothing,
      // A question by hand is not an attack.
      takeLookUp: () => true,
      giveBackLookUp: nothing,
    },
    verifier: {
      runningFrom: () => undefined,
      isAway: () => context.verifier.isAway(),
      verify: (_id, dn, _password, receiver) => {
        would(`the password would be sent upstream as ${dn}`);
        setImmediate(() => receiver.onVerdict(context.verifier.isAway() ? AWAY : ACCEPTED));
        return { leave: nothing };
      },
    },
  };
}

/** What the session would be shown of the directory; undefined where there is nothing. */
function sightOf(session: Session, context: World): VisibleEntries | undefined {
  const view = authorize(session, context);
  return typeof view === 'string' || view === NO_VIEW ? undefined : summary(view);
}

function summary({ entries }: View): VisibleEntries {
  return { entries: entries.length, names: entries.slice(0, MOST_NAMES).map(({ dn }) => dn) };
}
