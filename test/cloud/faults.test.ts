// The client of JumpCloud's API in front of a server that does everything wrong: it ends in time, within bounds, with a CloudError, and tells no secret.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { JumpCloudApi } from '../../src/cloud/api.js';
import { CALLS_PER_HOUR, CallBudget } from '../../src/cloud/client/budget.js';
import type { Access } from '../../src/cloud/client/credentials.js';
import type { Fetch } from '../../src/cloud/client/exchange.js';
import { itemsOf, NoList } from '../../src/cloud/client/items.js';
import { OddField } from '../../src/cloud/client/json.js';
import { pageOf } from '../../src/cloud/client/pages.js';
import { fetchFor } from '../../src/cloud/client/proxy.js';
import {
  bindingIn,
  eventIn,
  groupIn,
  ldapServerIn,
  lockoutIn,
  policyIn,
  targetIn,
  userIn,
} from '../../src/cloud/client/records.js';
import { EventPoll } from '../../src/cloud/events.js';
import { CloudError, type Purpose, TOO_LONG } from '../../src/cloud/ports.js';
import { runToEnd } from '../../src/runtime/cooperative.js';

const WARNINGS: string[] = [];
process.on('warning', (warning) => WARNINGS.push(String(warning)));

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const KEY = 'jca_a-secret-key';
const hidden = (value: string) => ({ reveal: () => value });

async function site(t: Test) {
  let answer: Answer = (_request, response) => response.end('[]');
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    request.resume();
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let now = 0;
  const make = (access: Access = { kind: 'key', key: hidden(KEY) }, fetcher: Fetch = fetch as unknown as Fetch) => {
    const pauses: number[] = [];
    seen.length = 0;
    const api = new JumpCloudApi(
      { console: base, api: base },
      {
        access,
        fetch: fetcher,
        clock: () => now,
        random: () => 0.5,
        pause: async (ms) => {
          pauses.push(ms);
        },
      },
    );
    t.teardown(() => api.stop());
    return { api, pauses };
  };
  const client: Access = { kind: 'client', clientId: 'id', clientSecret: hidden(KEY), tokenUrl: `${base}/token` };
  return {
    ...{ base, seen, make, client },
    answers: (next: Answer) => {
      answer = next;
    },
    pass: (ms: number) => {
      now += ms;
    },
  };
}

const json =
  (body: unknown, status = 200, headers: Record<string, string> = {}): Answer =>
  (_request, response) =>
    response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
const faultOf = (asked: Promise<unknown>) =>
  asked.then(
    () => 'none',
    (error: unknown) => (error instanceof CloudError ? error.fault : `another: ${String(error)}`),
  );
const EVENTS = { services: ['ldap'], since: 0, newestFirst: false, limit: 5 };

t.test('what answers, with what, how often it is asked, and what becomes of it', async (t) => {
  const { make, answers, seen } = await site(t);
  const rows: [name: string, answer: Answer, fault: string, calls: number][] = [
    ['no list', json({ message: 'captive portal' }), 'garbled', 1],
    ['no JSON', json('<html>'), 'garbled', 1],
    ['half a page', json('[{"id":"a"}'), 'garbled', 1],
    ['brackets', json('['.repeat(500_000)), 'garbled', 1],
    ['more than 1 MiB', json(' '.repeat(1_100_000)), 'garbled', 1],
    ['500, however long', json('x'.repeat(5_000_000), 500), 'away', 3],
    ['503', json({}, 503), 'away', 3],
    ['429', json({}, 429), 'busy', 3],
    ['429, in 3 s', json({}, 429, { 'retry-after': '3' }), 'busy', 3],
    ['429, in an hour', json({}, 429, { 'retry-after': '3600' }), 'busy', 1],
    ['429, in ages', json({}, 429, { 'retry-after': '9'.repeat(30) }), 'busy', 1],
    ['429, tomorrow', json({}, 429, { 'retry-after': new Date(Date.now() + 86_400_000).toUTCString() }), 'busy', 1],
    ['429, nonsense', json({}, 429, { 'retry-after': '-1' }), 'busy', 3],
    ['401', json({}, 401), 'refused', 1],
    ['403', json({}, 403), 'refused', 1],
    ['a redirect', json('', 307, { location: 'http://127.0.0.1:1/' }), 'away', 3],
    ['nothing', (request) => request.socket.destroy(), 'away', 3],
  ];
  for (const [name, answer, fault, calls] of rows) {
    answers(answer);
    const { api } = make();
    t.equal(await faultOf(api.ldapServers('check')), fault, name);
    t.equal(seen.length, calls, `${name}: calls`);
    t.notOk(`${api.health.lastError}`.includes(KEY), `${name}: tells no key`);
  }
});

