// What `jumpgate watch --json` prints in each line, and `watch --learn --json` in its only one.
import type { Learned } from '../../src/cli/learn.js';
import type { WatchedLine } from '../../src/cli/watch.js';
import type { ClientProfile, SearchProfile } from '../../src/ops/learn/client-profile.js';
import type { SearchShape } from '../../src/ops/learn/search-shape.js';
import type { OperationRecord } from '../../src/ops/telemetry/recent-operations.js';
import type { FaultRecord } from '../../src/ops/telemetry/telemetry.js';
import { cloudReason, reason } from './reason.js';
import { array, choice, count, flag, literal, moment, object, of, text, texts, time, union } from './shape.js';

const base = text('The base of the search: a DN; empty for the root');
const scope = choice(['base', 'one', 'sub', 'children']).describe('As in LDAP URLs (RFC 4516)');
const filter = text('The filter (RFC 4515) with … for each value');
const attributes = texts('The attributes that were asked for, 32 at most; empty for all');

/** What a search asked: `--questions` of `apps diff` reads these four. */
export const question = { base, scope, filter, attributes };

const searchFields = {
  ...question,
  missing: texts('Attributes of the filter and the list that no entry has'),
  paged: flag('It asked in pages (RFC 2696)'),
};
const search = of<SearchShape>()(object(searchFields));

const place = {
  address: text('The client’s address; empty on a socket file (ldapi)'),
  port: count('The client’s port; 0 on a socket file'),
};
const app = text('The app that it was for; absent where apps have no names, and while it is not known').optional();
const connection = count('Counts the connections of this process');

const operationFields = {
  serial: count('Counts the operations of this process'),
  time: moment('When it ended'),
  operation: choice(['bind', 'search', 'compare', 'extended', 'write', 'abandon']).describe('What was asked'),
  connection,
  ...place,
  channel: choice(['clear', 'tls', 'ldapi']).describe('clear: TCP without TLS; ldapi: a socket file'),
  app,
  target: text('What the client called itself (bind) or asked for; unprintable characters are escaped'),
  account: text('The account that it led to; empty if none'),
  reference: text('The reference in the answer (local.tellReference)').optional(),
  code: count('The LDAP result code (RFC 4511, 4.1.9)'),
  result: text('Its name, such as invalidCredentials'),
  reason,
  stale: flag('Decided without JumpCloud in an outage (binds.cache.staleIfError)'),
  entries: count('Entries that were sent'),
  ms: time('Milliseconds in all'),
  upstreamMs: time('Milliseconds of these that JumpCloud took'),
  heldMs: time('Milliseconds of these that the answer was held back on purpose'),
  steps: array(
    object({
      name: text('The step of the operation'),
      decision: text('What it decided, and why'),
      ms: time('Milliseconds since the operation began'),
    }),
  ).describe('In the order in which they were made'),
  search: search.describe('With a search: what was asked, without values').optional(),
  cloud: object({ reason: cloudReason, sentence: text('The same in words, with names and times') })
    .describe('What JumpCloud’s API says of a refusal; may come later, in an event found')
    .optional(),
};
of<OperationRecord>()(object(operationFields));

const faultFields = {
  time: moment('When it happened'),
  fault: text('What happened, such as TLS handshake failed'),
  detail: text('More about it; may be empty'),
  connection,
  ...place,
  app,
};
of<FaultRecord>()(object(faultFields));

export const watch = of<WatchedLine>()(
  union([
    object({
      event: choice(['operation', 'found']).describe(
        'operation: one has ended. found: JumpCloud’s reason has come to one that was printed before',
      ),
      ...operationFields,
    }),
    object({ event: literal('fault').describe('A connection broke or was ended'), ...faultFields }),
  ]),
);

const times = count('How many times');

const searchProfile = of<SearchProfile>()(
  object({
    ...searchFields,
    app,
    count: times,
    entries: object({
      least: count('The smallest number of entries that one of them found'),
      most: count('The largest'),
    }).describe('What they found'),
    results: texts('Names of the LDAP results'),
    as: array(choice(['user', 'service', 'nobody'])).describe(
      'Who searched: a user, a service account, or somebody without an identity',
    ),
  }),
);

const profile = {
  address: text('The client’s address; empty on a socket file (ldapi)'),
  apps: texts('The apps that it came for; absent where apps have no names').optional(),
  connections: count('Connections that it used'),
  binds: array(object({ reason, count: times })).describe('How its binds ended'),
  names: array(
    object({
      form: choice(['DN', 'user name', 'email address', 'DOMAIN\\name', 'nothing']).describe(
        'What the name looks like',
      ),
      count: times,
    }),
  ).describe('How it names those who log in'),
  searches: array(searchProfile).describe('What it asks, searches of the same shape together'),
  mostBindsOnOne: count('The largest number of binds on one connection'),
  longestSilence: time('Milliseconds between two operations of one connection, at most'),
  isSecure: flag('It uses TLS'),
  isClear: flag('It sends requests without TLS'),
  usesStartTLS: flag('It uses StartTLS'),
  wantsStartTLS: flag('It asks for StartTLS and is refused'),
  usesPaging: flag('It asks in pages'),
  writes: count('Requests that would change something'),
  refusals: array(reason).describe('Reasons for which other operations than binds were refused'),
  faults: texts('What happened to its connections'),
};
of<ClientProfile>()(object(profile));

export const watchLearn = of<Learned>()(
  object({
    clients: array(object({ ...profile, advice: texts('What would help it, a sentence or two each') })).describe(
      'Who asked most comes first',
    ),
  }),
);
