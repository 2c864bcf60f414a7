// Dispatch: every request is a value or a running operation. No socket, no time but the test's.
import t from 'tap';
import { Work } from '../../src/directory/work.js';
import { canceled, disconnection, dispatch, type Received, turnAway } from '../../src/gate/dispatch.js';
import type { Answered, Outcome, Outstanding } from '../../src/gate/operation.js';
import { runAlone } from '../../src/gate/run-alone.js';
import { ControlType } from '../../src/gate/search/controls.js';
import { anonymousSession, type Session, withIdentity } from '../../src/gate/session.js';
import { type Control, Oid, type Request, Scope } from '../../src/ldap/message.js';
import { encodePagedResults } from '../../src/wire/controls.js';
import { searchRequest, simpleBind } from '../support/client.js';
import { BASE, userDN } from '../support/proxy.js';
import { ALONE, makeWorld } from '../support/world.js';

const NOBODY = anonymousSession('clear', '192.0.2.1');
const ADA = withIdentity(NOBODY, { kind: 'user', uid: 'ada', person: '', dn: userDN('ada') });
const CRITICAL: Control = { type: '1.2.3.4', critical: true };

function ask(
  op: Request,
  { session = NOBODY, outstanding = ALONE, controls = [] as readonly Control[] } = {},
): Outcome {
  return dispatch({ messageID: 5, op, controls }, session, makeWorld().context, outstanding);
}

/** The answer; of an operation that takes its time, its end. */
async function answered(outcome: Outcome): Promise<Answered> {
  if (!('running' in outcome)) return outcome;
  return { ...(await runAlone(outcome.running, () => 0)), next: 'go on' };
}

const extended = (requestName: string, requestValue?: Buffer): Request => ({
  kind: 'extendedRequest',
  requestName,
  ...(requestValue === undefined ? {} : { requestValue }),
});
const paged = (size: number, cookie = ''): Control => ({
  type: ControlType.pagedResults,
  critical: true,
  value: encodePagedResults({ size, cookie: Buffer.from(cookie) }),
});
const cancel = (id: number) => extended(Oid.cancel, Buffer.from([0x30, 0x03, 0x02, 0x01, id]));
const searching: Outstanding = { ...ALONE, size: 1, has: (id) => id === 9 };