t.test(
  'an answer of another shape proves nothing: a missing list makes no user unknown and reports no event',
  async (t) => {
    const { make, answers } = await site(t);
    for (const body of [{}, null, 'x', 7, { results: null }, { message: 'try later' }]) {
      answers(json(JSON.stringify(body)));
      for (const ask of [
        (api: JumpCloudApi) => api.user('reason', 'ada'),
        (api: JumpCloudApi) => api.userById('reason', 'abc'),
        (api: JumpCloudApi) => api.users('lag').next(),
        (api: JumpCloudApi) => api.membersOfGroup('lag', 'abc').next(),
        (api: JumpCloudApi) => api.usersOfServer('lag', 'abc').next(),
        (api: JumpCloudApi) => api.events('revocation', EVENTS),
      ])
        t.equal(await faultOf(ask(make().api)), 'garbled', JSON.stringify(body));
    }
  },
);

t.test(
  'a refusal is not asked again for a quarter of an hour, nor a plan without events, nor in a pause',
  async (t) => {
    const { make, answers, seen, pass } = await site(t);
    for (const [answer, fault, isOfAll] of [
      [json({}, 401), 'refused', true],
      [json({}, 403), 'refused', false],
      [json({}, 429, { 'retry-after': '600' }), 'busy', true],
    ] as const) {
      answers(answer);
      const { api } = make();
      for (let i = 0; i < 3; i++) t.equal(await faultOf(api.ldapServers('check')), fault);
      t.equal(seen.length, 1);
      answers(json([]));
      t.equal(await faultOf(api.ldapPolicies('check')), isOfAll ? fault : 'none', 'calls of another kind');
      pass(16 * 60_000);
      t.equal(await faultOf(api.ldapServers('check')), 'none');
    }
    answers(json({}, 403));
    const { api } = make();
    for (let i = 0; i < 4; i++) t.equal(await faultOf(api.events('revocation', EVENTS)), 'no-plan');
    t.equal(seen.length, 1);
  },
);

t.test(
  'a token is asked for once, renewed once where it was refused, also after another fault, and by calls at the same time',
  async (t) => {
    const { make, answers, seen, client } = await site(t);
    const tokens = () => seen.filter(({ url }) => url === '/token').length;
    let lists = 0;
    const withTokens =
      (list: (token: string, count: number) => Answer): Answer =>
      (request, response) => {
        if (request.url === '/token') json({ access_token: `t${tokens()}`, expires_in: 3600 })(request, response);
        else list(request.headers.authorization ?? '', ++lists)(request, response);
      };
    answers(
      withTokens((_token, count) => (count === 1 ? json({}, 503) : _token === 'Bearer t1' ? json({}, 401) : json([]))),
    );
    const { api } = make(client);
    t.equal(await faultOf(api.ldapServers('check')), 'none');
    t.equal(tokens(), 2);
    answers(withTokens((token) => (token === 'Bearer t1' ? json({}, 401) : json([]))));
    const both = make(client).api;
    t.same(await Promise.all([faultOf(both.ldapServers('check')), faultOf(both.ldapPolicies('check'))]), [
      'none',
      'none',
    ]);
    t.equal(tokens(), 2);
    answers((request, response) => (request.url === '/token' ? json({}, 401) : json([]))(request, response));
    const refused = make(client).api;
    t.equal(await faultOf(refused.ldapServers('check')), 'refused');
    t.equal(refused.health.isStopped, true);
  },
);

