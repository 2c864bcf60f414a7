// A defect of ours in every place where one could be: the process lives, the client that met it is sent away, nobody else notices, and the
// log says where it is. Each row plants one exception in the built program (test/support/planted-build).
import { mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { makeAuthority } from '../../src/demo/certificate.js';
import { Oid, type Request, Scope } from '../../src/ldap/message.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { AttackClient } from '../support/attack-client.js';
import { Client, searchRequest, simpleBind } from '../support/client.js';
import { idOf, type Place, PlantedBuild, type Thrown } from '../support/planted-build.js';
import { type Product, startProduct } from '../support/product.js';
import { userDN } from '../support/proxy.js';
import { SmallUpstream } from '../support/small-upstream.js';

const [ALICE, BOB, CAROL] = ['quillon.varrek', 'liora.penhadrin', 'odrienne.faltz'].map((uid, index) => ({
  uid,
  dn: userDN(uid),
  password: `user-secret-500${index + 1}`,
})) as [Who, Who, Who];
const READER = userDN('ldap-reader');
interface Who {
  readonly uid: string;
  readonly dn: string;
  readonly password: string;
}

/** Milliseconds that anything may take; what is right takes a few. */
const PATIENCE = 3000;
type Test = Pick<typeof t, 'ok' | 'equal' | 'match' | 'notMatch' | 'fail'>;

interface World {
  readonly product: Product;
  /** The one that meets the defect; bound as Alice where the row says so. */
  readonly victim: Client;
}

interface Row {
  readonly place: Place;
  /** What the victim does. */
  readonly act: (world: World) => unknown;
  /** Which call throws, counted from the moment before `act`; the first unless given. */
  readonly call?: number;
  readonly thrown?: Thrown;
  readonly isBound?: true;
  /**
   * What becomes of the victim: it is sent away (the default); or it is answered or sent away (a listener threw, or an upstream
   * connection did, and the operation may go on); or it has left on its own.
   */
  readonly victim?: 'ended' | 'answered or ended' | 'gone';
  /**
   * A second client sends the same bind meanwhile, and the upstream answers both at the same time. It is let in; or only answered, where the
   * answer that both wait for is what is lost.
   */
  readonly isJoined?: true | 'answered';
  /** It only observes operations: its defects are counted, and reported once a minute at most. */
  readonly isListener?: true;
  readonly set?: readonly string[];
}

const at = (module: string, name: string): Place => ({ module, name });
const says =
  (op: Request) =>
  ({ victim }: World) =>
    victim.send(op);

const extended = (requestName: string): Request => ({ kind: 'extendedRequest', requestName });
const bindAlice = says(simpleBind(ALICE.dn, ALICE.password));
const sasl: Request = {
  kind: 'bindRequest',
  version: 3,
  name: '',
  authentication: { method: 'sasl', mechanism: 'PLAIN', credentials: Buffer.from(`\0${ALICE.uid}\0${ALICE.password}`) },
};
const ownEntry = searchRequest({ base: ALICE.dn, scope: Scope.baseObject });
const subschema = searchRequest({ base: 'cn=Subschema', scope: Scope.baseObject, attributes: ['+'] });
const compare: Request = { kind: 'compareRequest', entry: ALICE.dn, attribute: 'uid', value: Buffer.from(ALICE.uid) };

/** Every kind of request, as bound and anonymous clients send it. */
const REQUESTS: readonly { readonly kind: string; readonly op: Request; readonly isBound?: true }[] = [
  { kind: 'an anonymous bind', op: simpleBind('', '') },
  { kind: "a member's bind", op: simpleBind(ALICE.dn, ALICE.password) },
  { kind: "a service account's bind", op: simpleBind(READER, 'reader-secret-5000') },
  { kind: 'a SASL bind', op: sasl },
  { kind: 'a search', op: ownEntry, isBound: true },
  { kind: 'a compare', op: compare, isBound: true },
  { kind: 'Who am I', op: extended(Oid.whoAmI), isBound: true },
  { kind: 'a Cancel', op: { ...extended(Oid.cancel), requestValue: Buffer.from('3003020105', 'hex') } as Request },
  { kind: 'StartTLS', op: extended(Oid.startTLS) },
  { kind: 'an unknown extended operation', op: extended('1.2.3.4') },
  { kind: 'a modify', op: { kind: 'modifyRequest', object: ALICE.dn, changes: [] } },
  { kind: 'an add', op: { kind: 'addRequest', entry: ALICE.dn, attributes: [] } },
  { kind: 'a delete', op: { kind: 'delRequest', entry: ALICE.dn } },
  { kind: 'a modifyDN', op: { kind: 'modDNRequest', entry: ALICE.dn, newrdn: 'uid=x', deleteoldrdn: true } },
  { kind: 'an abandon', op: { kind: 'abandonRequest', messageID: 77 } },
  { kind: 'an unbind', op: { kind: 'unbindRequest' } },
];

const kinds = (place: Place, filter: (op: Request) => boolean = () => true): [string, Row][] =>
  REQUESTS.filter(({ op }) => filter(op)).map(({ kind, op, isBound }) => [
    kind,
    { place, act: says(op), ...(isBound === undefined ? {} : { isBound }) },
  ]);
const isOperation = ({ kind }: Request) =>
  kind === 'bindRequest' || kind === 'searchRequest' || kind === 'compareRequest';
const isBind = ({ kind }: Request) => kind === 'bindRequest';
const reachesGate = (op: Request) =>
  op.kind !== 'abandonRequest' &&
  op.kind !== 'unbindRequest' &&
  !(op.kind === 'extendedRequest' && (op.requestName === Oid.cancel || op.requestName === Oid.startTLS));

/** A member's bind, in what runs behind the upstream's answer. */
const afterAnswer = (module: string, name: string, more: Partial<Row> = {}): [string, Row] => [
  "a member's bind, two of them",
  { place: at(module, name), act: bindAlice, isJoined: true, ...more },
];
/** What observes an operation. */
const listener = (what: string, module: string, name: string, more: Partial<Row> = {}): [string, Row] => [
  what,
  { place: at(module, name), act: bindAlice, isJoined: true, victim: 'answered or ended', isListener: true, ...more },
];
const search = (module: string, name: string, more: Partial<Row> = {}): [string, Row] => [
  'a search',
  { place: at(module, name), act: says(ownEntry), isBound: true, ...more },
];
const waits = () => undefined;
/** Names that nobody has, each another: the answer about one is kept for a while. */
let strangers = 0;
const asksAnew = ({ victim }: World) => victim.send(simpleBind(userDN(`stranger${++strangers}`), 'x'));

/** Writes much and reads nothing, then reads. */
async function stall({ product }: World): Promise<void> {
  const client = await AttackClient.open(product.url, '127.0.0.1');
  client.socket.pause();
  client.write(Buffer.concat(Array.from({ length: 400 }, () => encodeMessage({ messageID: 2, op: subschema }))));
  await within(1500, () => false);
  client.socket.resume();
  t.teardown(() => client.destroy());
}

/** Somebody looks at the page, or listens. */
function look(path: string) {
  return async ({ product }: World): Promise<void> => {
    await fetch(`${product.opsUrl}${path}`, { signal: AbortSignal.timeout(PATIENCE) })
      .then((response) => response.text())
      .catch(() => {});
  };
}

function hear(path: string) {
  return async (world: World): Promise<void> => {
    await new Promise<void>((resolve) => {
      const request = get(`${world.product.opsUrl}${path}`, (response) => {
        response.resume();
        response.on('error', () => {});
        resolve();
      });
      request.on('error', () => resolve());
      t.teardown(() => request.destroy());
    });
    bindAlice(world);
  };
}

const ROWS: readonly [string, Row][] = [
  // In the part that runs immediately.
  ...kinds(at('server/connection', 'Connection.handle')),
  ...kinds(at('wire/decode', 'decodeRequest')),
  ...kinds(at('gate/dispatch', 'dispatch')),
  ...kinds(at('gate/dispatch', 'perform'), reachesGate),
  ...kinds(at('server/operations', 'Operations.turn'), isOperation),
  ...kinds(at('gate/bind/bind', 'BindOperation.advance'), isBind),
  ...kinds(at('gate/bind/bind', 'BindOperation.begin'), isBind),
  search('server/recall', 'recall'),
  search('server/recall', 'plainSearch'),
  search('wire/envelope', 'plainSearchStart'),
  search('gate/authorize', 'authorize'),
  search('gate/search/search', 'search'),
  search('gate/search/search', 'SearchOperation.advance'),
  search('directory/search', 'SearchCursor.advance'),
  search('server/operations', 'Operations.run'),
  search('server/response-cache', 'Recording.add'),
  search('server/response-cache', 'Recording.finish'),
  ['a compare', { place: at('gate/search/compare', 'compare'), act: says(compare), isBound: true }],
  [
    'a malformed request',
    {
      place: at('gate/dispatch', 'refuseMalformed'),
      act: ({ victim }) => victim.write(Buffer.from('30070201076302ffff', 'hex')),
    },
  ],
  [
    'bytes that are not LDAP',
    {
      place: at('server/connection', 'Connection.farewell'),
      act: ({ victim }) => victim.write(Buffer.from('GET / HTTP/1.1\r\n\r\n')),
    },
  ],
  [
    'what is thrown is not an Error',
    {
      place: at('server/connection', 'Connection.handle'),
      act: says(ownEntry),
      isBound: true,
      thrown: 'bare object',
    },
  ],
  // In what runs behind the upstream's answer.
  ...['judge', 'letIn', 'succeed'].map((name) => afterAnswer('gate/bind/bind', `BindOperation.${name}`)),
  afterAnswer('gate/bind/learn-verdict', 'learnVerdict'),
  afterAnswer('gate/bind/bind-ending', 'BindEnding.finish'),
  afterAnswer('gate/bind/bind', 'BindOperation.judge', { call: 2 }),
  afterAnswer('gate/bind/bind-ending', 'BindEnding.finish', { call: 2 }),
  afterAnswer('server/connection', 'Connection.ended'),
  afterAnswer('server/connection', 'Connection.ended', { call: 2 }),
  afterAnswer('server/connection', 'Connection.become', { call: 3 }),
  afterAnswer('gate/bind/credential-cache', 'CredentialCache.remember'),
  afterAnswer('gate/bind/rate-limiter', 'BindRateLimiter.succeeded'),
  afterAnswer('gate/trace', 'Trace.end'),
  afterAnswer('upstream/bind-pool', 'BindPool.settle', { victim: 'answered or ended', isJoined: 'answered' }),
  afterAnswer('upstream/bind-pool', 'BindPool.judge', { victim: 'answered or ended', isJoined: 'answered' }),
  afterAnswer('upstream/bind-connection', 'BindConnection.received', {
    victim: 'answered or ended',
    isJoined: 'answered',
  }),
  afterAnswer('upstream/bind-connections', 'BindConnections.release', {
    victim: 'answered or ended',
    isJoined: 'answered',
  }),
  ...(
    [
      ['gate/bind/bind-ending', 'BindEnding.refuseAlike'],
      ['gate/bind/bind-ending', 'BindEnding.hold'],
      ['gate/bind/response-timing', 'ResponseTiming.observed'],
      ['gate/bind/rate-limiter', 'BindRateLimiter.failed'],
      ['directory/entry-digest', 'entryVersion'],
    ] as const
  ).map(([file, name]): [string, Row] => [
    'a wrong password',
    // Another one in each row: what was refused is not asked again.
    { place: at(file, name), act: says(simpleBind(ALICE.dn, `wrong in ${name}`)) },
  ]),
  ['octets', { place: at('server/connection', 'Connection.count'), act: says(compare), isBound: true }],
  [
    'a wrong password, held back',
    {
      place: at('gate/bind/bind-ending', 'BindEnding.finish'),
      act: says(simpleBind('uid=nobody-at-all,dc=example,dc=com', 'wrong')),
    },
  ],
  [
    "a service account's bind",
    {
      place: at('gate/bind/service-accounts', 'ServicePasswords.check'),
      act: says(simpleBind(READER, 'reader-secret-5000')),
      victim: 'answered or ended',
    },
  ],
  [
    "a service account's bind",
    {
      place: at('gate/bind/bind-ending', 'BindEnding.finish'),
      act: says(simpleBind(READER, 'reader-secret-5000')),
    },
  ],
  ...[
    ['upstream/name-lookup', 'NameLookup.lookUp'],
    ['upstream/name-answers', 'NameAnswers.find'],
    ['upstream/name-lookup', 'NameLookup.join'],
  ].map(([file = '', name = '']): [string, Row] => [
    'a name that the snapshot does not have',
    {
      place: at(file, name),
      act: asksAnew,
      victim: 'answered or ended',
    },
  ]),
  [
    'a name that the snapshot does not have, behind the answer',
    {
      place: at('gate/bind/bind-ending', 'BindEnding.refusePaced'),
      act: asksAnew,
    },
  ],
  // While an answer is written.
  ...kinds(at('server/output', 'Output.respond'), (op) => reachesGate(op) && op.kind !== 'bindRequest'),
  ['an anonymous bind', { place: at('server/output', 'Output.respond'), act: says(simpleBind('', '')) }],
  search('server/output', 'Output.respond', { call: 2 }),
  search('wire/encode-response', 'ResponseEncoder.encode'),
  afterAnswer('server/output', 'Output.respond'),
  afterAnswer('wire/encode-response', 'writeBrief'),
  ["a member's bind, on its way", { place: at('wire/bind-request', 'encodeBindRequest'), act: bindAlice }],
  search('server/output', 'Output.addMessage'),
  search('server/output', 'Output.flush'),
  afterAnswer('server/output', 'Output.addMessage'),
  afterAnswer('server/output', 'Output.flush', { victim: 'answered or ended' }),
  // In an observer of an operation: the operation goes on.
  listener('the log', 'ops/log/log', 'logOperation'),
  listener('the log, of a search', 'ops/log/log', 'logOperation', { act: says(ownEntry), isBound: true }),
  listener('the audit file or the log', 'ops/log/operation-line', 'OperationLine.write'),
  listener('the log of faults', 'ops/log/log', 'logFault', {
    act: ({ victim }) => victim.write(Buffer.from('30070201076302ffff', 'hex')),
  }),
  listener('the metrics', 'ops/telemetry/counters', 'Counters.add'),
  listener('the metrics', 'ops/telemetry/histogram', 'Histogram.add'),
  listener('the metrics, of a search', 'ops/telemetry/counters', 'Counters.add', {
    act: says(ownEntry),
    isBound: true,
  }),
  listener('the page', 'ops/telemetry/minutes', 'Minutes.add'),
  listener('recent operations', 'ops/telemetry/recent-operations', 'RecentOperations.add'),
  listener('everything there', 'ops/telemetry/telemetry', 'Telemetry.operation'),
  listener('everything there, for faults', 'ops/telemetry/telemetry', 'Telemetry.fault', {
    act: ({ victim }) => victim.write(Buffer.from('30070201076302ffff', 'hex')),
  }),
  listener('a stream of events', 'ops/http/events', 'EventStreams.send', { act: hear('/events') }),
  listener('a stream of events', 'ops/telemetry/recent-operations', 'RecentOperations.newest', {
    act: hear('/events'),
  }),
  // The operator's port.
  [
    'a scrape',
    {
      place: at('ops/metrics/metrics', 'Metrics.scrape'),
      act: look('/metrics'),
      victim: 'gone',
    },
  ],
  ['the page', { place: at('ops/page/page', 'livePage'), act: look('/'), victim: 'gone' }],
  [
    "an answer of the operator's port",
    {
      place: at('ops/http/server', 'OpsServer.answer'),
      act: look('/healthz'),
      victim: 'gone',
    },
  ],
  ['a health check', { place: at('app/state', 'stateOf'), act: look('/readyz'), victim: 'gone' }],
  // Timers.
  ['once a second', { place: at('server/listener', 'Listener.sweep'), act: waits, victim: 'gone' }],
  ['once a second', { place: at('server/connection', 'Connection.look'), act: waits, victim: 'gone' }],
  ['once a second', { place: at('server/deadlines', 'Deadlines.overdue'), act: waits, victim: 'gone' }],
  ['once a second', { place: at('directory/paging', 'Pages.expire'), act: waits, victim: 'gone' }],
  [
    'a time limit that is over',
    {
      place: at('server/connection', 'Connection.disconnect'),
      act: ({ victim }) => victim.write(Buffer.from('30', 'hex')),
      set: ['listen.limits.messageTime=1s'],
    },
  ],
  ...(
    [
      ['directory/mirror', 'Mirror.begin'],
      ['directory/mirror', 'Mirror.read'],
      ['directory/doubt', 'Doubt.judge'],
      ['directory/mirror', 'Mirror.schedule'],
    ] as const
  ).map(([file, name]): [string, Row] => [
    'the refresh',
    { place: at(file, name), act: waits, victim: 'gone', set: ['directory.refresh=1s'] },
  ]),
  [
    'the refresh',
    {
      place: at('directory/builder', 'SnapshotBuilder.build'),
      act: waits,
      victim: 'gone',
      set: ['directory.refresh=1s'],
    },
  ],
  [
    'a turn that was put off',
    { place: at('server/fair-scheduler', 'FairScheduler.serve'), act: flood, victim: 'answered or ended' },
  ],
  [
    'a turn that was put off',
    { place: at('server/fair-scheduler', 'FairScheduler.runNext'), act: flood, victim: 'answered or ended' },
  ],
  ['a turn that was put off', { place: at('server/connection', 'Connection.pump'), act: flood, victim: 'gone' }],
  // Events of sockets.
  ['a new connection', { place: at('server/listener', 'Listener.accept'), act: comes, victim: 'gone' }],
  ['a new connection', { place: at('server/listener', 'Listener.welcome'), act: comes, victim: 'gone' }],
  ['a new connection', { place: at('server/socket-events', 'listenTo'), act: comes, victim: 'gone' }],
  ['data', { place: at('server/connection', 'Connection.received'), act: says(ownEntry), isBound: true }],
  ['data', { place: at('wire/frame', 'Framer.push'), act: says(ownEntry), isBound: true }],
  ['data', { place: at('server/connection', 'Connection.regulate'), act: says(ownEntry), isBound: true }],
  ['data', { place: at('server/connection', 'Connection.settle'), act: says(ownEntry), isBound: true }],
  ['drain', { place: at('server/connection', 'Connection.drained'), act: stall, victim: 'gone' }],
  ['end', { place: at('server/connection', 'Connection.clientEnded'), act: ({ victim }) => victim.end() }],
  [
    'close',
    { place: at('server/connection', 'Connection.closed'), act: ({ victim }) => victim.destroy(), victim: 'gone' },
  ],
  ['error', { place: at('server/connection', 'Connection.broke'), act: resets, victim: 'gone' }],
  [
    'a notice that cannot be sent',
    {
      place: at('server/connection', 'Connection.send'),
      act: says(compare),
      isBound: true,
    },
  ],
  [
    'StartTLS, behind its answer',
    { place: at('server/connection', 'Connection.secure'), act: says(extended(Oid.startTLS)) },
  ],
  ['StartTLS, the handshake', { place: at('server/client-tls', 'beginTls'), act: startsTls }],
  ['StartTLS, when it is there', { place: at('server/connection', 'Connection.secured'), act: startsTls }],
  [
    'the header of a load balancer',
    {
      place: at('server/proxy-header', 'readProxyHeader'),
      set: ['listen.proxyProtocol=127.0.0.66/32'],
      act: introduces,
      victim: 'gone',
    },
  ],
  [
    'behind the header of a load balancer',
    {
      place: at('server/listener', 'Listener.welcome'),
      set: ['listen.proxyProtocol=127.0.0.66/32'],
      act: introduces,
      victim: 'gone',
    },
  ],
];

function flood({ victim }: World): void {
  const one = encodeMessage({ messageID: 9, op: subschema });
  victim.write(Buffer.concat(Array.from({ length: 300 }, () => one)));
}

async function comes({ product }: World): Promise<void> {
  const client = await AttackClient.open(product.url, '127.0.0.1').catch(() => undefined);
  client?.write(encodeMessage({ messageID: 2, op: subschema }));
}

function resets({ product }: World): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(product.url).port), '127.0.0.1', () => {
      socket.write(encodeMessage({ messageID: 2, op: subschema }));
      socket.once('data', () => {
        socket.resetAndDestroy();
        resolve();
      });
    });
    socket.on('error', () => resolve());
  });
}