/** What is asked, its state, and its result. */
const TABLE: readonly {
  readonly name: string;
  readonly op: Request;
  readonly session?: Session;
  readonly outstanding?: Outstanding;
  readonly controls?: readonly Control[];
  readonly kind?: string;
  readonly code?: number;
  readonly reason?: string;
  readonly next?: Answered['next'];
  readonly ends?: Answered['ends'];
}[] = [
  { name: 'unbind', op: { kind: 'unbindRequest' }, next: 'close' },
  {
    name: 'unbind with an unknown critical control',
    op: { kind: 'unbindRequest' },
    controls: [CRITICAL],
    next: 'close',
  },
  {
    name: 'abandon of something under way',
    op: { kind: 'abandonRequest', messageID: 9 },
    outstanding: searching,
    ends: { messageID: 9, isAnswered: false },
  },
  {
    name: 'abandon of nothing',
    op: { kind: 'abandonRequest', messageID: 4711 },
    ends: { messageID: 4711, isAnswered: false },
  },
  {
    name: 'Who am I, anonymous',
    op: extended(Oid.whoAmI),
    kind: 'extendedResponse',
    code: 0,
    reason: 'ok',
  },
  { name: 'Who am I with a value', op: extended(Oid.whoAmI, Buffer.from('x')), code: 2, reason: 'unknown-operation' },
  { name: 'Password Modify', op: extended(Oid.passwordModify), code: 53, reason: 'read-only' },
  { name: 'an unknown extended operation', op: extended('1.2.3'), code: 2, reason: 'unknown-operation' },
  {
    name: 'Cancel of something under way',
    op: cancel(9),
    outstanding: searching,
    code: 0,
    reason: 'ok',
    ends: { messageID: 9, isAnswered: true },
  },
  { name: 'Cancel of nothing', op: cancel(8), outstanding: searching, code: 119, reason: 'not-found' },
  { name: 'Cancel without a value', op: extended(Oid.cancel), code: 2, reason: 'unknown-operation' },
  { name: 'Cancel with junk', op: extended(Oid.cancel, Buffer.from('junk')), code: 2, reason: 'unknown-operation' },
  {
    name: 'Cancel with an unknown critical control',
    op: cancel(9),
    outstanding: searching,
    controls: [CRITICAL],
    code: 12,
    reason: 'critical-control',
  },
  { name: 'StartTLS', op: extended(Oid.startTLS), code: 0, reason: 'ok', next: 'start TLS' },
  { name: 'StartTLS with a value', op: extended(Oid.startTLS, Buffer.from('x')), code: 2, reason: 'unknown-operation' },
  {
    name: 'StartTLS inside TLS',
    op: extended(Oid.startTLS),
    session: anonymousSession('tls', ''),
    code: 1,
    reason: 'unknown-operation',
  },
  {
    name: 'StartTLS with a search under way',
    op: extended(Oid.startTLS),
    outstanding: searching,
    code: 1,
    reason: 'unknown-operation',
  },
  {
    name: 'StartTLS with an unknown critical control',
    op: extended(Oid.startTLS),
    controls: [CRITICAL],
    code: 12,
    reason: 'critical-control',
  },
  { name: 'delete', op: { kind: 'delRequest', entry: BASE }, kind: 'delResponse', code: 53, reason: 'read-only' },
  {
    name: 'add',
    op: { kind: 'addRequest', entry: BASE, attributes: [] },
    kind: 'addResponse',
    code: 53,
    reason: 'read-only',
  },
  {
    name: 'modify',
    op: { kind: 'modifyRequest', object: BASE, changes: [] },
    kind: 'modifyResponse',
    code: 53,
    reason: 'read-only',
  },
  {
    name: 'modify DN',
    op: { kind: 'modDNRequest', entry: BASE, newrdn: 'dc=x', deleteoldrdn: true },
    kind: 'modDNResponse',
    code: 53,
    reason: 'read-only',
  },
  {
    name: 'compare of what the session sees',
    op: { kind: 'compareRequest', entry: userDN('ada'), attribute: 'uid', value: Buffer.from('ADA') },
    session: ADA,
    kind: 'compareResponse',
    code: 6,
    reason: 'ok',
  },
  {
    name: 'compare of what the session does not see',
    op: { kind: 'compareRequest', entry: userDN('ben'), attribute: 'uid', value: Buffer.from('ben') },
    session: ADA,
    code: 32,
    reason: 'not-found',
  },
  {
    name: 'compare as anonymous',
    op: { kind: 'compareRequest', entry: userDN('ada'), attribute: 'uid', value: Buffer.from('ada') },
    code: 32,
    reason: 'not-found',
  },
  {
    name: 'a search with an unknown critical control',
    op: searchRequest({ base: BASE }),
    controls: [CRITICAL],
    kind: 'searchResultDone',
    code: 12,
    reason: 'critical-control',
  },
  {
    name: 'a search with the same control twice',
    op: searchRequest({ base: BASE }),
    controls: [1, 2].map(() => ({ type: '1.2.840.113556.1.4.319', critical: false, value: Buffer.alloc(0) })),
    code: 2,
    reason: 'malformed-control',
  },
  {
    name: 'a page of a search that nobody began',
    op: searchRequest({ base: BASE }),
    session: ADA,
    controls: [paged(10, 'no such page')],
    code: 53,
    reason: 'unknown-page',
  },
  {
    name: 'a first page',
    op: searchRequest({ base: BASE }),
    session: ADA,
    controls: [paged(10)],
    code: 0,
    reason: 'ok',
  },
];