t.test('stopped in the midst, it ends; each purpose has its own allowance', async (t) => {
  const { make, answers } = await site(t);
  answers((_request, response) => void response.writeHead(200).write(' '));
  const { api } = make();
  const asked = faultOf(api.ldapServers('check'));
  setTimeout(() => api.stop(), 50);
  t.equal(await asked, 'stopped');
  let now = 0;
  const budget = new CallBudget(() => now);
  const burst = (purpose: Purpose) => {
    let calls = 0;
    while (budget.take(purpose)) calls++;
    return calls;
  };
  t.equal(burst('check'), 30);
  t.ok(burst('revocation') >= 100, 'others have theirs');
  now = 3_600_000;
  t.ok(burst('check') <= 30, 'a burst does not grow after an hour');
  for (const purpose of Object.keys(CALLS_PER_HOUR) as Purpose[]) {
    let calls = 0;
    for (let minute = 0; minute < 60; minute++) {
      now += 60_000;
      calls += burst(purpose);
    }
    // A full burst at the beginning: of half an hour for the members, of ten minutes for others.
    t.ok(calls <= CALLS_PER_HOUR[purpose] * 1.5 + 100, `${purpose}: ${calls} in an hour`);
  }
});

t.test('behind a proxy that the environment names, calls go through it; an invalid one is reported', async (t) => {
  const { make, answers, seen } = await site(t);
  answers(json([]));
  const connects: string[] = [];
  const proxy = createServer((request, response) => {
    connects.push(request.url ?? '');
    fetch(request.url ?? '', { headers: { 'x-api-key': KEY } }).then(
      async (answer) => response.end(await answer.text()),
      () => response.destroy(),
    );
  });
  proxy.on('connect', (request, socket) => {
    connects.push(request.url ?? '');
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const through = await fetchFor({ HTTPS_PROXY: url, HTTP_PROXY: url, https_proxy: '' });
  const init = { method: 'GET', headers: {}, signal: AbortSignal.timeout(10_000), redirect: 'error' } as const;
  await through('http://console.example.test/', init).catch(() => {});
  t.ok(connects.length > 0, 'by the proxy');
  t.equal(seen.length, 0, 'and by it alone');
  await make(undefined, through).api.ldapServers('check');
  t.equal(seen.length, 1, 'this machine’s own loopback is behind no proxy');
  t.ok(
    connects.every((target) => target.startsWith('console.example.test')),
    connects.join(),
  );
  await t.rejects(fetchFor({ HTTPS_PROXY: '10.0.0.1:3128' }));
});

t.test('NO_PROXY names what is asked directly; nothing is printed of it all', async (t) => {
  const connects: string[] = [];
  const proxy = createServer((_request, response) => response.destroy());
  proxy.on('connect', (request, socket) => {
    connects.push(request.url ?? '');
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const isProxied = async (env: Record<string, string>, target: string) => {
    connects.length = 0;
    const init = { method: 'GET', headers: {}, signal: AbortSignal.timeout(10_000), redirect: 'error' } as const;
    await (await fetchFor(env))(target, init).catch(() => {});
    return connects.length > 0;
  };
  // Names below .invalid are nowhere (RFC 6761): directly, they cannot be reached at all.
  const HOST = 'https://console.jumpcloud.invalid/api';
  for (const [noProxy, target, expected] of [
    ['', HOST, true],
    ['*', HOST, false],
    ['console.jumpcloud.invalid', HOST, false],
    ['jumpcloud.invalid', HOST, false],
    ['.JumpCloud.invalid', HOST, false],
    ['other.invalid *.jumpcloud.invalid', HOST, false],
    ['cloud.invalid,other.invalid', HOST, true],
    ['console.jumpcloud.invalid:443', HOST, false],
    ['console.jumpcloud.invalid:8443', HOST, true],
    ['console.jumpcloud.invalid:8443', 'https://console.jumpcloud.invalid:8443/', false],
    ['[2001:db8::1]', 'https://[2001:db8::1]:1/', false],
    ['2001:db8::1', 'https://[2001:db8::1]:1/', false],
    ['', 'https://[::1]:1/', false],
  ] as const)
    t.equal(await isProxied({ HTTPS_PROXY: url, NO_PROXY: noProxy }, target), expected, `${noProxy}: ${target}`);
  t.equal(await isProxied({ HTTPS_PROXY: url, no_proxy: '*', NO_PROXY: 'x' }, HOST), false, 'lower case first');
  t.equal(await isProxied({ HTTP_PROXY: url }, HOST), true, 'the only proxy there is');
  t.equal(await isProxied({ HTTPS_PROXY: url }, 'http://console.jumpcloud.invalid/'), false, 'for https alone');
  t.equal(await isProxied({ https_proxy: url, HTTPS_PROXY: 'http://127.0.0.1:1' }, HOST), true);
  t.same(WARNINGS, [], 'nor by anything before it: the process warns of each thing once');
});

t.test('whatever JSON there is makes a record or none, or is an odd one, and nothing else is thrown', async () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      for (const read of [userIn, groupIn, bindingIn, targetIn, policyIn, eventIn, ldapServerIn, lockoutIn])
        try {
          read(value);
        } catch (error) {
          if (!(error instanceof OddField)) throw error;
        }
      return true;
    }),
    { numRuns: 500 },
  );
});

