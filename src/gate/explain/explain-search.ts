// `explain` for a filter: how it is understood, how it is answered, what it finds, and why it does not find an entry that was expected.
import type { SnapshotEntry } from '../../directory/entry.js';
import { compileSteps } from '../../directory/filter-evaluation.js';
import { partsOf } from '../../directory/understand.js';
import { NO_VIEW, type View } from '../../directory/view.js';
import type { Work } from '../../directory/work.js';
import { dnKey, parseDN, rdnKey } from '../../ldap/dn.js';
import type { Filter } from '../../ldap/filter.js';
import { FilterSyntaxError, formatFilter, parseFilter } from '../../ldap/filter-text.js';
import { Scope, type SearchRequest } from '../../ldap/message.js';
import type { Steps } from '../../runtime/cooperative.js';
import { shellWord } from '../../runtime/shell-word.js';
import { authorize } from '../authorize.js';
import { ALONE, inTurns, runAlone } from '../run-alone.js';
import { SearchOperation, search } from '../search/search.js';
import { type Identity, type Session, withIdentity } from '../session.js';
import type { Step } from '../trace.js';
import { currentSnapshot, publishedSchema, type World } from '../world.js';
import {
  answerOf,
  type BindExplanation,
  type ExplainContext,
  type ExplainedAnswer,
  explainBind,
  openSession,
  type ReadFaultText,
  stepsOf,
  type VisibleEntries,
  type Why,
  whyOf,
} from './explain-bind.js';
import { type PartReport, reportParts, truthOf } from './explain-part.js';

export interface SearchExplainRequest {
  readonly kind: 'search';
  /** In the string form (RFC 4515). */
  readonly filter: string;
  /** Whose eyes: a name as in a bind, or `anonymous`; the service account unless given. */
  readonly as?: string;
  /** The local base unless given. */
  readonly base?: string;
  /** An entry that was expected: its DN, its RDN, or a user name. */
  readonly entry?: string;
}

/** What became of the entry that was expected. */
export interface Expected {
  readonly dn: string;
  readonly verdict: 'found' | 'outside the base' | 'not matched' | 'not in sight' | 'not in the mirror';
  /** Why the mirror does not have it. */
  readonly why?: BindExplanation;
}

export interface SearchExplanation {
  readonly kind: 'search';
  readonly filter: string;
  /** Set if it could not be run: no filter, or nobody to ask as. */
  readonly fault?: { readonly message: string; readonly position?: number };
  readonly understood?: string;
  readonly parts: readonly PartReport[];
  readonly as: string;
  readonly base: string;
  readonly steps: readonly Step[];
  readonly answer?: ExplainedAnswer;
  readonly why?: Why;
  /** By which attributes' indexes; undefined: every entry was looked at. */
  readonly index?: readonly string[];
  /** Entries that were looked at, at most. */
  readonly candidates?: number;
  readonly inSight?: number;
  readonly matched?: VisibleEntries;
  readonly expected?: Expected;
  readonly readFault?: ReadFaultText;
  readonly ms: number;
}

const MOST_NAMES = 20;

/** Runs a search of the whole subtree as an application's would run, and looks at it from all sides. */
export async function explainSearch(
  question: SearchExplainRequest,
  explainContext: ExplainContext,
): Promise<SearchExplanation> {
  const { context, readFault } = explainContext;
  const specials = context.specials('tls').rootDSE;
  const suffix = specials.attributes.get('namingcontexts')?.values[0]?.toString('utf8') ?? '';
  const base = question.base ?? suffix;
  const startedAt = context.clock();
  const start = { kind: 'search', filter: question.filter, as: question.as ?? 'service account', base } as const;
  const rest = () => ({
    ...(readFault === undefined ? {} : { readFault }),
    ms: Math.round((context.clock() - startedAt) * 100) / 100,
  });
  const filter = parsed(question.filter);
  if ('message' in filter) return { ...start, fault: filter, parts: [], steps: [], ...rest() };
  const session = sessionOf(question.as, context);
  const parts = partsOf(filter);
  const understood = { understood: formatFilter(filter) };
  if (typeof session === 'string')
    return {
      ...start,
      ...understood,
      fault: { message: session },
      parts: await inTurns((work) => reportParts(parts, work, publishedSchema(context))),
      steps: [],
      ...rest(),
    };
  const found = await runSearch(filter, base, session, context);
  const view = authorize(session, context);
  const sight = typeof view === 'string' || view === NO_VIEW ? undefined : view;
  const wanted = question.entry;
  const entry = wanted === undefined ? undefined : await inTurns((work) => findEntry(wanted, sight, work));
  const expected =
    wanted === undefined ? {} : { expected: await expect(wanted, entry, found.names, filter, explainContext) };
  const { identity } = session;
  return {
    ...start,
    as: identity.kind === 'anonymous' ? 'anonymous' : identity.dn,
    ...understood,
    parts: await inTurns((work) =>
      reportParts(parts, work, publishedSchema(context), entry, explainContext.showsValues),
    ),
    steps: found.steps,
    answer: answerOf(found.code),
    why: whyOf(found.reason, { group: explainContext.group, user: identity.kind === 'user' ? identity.uid : '' }),
    ...(sight === undefined ? {} : await inTurns((work) => narrowing(filter, sight, work))),
    matched: { entries: found.names.length, names: found.names.slice(0, MOST_NAMES) },
    ...expected,
    ...rest(),
  };
}