async function startsTls({ victim }: World): Promise<void> {
  const answered = victim.startTLS(authority.caPem).catch(() => {});
  await Promise.race([answered, within(PATIENCE, () => false)]);
}

async function introduces({ product }: World): Promise<void> {
  const client = await AttackClient.open(product.url, '127.0.0.66').catch(() => undefined);
  client?.write(Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n'));
}

/** Whether the condition came to hold in time. */
async function within(time: number, condition: () => boolean | Promise<boolean>): Promise<boolean> {
  const late = performance.now() + time;
  while (!(await condition())) {
    if (performance.now() > late) return false;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return true;
}

/** Whether the work was done in time and well. */
function done(work: Promise<boolean>, time = PATIENCE): Promise<boolean> {
  return Promise.race([work.catch(() => false), within(time, () => false)]);
}

async function isServed(client: Client, who: Who): Promise<boolean> {
  const { code } = await client.bind(who.dn, who.password);
  const { entries } = await client.search({ base: who.dn, scope: Scope.baseObject });
  return code === 0 && entries.length === 1;
}

const authority = await makeAuthority();
const tls = await authority.issue(['localhost', '127.0.0.1']);
/** Its name is short: stacks have many of it. */
const folder = mkdtempSync(join(tmpdir(), 'jg-'));
t.teardown(() => rmSync(folder, { recursive: true }));
const build = new PlantedBuild(
  folder,
  ROWS.map(([, { place }]) => place),
);
const upstream = await SmallUpstream.start([ALICE, BOB, CAROL]);
t.teardown(() => upstream.stop());

/** By settings. One that a defect has harmed is not used again. */
const products = new Map<string, Product>();
t.teardown(() => Promise.all([...products.values()].map((product) => product.stop())));

async function productWith(set: readonly string[]): Promise<Product> {
  const key = set.join();
  const product =
    products.get(key) ??
    (await startProduct({
      upstream,
      tls,
      folder: t.testdir({}),
      program: build.program,
      set: [
        `log.audit=${join(folder, 'audit.log')}`,
        'log.level=debug',
        'binds.cache.ttl=0s',
        'binds.failuresPerAccount=100000',
        'binds.failuresPerAddress=100000',
        ...set,
      ],
    }));
  products.set(key, product);
  return product;
}

/** Rows by a part of their names, when something is looked into. */
const only = process.env.JUMPGATE_DEFECT ?? '';
// Where the product does not behave.
t.setTimeout(900_000);

for (const [what, row] of ROWS) {
  const id = idOf(row.place);
  const call = row.call ?? 1;
  const thrown = row.thrown ?? 'error';
  const name = [
    `${what}: a defect in ${id}`,
    ...(call === 1 ? [] : [`call ${call}`]),
    ...(thrown === 'error' ? [] : [thrown]),
  ];
  if (!name.join().includes(only)) continue;
  t.test(`${name.join(', ')} (R106)`, { timeout: 60_000 }, async (t) => {
    if (build.missing.has(id)) return void t.fail('there is no such place any more: name the one that does this now');
    const product = await productWith(row.set ?? []);
    const [bystander, victim, joined] = await Promise.all([1, 2, 3].map(() => Client.open(product.url)));
    t.teardown(async () => {
      for (const client of [bystander!, victim!, joined!]) client.destroy();
      upstream.instead = {};
      if (t.passing()) return;
      products.delete((row.set ?? []).join());
      // It may owe answers for ever: there is nothing to wait for.
      if (product.isAlive()) process.kill(product.pid, 'SIGKILL');
      await product.stop();
    });
    await endure(t, row, { product, victim: victim! }, bystander!, joined!);
  });
}

/** Defects of all listeners so far. */
async function listenerDefects({ opsUrl }: Product): Promise<number> {
  const metrics = await (await fetch(`${opsUrl}/metrics`)).text();
  const samples = metrics.matchAll(/^jumpgate_listener_defects_total\{[^}]*\} (\d+)/gm);
  return [...samples].reduce((sum, [, count]) => sum + Number(count), 0);
}

async function endure(t: Test, row: Row, world: World, bystander: Client, joined: Client): Promise<void> {
  const { product, victim } = world;
  const { place, call = 1, thrown = 'error' } = row;
  await bystander.bind(BOB.dn, BOB.password);
  if (row.isBound === true) await victim.bind(ALICE.dn, ALICE.password);
  let release = () => {};
  if (row.isJoined !== undefined) {
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    upstream.instead.untilBind = ({ name }) => (name.includes(ALICE.uid) ? held : undefined);
  }
  const counted = row.isListener === true ? await listenerDefects(product) : 0;
  const before = { log: product.log.length, answers: victim.received.length, binds: upstream.binds.length };
  const plant = build.arm(product, place, call, thrown);
  await within(PATIENCE, plant.isArmed);
  await row.act(world);
  let second: Promise<boolean> = Promise.resolve(true);
  if (row.isJoined !== undefined) {
    await within(PATIENCE, () => upstream.binds.slice(before.binds).some((dn) => dn.includes(ALICE.uid)));
    second = done(
      joined
        .bind(ALICE.dn, ALICE.password)
        .then(({ code }) => code === 0 || (row.isJoined === 'answered' && code !== 49)),
    );
    // Its bind is there when questions that came later, by another way, are answered.
    for (let i = 0; i < 3; i++) await look('/healthz')(world);
    release();
  }
  if (!(await within(PATIENCE, plant.hasThrown))) return void t.fail('the place was not reached');
  const isSecondOne = call === 2 && row.isJoined !== undefined;
  const isAnswered = () => victim.received.slice(before.answers).some(({ messageID }) => messageID !== 0);
  if (row.victim === 'answered or ended')
    t.ok(await within(PATIENCE, () => victim.isClosed || isAnswered()), 'the client is answered or sent away');
  else if (row.victim !== 'gone') {
    const isEnded = isSecondOne ? () => joined.isClosed || victim.isClosed : () => victim.isClosed;
    t.ok(await within(PATIENCE, isEnded), 'the client is sent away');
  }
  if (!isSecondOne) t.ok(await second, 'a client that joined the same bind is let in');
  t.ok(await done(isServed(bystander, BOB)), 'a client that was there before is served');
  const newcomer = Client.open(product.url);
  t.ok(await done(newcomer.then((client) => isServed(client, CAROL))), 'and a new one');
  void newcomer.then((client) => client.destroy()).catch(() => {});
  const lines = () => product.log.slice(before.log);
  const defects = () => lines().filter((line) => line.includes('defect') && !line.includes('"level":"debug"'));
  await within(1000, () => defects().length > 0 || !product.isAlive());
  t.ok(product.isAlive(), 'the process lives');
  if (row.isListener === true) {
    t.equal(await listenerDefects(product), counted + 1, 'it is counted');
    t.ok(defects().length <= 1, 'and reported now and then');
  } else t.equal(defects().length, 1, 'one line of the log says that there is a defect');
  if (thrown === 'error' && row.isListener !== true) {
    t.match(defects()[0], /planted in /, 'and what');
    t.match(defects()[0], /\bat .*\/(dist|src)\/.*\.[jt]s:\d+/, 'and where');
  }
  t.notMatch(lines().join('\n') + product.errors(), /user-secret|reader-secret/, 'and no password');
}