t.test('a flag of another type is ignored: nothing is known, not the opposite', async (t) => {
  const { make, answers } = await site(t);
  const user = { _id: 'a1', username: 'ada', email: 'ada@example.test', state: 'ACTIVATED' };
  const policy = { id: 'p1', type: 'ldap', name: 'x', effect: { action: 'deny' }, targets: {} };
  const organisation = (passwordPolicy: unknown) => ({ _id: 'o1', settings: { passwordPolicy } });
  const asked = async (body: unknown, ask: (api: JumpCloudApi) => Promise<unknown>) => {
    answers(json(body as object));
    const { api } = make();
    return [await faultOf(ask(api)), api.health.isUp];
  };
  const aUser = (change: object) => asked({ results: [{ ...user, ...change }] }, (api) => api.user('reason', 'ada'));
  const aPolicy = (change: object) => asked([{ ...policy, ...change }], (api) => api.ldapPolicies('reason'));
  const lockout = (settings: unknown) =>
    asked({ results: [{ _id: 'o1' }], ...organisation(settings) }, (api) => api.lockout('check'));
  t.same(await aUser({}), ['none', true]);
  t.same(await aUser({ suspended: null, delegatedAuthority: null, state: null }), ['none', true], 'null is nothing');
  for (const field of [
    ...['activated', 'suspended', 'account_locked', 'password_expired', 'password_never_expires'],
    ...['ldap_binding_user', 'delegatedAuthority', 'state'],
  ])
    for (const value of ['yes', 'true', 1, 0, [], ['x']])
      t.same(await aUser({ [field]: value }), ['garbled', true], `${field}: ${JSON.stringify(value)}: the API is up`);
  const two = { results: [{ _id: 'b', username: 'bea', suspended: 'yes' }, user] };
  t.same(await asked(two, (api) => api.user('reason', 'ada')), ['none', true], 'of another user it does not matter');
  for (const change of [
    { disabled: 'no' },
    { effect: 'deny' },
    { effect: { action: 'allow', obligations: { mfa: { required: 'true' } } } },
    { targets: { users: { inclusions: 'ALL' } } },
    { targets: { userGroups: { exclusions: [7] } } },
    { id: undefined },
  ])
    t.same(await aPolicy(change), ['garbled', false], JSON.stringify(change));
  t.same(await aPolicy({ type: 'user_portal', id: undefined, disabled: 'no' }), ['none', true], 'of something else');
  t.same(await lockout({ enableMaxLoginAttempts: true, maxLoginAttempts: 5 }), ['none', true]);
  for (const settings of [
    undefined,
    null,
    { enableMaxLoginAttempts: 'true', maxLoginAttempts: 5 },
    { enableMaxLoginAttempts: true },
    { enableMaxLoginAttempts: true, maxLoginAttempts: '5' },
    { enableMaxLoginAttempts: true, maxLoginAttempts: 0 },
    { enableMaxLoginAttempts: true, maxLoginAttempts: 2.5 },
    { enableResetLockoutCounter: true, resetLockoutCounterMinutes: -1 },
  ])
    t.same(await lockout(settings), ['garbled', false], JSON.stringify(settings));
  for (const ask of [
    (api: JumpCloudApi) => api.bindingsOfUser('reason', 'a1'),
    (api: JumpCloudApi) => api.groupsOfUser('reason', 'a1'),
    (api: JumpCloudApi) => api.groupNamed('reason', 'x'),
    (api: JumpCloudApi) => api.ldapServers('reason'),
  ])
    t.equal((await asked([{ id: 7 }], ask))[0], 'garbled', 'what has no ID could be the one that matters');
});