function parsed(text: string): Filter | { message: string; position: number } {
  try {
    return parseFilter(text);
  } catch (error) {
    if (!(error instanceof FilterSyntaxError)) throw error;
    return { message: error.message, position: error.position };
  }
}

/** Who is asked as; a text says why nobody can be. */
function sessionOf(as: string | undefined, context: World): Session | string {
  const bound = (identity: Identity) => withIdentity(openSession(), identity);
  if (as === undefined) {
    // The reader is always there, as the last account.
    const account = [...context.names.accounts.values()].at(-1);
    return account === undefined ? 'there is no service account' : bound({ kind: 'service', dn: account.dn });
  }
  if (as === '' || as === 'anonymous') return openSession();
  const noneToBeFound = (why: string) => `users cannot be looked up at present: ${why}`;
  const snapshot = currentSnapshot(context);
  if (typeof snapshot === 'string') return noneToBeFound(snapshot);
  const resolved = context.names.resolve(as, snapshot);
  switch (resolved.kind) {
    case 'service':
      return bound({ kind: 'service', dn: resolved.account.dn });
    case 'member':
      return bound(resolved.identity(context));
    case 'stranger':
      return `${as} cannot log in: ${resolved.reason}`;
    case 'unseen':
      return `${as} is not a member, so it cannot log in: jumpgate explain ${shellWord(as)} says why`;
    case 'invalid':
      return `${as} cannot log in: invalid-name`;
    case 'unsaid':
      return noneToBeFound('no-snapshot');
  }
}

interface Found {
  readonly code: number;
  readonly reason: Why['reason'];
  readonly names: readonly string[];
  readonly steps: readonly Step[];
}

async function runSearch(filter: Filter, base: string, session: Session, context: World): Promise<Found> {
  const request: SearchRequest = {
    kind: 'searchRequest',
    baseObject: base,
    scope: Scope.wholeSubtree,
    derefAliases: 0,
    sizeLimit: 0,
    timeLimit: 0,
    typesOnly: false,
    filter,
    attributes: ['1.1'],
  };
  const outcome = search(request, {}, session, context, ALONE);
  const names: string[] = [];
  const trace = 'running' in outcome ? outcome.running.trace : outcome.trace;
  if ('running' in outcome) {
    const { running } = outcome;
    await runAlone(running, context.clock, ({ objectName }) => names.push(objectName));
    if (running instanceof SearchOperation)
      running.trace.step('answer', `found ${names.length}, looked at ${running.examined}`);
  }
  const { code = 0, reason = 'ok' } = trace ?? {};
  return { code, reason, names, steps: trace === undefined ? [] : stepsOf(trace) };
}

type Narrowing = Pick<SearchExplanation, 'index' | 'candidates' | 'inSight'>;

function* narrowing(filter: Filter, view: View, work: Work): Steps<Narrowing> {
  const { most, indexes } = yield* view.planSteps(yield* compileSteps(filter, work), work);
  return {
    ...(indexes === undefined ? {} : { index: indexes }),
    candidates: most,
    inSight: view.entries.length,
  };
}

/** Units of work for reading one name of a list. */
const NAME = 20;

/** By DN, by RDN or by user name. */
function* findEntry(text: string, view: View | undefined, work: Work): Steps<SnapshotEntry | undefined> {
  const dn = parseDN(text.includes('=') ? text : `uid=${text}`) ?? [];
  const [rdn] = dn;
  if (view === undefined || rdn === undefined) return undefined;
  if (dn.length > 1) return view.find(dnKey(dn));
  const key = rdnKey(rdn);
  for (const entry of view.entries) {
    work.left -= NAME;
    if (work.left <= 0) yield;
    const [own] = parseDN(entry.dn) ?? [];
    if (own !== undefined && rdnKey(own) === key) return entry;
  }
  return undefined;
}

async function expect(
  text: string,
  entry: SnapshotEntry | undefined,
  names: readonly string[],
  filter: Filter,
  explainContext: ExplainContext,
): Promise<Expected> {
  if (entry !== undefined) {
    const isFound = names.includes(entry.dn);
    const schema = publishedSchema(explainContext.context);
    const isTrue = isFound || (await inTurns((work) => truthOf(filter, entry, work, schema))) === 1;
    return { dn: entry.dn, verdict: isFound ? 'found' : isTrue ? 'outside the base' : 'not matched' };
  }
  const snapshot = explainContext.context.snapshot();
  const hidden = await inTurns((work) => findEntry(text, snapshot, work));
  if (hidden !== undefined) return { dn: hidden.dn, verdict: 'not in sight' };
  const [rdn] = parseDN(text) ?? [];
  const [ava] = rdn ?? [];
  const isWhole = (parseDN(text)?.length ?? 0) > 1;
  // A name of which only the user's part was given is looked for as a user name.
  const name = isWhole || ava === undefined ? text : ava.value;
  return { dn: text, verdict: 'not in the mirror', why: await explainBind({ kind: 'bind', name }, explainContext) };
}