for (const { name, op, kind, code, reason, next = 'go on', ends, ...how } of TABLE) {
  t.test(name, async (t) => {
    const outcome = await answered(ask(op, how));
    const { response, trace } = outcome;
    t.equal(response === undefined ? undefined : (response as { result: { code: number } }).result.code, code);
    if (kind !== undefined) t.equal(response?.kind, kind);
    t.equal(trace?.reason, reason);
    t.equal(trace?.code, code);
    t.equal(outcome.next, next);
    t.same(outcome.ends, ends);
    t.equal(outcome.session, undefined, 'the session stays');
    t.not(outcome.controls?.length, 0, 'no empty list of controls is sent');
  });
}

t.test('a bind that fails by its control leaves the session anonymous (R9)', async (t) => {
  const { session, response } = await answered(ask(simpleBind('ada', 'x'), { session: ADA, controls: [CRITICAL] }));
  t.equal(session?.identity.kind, 'anonymous');
  t.match(response, { kind: 'bindResponse', result: { code: 12 } });
});

t.test(
  'what cannot be read is answered as what it was meant to be; a bind leaves the session anonymous (R9)',
  async (t) => {
    const kinds: Request['kind'][] = [
      'bindRequest',
      'searchRequest',
      'modifyRequest',
      'addRequest',
      'delRequest',
      'modDNRequest',
      'compareRequest',
      'extendedRequest',
    ];
    for (const malformed of [...kinds, 'unbindRequest', 'abandonRequest'] as const) {
      const received: Received = { messageID: 5, malformed };
      const { response, session, next } = await answered(dispatch(received, ADA, makeWorld().context, ALONE));
      const has = malformed !== 'unbindRequest' && malformed !== 'abandonRequest';
      t.equal(
        response === undefined ? undefined : (response as { result: { code: number } }).result.code,
        has ? 2 : undefined,
      );
      t.equal(session?.identity.kind, malformed === 'bindRequest' ? 'anonymous' : undefined, malformed);
      t.equal(next, malformed === 'unbindRequest' ? 'close' : 'go on');
    }
  },
);

t.test('binds and searches become running operations, and nothing has happened yet', async (t) => {
  const { context, asked } = makeWorld();
  const bind = dispatch({ messageID: 1, op: simpleBind('ada', 'right') }, NOBODY, context, ALONE);
  const search = dispatch({ messageID: 2, op: searchRequest({ base: BASE }) }, ADA, context, ALONE);
  if (!('running' in bind) || !('running' in search)) throw new Error('they are not running');
  t.equal(asked.length, 0, 'nothing is sent before the first advance');
  t.ok(bind.running.isBind);
  t.notOk(search.running.isBind);
  bind.running.advance(new Work(1000), 0);
  t.equal(asked.length, 1);
});

t.test('a search that is turned away names the limit, and its operation is aborted', async (t) => {
  const outcome = ask(searchRequest({ base: BASE, scope: Scope.wholeSubtree }), { session: ADA });
  if (!('running' in outcome)) throw new Error('it is not running');
  const { response, trace } = turnAway(outcome.running, ADA, 'listen.limits.pendingBytesPerAddress');
  t.match(response, { kind: 'searchResultDone', result: { code: 51, text: /listen\.limits\.pendingBytesPerAddress/ } });
  t.equal(trace?.reason, 'busy-here');
});

t.test('a bind that is turned away is answered as one, and leaves the session anonymous (R9)', async (t) => {
  const outcome = ask(simpleBind('ada', 'x'.repeat(60_000)), { session: ADA });
  if (!('running' in outcome)) throw new Error('it is not running');
  const { response, session } = turnAway(outcome.running, ADA, 'listen.limits.pendingBytesPerAddress');
  t.match(response, { kind: 'bindResponse', result: { code: 51 } });
  t.equal(session?.identity.kind, 'anonymous');
});

t.test('the last words to a client', async (t) => {
  const outcome = ask(searchRequest({ base: BASE }), { session: ADA });
  if (!('running' in outcome)) throw new Error('it is not running');
  t.match(canceled(outcome.running), { kind: 'searchResultDone', result: { code: 118 } });
  t.match(disconnection(52, 'why'), {
    kind: 'extendedResponse',
    responseName: '1.3.6.1.4.1.1466.20036',
    result: { code: 52 },
  });
});
