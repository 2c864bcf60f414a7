// What `jumpgate explain --json` prints.

import type { ExplainedResult } from '../../src/gate/explain/explain.js';
import type {
  BindExplanation,
  CloudTold,
  ExplainedAnswer,
  ReadFaultText,
  VisibleEntries,
  Why,
} from '../../src/gate/explain/explain-bind.js';
import type { PartReport } from '../../src/gate/explain/explain-part.js';
import type { Expected } from '../../src/gate/explain/explain-search.js';
import type { PastRefusal } from '../../src/gate/explain/past-refusal.js';
import type { Step } from '../../src/gate/trace.js';
import { STEP_WORDS } from '../../src/ops/step-words.js';
import { party, reason } from './reason.js';
import { array, choice, count, keysOf, literal, moment, object, of, text, texts, time, union } from './shape.js';

const step = of<Step>()(
  object({
    name: keysOf(STEP_WORDS).describe('The step of the operation. A later version may have more'),
    decision: text('What it decided, and why'),
    at: time('Milliseconds since the operation began'),
  }),
);

const answer = of<ExplainedAnswer>()(
  object({
    code: count('The LDAP result code (RFC 4511, 4.1.9)'),
    result: text('Its name, such as invalidCredentials'),
  }),
);

const why = of<Why>()(
  object({
    reason,
    meaning: text('What happened, in one sentence'),
    basis: text('The RFC or the setting that asks for it'),
    party,
    remedy: text('How to fix it'),
  }),
);

const visible = of<VisibleEntries>()(
  object({
    entries: count('How many entries'),
    names: texts('The DNs of the first of them, 20 at most'),
  }),
);

const readFault = of<ReadFaultText>()(object({ message: text('What failed'), remedy: text('How to fix it') }));

const cloud = of<CloudTold>()(
  object({
    reason: text('JumpCloud’s own reason: docs/reasons.md'),
    sentence: text('The same in words, with names and times'),
    remedy: text('How to fix it'),
    refuses: choice(['now', 'soon', 'no']).describe(
      'What it means for the user’s logins. now: they are refused, whatever the password. soon: they will be, when LDAP follows the console. no: nothing is known against the next one',
    ),
  }),
);

const refusal = of<PastRefusal>()(
  object({
    time: moment('When it ended'),
    address: text('The client’s address; empty at a socket file'),
    port: count('The client’s port; 0 at a socket file'),
    app: text('The app that it was for; absent where apps have no names, or it is not known').optional(),
    name: text('The name as the client sent it, made printable'),
    code: count('The LDAP result code (RFC 4511, 4.1.9)'),
    result: text('Its name, such as invalidCredentials'),
    reason,
    cause: text('What JumpCloud said of it (upstream.api), or else what the reason means'),
    remedy: text('How to fix it'),
    reference: text('What the client can ask about (local.tellReference)').optional(),
  }),
);

const app = text('The name of the app that was asked about; absent where apps have no names').optional();
const steps = array(step).describe('In the order in which they were made');
const ms = time('Milliseconds that the explanation took');
const lastFault = readFault
  .describe('Why the last read of JumpCloud’s directory failed; absent if it succeeded')
  .optional();

const bindFields = {
  kind: literal('bind').describe('The subject was a name'),
  name: text('The name as it was given'),
  account: text('The user name (uid) or the service account that the name leads to; empty if it leads to none'),
  steps,
  answer: answer
    .describe('What the application would get; absent if a password is needed to tell: next says what would happen')
    .optional(),
  next: text('What would happen with a password').optional(),
  why: why.describe('Why it ended so').optional(),
  sight: visible.describe('What a search after this bind would find').optional(),
  readFault: lastFault,
  cloud: cloud.describe('What JumpCloud’s API says, where it is asked (upstream.api)').optional(),
  refusals: array(refusal)
    .describe(
      'The last refused logins of this name, the newest first, 3 at most; absent if no running instance was asked',
    )
    .optional(),
  ms,
};

const bind = of<BindExplanation>()(object(bindFields));

const part = of<PartReport>()(
  object({
    depth: count('How deep it is in the filter; 0 for the whole'),
    filter: text('This part of the filter'),
    undefined: text('Why it is Undefined for every entry, so that it never matches').optional(),
    truth: choice(['TRUE', 'FALSE', 'Undefined']).describe('Of the entry that was expected').optional(),
    has: texts('What the entry that was expected has in this attribute, where values may be shown').optional(),
  }),
);

const expected = of<Expected>()(
  object({
    dn: text('The entry that was expected (--entry)'),
    verdict: choice(['found', 'outside the base', 'not matched', 'not in sight', 'not in the mirror']).describe(
      'What became of it. not in sight: the one who searches may not see it. not in the mirror: there is no such entry here',
    ),
    why: bind.describe('Why the mirror does not have it').optional(),
  }),
);

const search = object({
  kind: literal('search').describe('The subject was a filter'),
  filter: text('The filter as it was given'),
  fault: object({
    message: text('Why it could not be run'),
    position: count('Where in the filter, in characters').optional(),
  })
    .describe('It could not be run: the filter cannot be read, or there is nobody to search as')
    .optional(),
  understood: text('The filter as it is understood').optional(),
  parts: array(part).describe('The parts of the filter, from the outside in'),
  as: text('Who searches: a DN, or anonymous (--as)'),
  base: text('Where the search begins: a DN (--base)'),
  steps,
  answer: answer.describe('What the application would get').optional(),
  why: why.describe('Why it ended so').optional(),
  index: texts('The attributes whose indexes answer it; absent if every entry is looked at').optional(),
  candidates: count('Entries that are looked at, at most').optional(),
  inSight: count('Entries that the one who searches may see').optional(),
  matched: visible.describe('What it finds').optional(),
  expected: expected.describe('What became of the entry that was expected').optional(),
  readFault: lastFault,
  ms,
  app,
});

export const explain = of<ExplainedResult>()(union([object({ ...bindFields, app }), search]));