t.test('a list is read item by item as JSON.parse reads it, or not at all', async (t) => {
  const read = (text: string, batch: number, longest?: number) => {
    try {
      return runToEnd(itemsOf(text, 1000, (item) => item, batch, longest));
    } catch (error) {
      if (error instanceof NoList) return undefined;
      throw error;
    }
  };
  const whole = (text: string) => {
    try {
      const parsed: unknown = JSON.parse(text);
      return Array.isArray(parsed) ? parsed : undefined;
    } catch {
      return undefined;
    }
  };
  const texts = fc.array(fc.jsonValue(), { maxLength: 20 }).chain((items) => {
    const text = JSON.stringify(items, undefined, items.length % 3);
    const cut = fc.nat(text.length);
    // Whole, cut off, and with something put in.
    const odd = fc.constantFrom(...',[]{}"\\: 0', '');
    return fc.oneof(
      fc.constant(text),
      fc.tuple(cut, odd).map(([at, char]) => text.slice(0, at) + char),
      fc.tuple(cut, odd).map(([at, char]) => text.slice(0, at) + char + text.slice(at)),
    );
  });
  fc.assert(
    fc.property(
      texts,
      fc.integer({ min: 1, max: 40 }),
      (text, batch) => JSON.stringify(read(text, batch)) === JSON.stringify(whole(text)),
    ),
    { numRuns: 2000 },
  );
  t.equal(read(`["${'x'.repeat(100)}"]`, 10, 50), undefined, 'too long an item');
  t.equal(read('['.repeat(500_000), 16_384), undefined);
  t.same(runToEnd(itemsOf('[1,2,3]', 2, (item) => item)), [1, 2], 'no more than was asked for');
});

t.test('an item that is too long is skipped, wherever it is, and no other one', async (t) => {
  const LONGEST = 60;
  const texts = fc.array(fc.oneof(fc.jsonValue(), fc.string({ minLength: 100, maxLength: 300 })), { maxLength: 12 });
  fc.assert(
    fc.property(texts, fc.integer({ min: 1, max: 40 }), (items, batch) => {
      const tooLong = (edges: string) => ({ edges });
      const found = runToEnd(itemsOf<unknown>(JSON.stringify(items), 1000, (item) => item, batch, LONGEST, tooLong));
      t.equal(found.length, items.length);
      for (const [index, item] of items.entries()) {
        const text = JSON.stringify(item);
        const isOver = JSON.stringify(found[index]) === JSON.stringify({ edges: text + text });
        if (text.length <= LONGEST) t.notOk(isOver, 'short');
        else if (text.length > LONGEST + batch) t.ok(isOver, 'long');
        if (!isOver) t.equal(JSON.stringify(found[index]), text);
      }
    }),
    { numRuns: 1000 },
  );
  // The longest allowed item, wherever the batch before it ends.
  for (let batch = 1; batch <= 40; batch++)
    for (const before of [[], ['a'.repeat(batch)], ...Array.from({ length: 12 }, (_, n) => Array(n).fill(''))]) {
      const items = [...before, 'x'.repeat(LONGEST - 2), 'z'];
      t.same(
        runToEnd(
          itemsOf<unknown>(
            JSON.stringify(items),
            1000,
            (item) => item,
            batch,
            LONGEST,
            () => 'over',
          ),
        ),
        items,
      );
    }
  const read = (text: string) =>
    runToEnd(
      itemsOf<unknown>(
        text,
        1000,
        (item) => item,
        10,
        50,
        () => 'over',
      ),
    );
  for (const text of [
    `["${'x'.repeat(200_000)}"`,
    `["${'x'.repeat(200_000)}"}`,
    `["${'x'.repeat(200_000)}"] []`,
    '['.repeat(500_000),
  ])
    t.throws(() => read(text), { message: /^not ended|^more than a list$/ }, 'still not a list');
  let longest = 0;
  const steps = itemsOf(
    `["${'\\\\'.repeat(1_000_000)}"]`,
    10,
    (item) => item,
    undefined,
    undefined,
    () => 'over',
  );
  for (let step = steps.next(), turns = 1; ; step = steps.next(), turns++)
    if (step.done === true) {
      t.same(step.value, ['over']);
      longest = turns;
      break;
    }
  t.ok(longest > 25, 'in many turns');
});

/** Directory Insights with these records, answered as JSON; the events that a poll tells. */
async function polled(records: readonly object[], began: number) {
  let now = began;
  let isThere = false;
  let most = 0;
  const fetch: Fetch = async (_, { body }) => {
    const {
      limit,
      sort,
      search_after: after = ['0'],
    } = JSON.parse(body ?? '{}') as {
      limit: number;
      sort: string;
      search_after?: [string];
    };
    const all = isThere ? (sort === 'DESC' ? records.toReversed() : records) : [];
    const from = Number(after[0]);
    const text = Buffer.from(JSON.stringify(all.slice(from, from + limit)));
    most = Math.max(most, text.length);
    return {
      status: 200,
      headers: { get: (name) => (name === 'x-search_after' ? JSON.stringify([String(from + limit)]) : null) },
      body: (async function* () {
        yield text;
      })(),
    };
  };
  const api = new JumpCloudApi(
    { console: 'http://localhost', api: 'http://localhost' },
    {
      ...{ access: { kind: 'key', key: hidden(KEY) }, fetch, clock: () => now, random: () => 0 },
      pause: async () => {},
    },
  );
  const told: string[] = [];
  const poll = new EventPoll({
    seen: (events) => void told.push(...events.map(({ type, username }) => username ?? type)),
    ...{ gap: () => {}, turned: () => {}, defect: () => {}, clock: () => now, now: () => now, random: () => 0.5 },
  });
  poll.use(api);
  await poll.poll();
  isThere = true;
  for (let n = 0; n < 10; n++) {
    now += 12_000;
    await poll.poll();
  }
  poll.use(undefined);
  return { told, polls: poll.polls, most };
}

t.test('an event, or a page, that is too long does not hide any other event', async (t) => {
  const began = Date.UTC(2026, 10, 27);
  const record = (username: string, length = 0) => ({
    ...{ id: username, service: 'directory', event_type: 'user_update', username, success: true },
    ...{ timestamp: new Date(began).toISOString(), changes: 'x'.repeat(length) },
  });
  for (const length of [200_000, 3_000_000]) {
    const { told, polls } = await polled([record('a'), record('long', length), record('b')], began);
    t.same(told, ['a', TOO_LONG, 'b'], 'once each');
    t.same([...polls.keys()], ['ok']);
  }
  const many = Array.from({ length: 900 }, (_, n) => record(`u${n}`, 10_000));
  const { told, polls, most } = await polled(many, began);
  t.ok(most > 4 * 1024 * 1024, 'a page is too long');
  t.equal(new Set(told).size, 900);
  t.equal(told.length, 900);
  t.same([...polls.keys()], ['ok']);
});

t.test(
  'what is odd about one user takes nothing from the health of the API; an answer without records does',
  async (t) => {
    const { make, answers } = await site(t);
    const asked = async (body: unknown, ask: (api: JumpCloudApi) => Promise<unknown>) => {
      answers(json(body as object));
      const { api } = make();
      return [await faultOf(ask(api)), api.health.isUp, api.health.lastFault];
    };
    const odd = { _id: 'a1', username: 'ada', state: 'ARCHIVED' };
    const ofOne: [unknown, (api: JumpCloudApi) => Promise<unknown>][] = [
      [{ results: [odd] }, (api) => api.user('reason', 'ada')],
      [{ results: [{ ...odd, _id: '/' }] }, (api) => api.user('reason', 'ada')],
      [odd, (api) => api.userById('lag', 'a1')],
      [[{ id: '/' }], (api) => api.bindingsOfUser('reason', 'a1')],
      [[{ id: '/' }], (api) => api.groupsOfUser('reason', 'a1')],
    ];
    for (const [body, ask] of ofOne) {
      t.same(await asked(body, ask), ['garbled', true, 'garbled'], JSON.stringify(body));
      t.same(await asked('nothing', ask).then(([fault]) => fault), 'garbled');
    }
    for (const body of [{}, [], { results: {} }, { results: null }, 'x'])
      t.same((await asked(body, (api) => api.user('reason', 'ada'))).slice(0, 2), ['garbled', false]);
    t.same((await asked([{ id: '/' }], (api) => api.ldapServers('check'))).slice(0, 2), ['garbled', false]);
  },
);

t.test('a page of V1 is read as JSON.parse reads it, whatever else is in it', async (t) => {
  const page = (text: string) => {
    try {
      const { results, total } = runToEnd(pageOf(text, 1000, (item) => item));
      return JSON.stringify({ results, total });
    } catch (error) {
      if (!(error instanceof NoList)) throw error;
      return 'none';
    }
  };
  const other = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }));
  const list = fc.array(fc.jsonValue({ maxDepth: 2 }));
  fc.assert(
    fc.property(other, list, other, fc.nat(), fc.constantFrom(0, 2), (before, results, after, totalCount, space) => {
      const text = JSON.stringify({ ...before, results, ...after, totalCount, last: 'x' }, undefined, space);
      const { results: parsed } = JSON.parse(text) as { results: unknown };
      return page(text) === (Array.isArray(parsed) ? JSON.stringify({ results: parsed, total: totalCount }) : 'none');
    }),
  );
  const whole = JSON.stringify({ totalCount: 2, x: { results: [7] }, results: [{ a: '}]"' }, [1]] });
  for (let cut = 0; cut < whole.length; cut++) t.equal(page(whole.slice(0, cut)), 'none', `cut at ${cut}`);
  for (const text of [`${whole}x`, `[${whole}]`, '{"results":[1]', '{"results":[1}', '{"results"[1]}', '{results:[1]}'])
    t.equal(page(text), 'none', text);
});

t.test('a page of a megabyte is read in many turns, even when it is made to be slow', async (t) => {
  const size = 1024 * 1024;
  const fill = (make: (index: number) => string) => {
    const parts: string[] = [];
    for (let index = 0, length = 0; length < size; index++) length += parts[parts.push(make(index)) - 1]!.length + 1;
    return parts.join(',');
  };
  for (const [name, text] of Object.entries({
    'unique keys': `{"results":[],"x":{${fill((index) => `"${index.toString(36)}k":0`)}}}`,
    'integer keys': `{"results":[],"x":{${fill((index) => `"${4294967294 - index * 4001}":0`)}}}`,
    nested: `{"results":[],"x":${'['.repeat(size / 2)}${']'.repeat(size / 2)}}`,
    users: `{"totalCount":1,"results":[${fill((index) => `{"_id":"${index}","username":"user${index}"}`)}]}`,
  })) {
    const steps = pageOf(text, 100, (item) => item);
    let turns = 0;
    const { parse } = JSON;
    let longest = 0;
    JSON.parse = ((part: string) => {
      longest = Math.max(longest, part.length);
      return parse(part) as unknown;
    }) as typeof JSON.parse;
    try {
      while (steps.next().done !== true) turns++;
    } finally {
      JSON.parse = parse;
    }
    t.ok(turns >= 15, `${name}: ${turns} turns`);
    t.ok(longest < 20_000, `${name}: ${longest} characters in one go`);
  }
});

t.test('a thousand events are read in many turns, each of a few items', async (t) => {
  const event = {
    timestamp: '2026-11-27T01:00:00Z',
    event_type: 'user_update',
    resource: { id: 'a1' },
    x: 'y'.repeat(900),
  };
  let inThis = 0;
  let most = 0;
  let turns = 0;
  const items = itemsOf(JSON.stringify(new Array(1000).fill(event)), 1000, (item) => {
    most = Math.max(most, ++inThis);
    return eventIn(item);
  });
  for (let step = items.next(); step.done !== true; step = items.next()) {
    inThis = 0;
    turns++;
  }
  t.ok(most <= 20, `${most} at the same time`);
  t.ok(turns >= 50, `${turns} turns`);
});

t.test('health: what concerns all calls is told from what concerns some, and since when it is so', async (t) => {
  const { make, answers, pass, client } = await site(t);
  const policies = (api: JumpCloudApi) => faultOf(api.ldapPolicies('check'));
  const servers = (api: JumpCloudApi) => faultOf(api.ldapServers('check'));
  const { api } = make();
  t.match(api.health, { isUp: undefined, trouble: undefined, refusals: [] });
  answers(json([]));
  await servers(api);
  t.match(api.health, { isUp: true, trouble: undefined });
  answers(json({}, 503));
  await servers(api);
  pass(60_000);
  await policies(api);
  t.match(api.health, { isUp: false, trouble: { fault: 'away', message: /policies: 503/, lasts: 60_000 } });
  answers(json({}, 401));
  await servers(api);
  pass(1000);
  await servers(api);
  t.match(
    api.health,
    { isUp: false, isStopped: true, trouble: { fault: 'refused', message: /401/, lasts: 61_000 } },
    'what is not asked hides nothing',
  );
  pass(16 * 60_000);
  answers(json([]));
  await servers(api);
  t.match(api.health, { isUp: true, trouble: undefined, refusals: [] });
  answers(json({}, 403));
  await policies(api);
  t.match(api.health, { isUp: true, trouble: undefined, refusals: [{ fault: 'refused', message: /policies: 403/ }] });
  pass(75 * 60_000);
  t.match(api.health, { isUp: false, trouble: { fault: 'refused', lasts: 75 * 60_000 } }, 'nothing is let through');
  answers(json([]));
  await policies(api);
  t.match(api.health, { isUp: true, refusals: [] });
  answers(json({}, 404));
  await faultOf(api.userById('reader', 'a1'));
  t.equal(api.health.isUp, true, 'who is not there is no trouble');
  answers(json({}, 403));
  const { api: blocked } = make();
  t.equal(await faultOf(blocked.events('revocation', EVENTS)), 'no-plan');
  t.equal(blocked.health.isUp, undefined, 'the plan may lack it');
  await servers(blocked);
  t.equal(blocked.health.isUp, false, 'but if that is all there is');
  answers((request, response) => json({}, request.url === '/token' ? 403 : 200)(request, response));
  const { api: withdrawn } = make(client);
  await servers(withdrawn);
  t.match(withdrawn.health, { isUp: false, isStopped: true, trouble: { fault: 'refused', message: /token: 403/ } });
});
