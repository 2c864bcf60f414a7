// JumpCloud's API is dead, slow, refuses, or says nonsense: binds are answered with the same bytes and wait for nothing, and one line says what
// is wrong and what to do.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import t, { type Test } from 'tap';
import type { ConsoleFault } from '../../src/demo/console/faults.js';
import type { StandIn } from '../../src/demo/stand-in.js';
import { bindAs, type CloudSite, cloudSite } from '../support/cloud-site.js';
import { eventually } from '../support/proxy.js';

const UID = 'quillon.varrek';
const RIGHT = 'user-secret-5001';
const [OTHER, OTHERS] = ['mirelle.oskand', 'user-secret-5002'];

/** What clients get: a login, a wrong password, a name that nobody has. */
async function answers({ proxy }: CloudSite): Promise<readonly string[]> {
  const all = [];
  for (const [name, password] of [
    [OTHER, OTHERS],
    [UID, 'wrong-5099'],
    ['nobody.at.all', 'wrong-5099'],
  ] as const)
    all.push((await bindAs(proxy, name, password)).octets);
  return all;
}

const found = ({ proxy }: CloudSite, user = UID) =>
  proxy.log.filter((line) => line.includes('"cloud.reason"') && line.includes(`"user.name":"${user}"`));

async function withoutApi(t: Test): Promise<readonly string[]> {
  const site = await cloudSite(t, { settings: { upstream: {} } });
  const all = await answers(site);
  t.equal(site.upstream.console.calls.length, 0, 'who has not configured the API asks nothing there');
  return all;
}

const fail = (fault: ConsoleFault) => (upstream: StandIn) => upstream.console.fail(fault);
const AT_USERS = { on: /GET \/api\/systemusers/ } as const;

const withdraw = ({ console: { access } }: StandIn) => {
  access.clientSecret = 'another';
  access.revokeTokens();
};

const ROWS: readonly [name: string, break_: (upstream: StandIn) => void, fault: string, checked: RegExp][] = [
  ['is dead', fail({ answer: 'drop' }), 'away', /HTTPS_PROXY/],
  ['has a fault of its own', fail({ answer: { status: 503 } }), 'away', /HTTPS_PROXY/],
  ['does not know the credential', withdraw, 'refused', /roles/],
  ['answers 401', fail({ on: /GET /, answer: { status: 401 } }), 'refused', /upstream\.api: the credential/],
  ['answers 403 about users', fail({ ...AT_USERS, answer: { status: 403 } }), 'refused', /role does not allow.*roles/],
  [
    'asks for a long pause',
    fail({ on: /GET /, answer: { status: 429, headers: { 'retry-after': '120' } } }),
    ...(['busy', /asked for a pause: try again later/] as const),
  ],
  ['breaks off', fail({ on: /GET /, answer: 'half' }), 'away', /HTTPS_PROXY/],
  ['says what is not JSON', fail({ ...AT_USERS, answer: 'garbage' }), 'garbled', /answers in its place/],
  [
    'says JSON of another shape',
    fail({ ...AT_USERS, answer: { status: 200, body: '{"results":"none","totalCount":[]}' } }),
    ...(['garbled', /answers in its place/] as const),
  ],
  [
    'never comes to an end',
    fail({ ...AT_USERS, answer: { octets: 1e12 } }),
    'garbled',
    /more than \d+ bytes.*in its place/,
  ],
];

t.test('whatever the API does, clients get the same bytes', async (t) => {
  const expected = await withoutApi(t);
  for (const [name, break_, fault, checked] of ROWS) {
    const site = await cloudSite(t);
    break_(site.upstream);
    t.same(await answers(site), expected, `the API ${name}`);
    await eventually(() => found(site).length > 0);
    const { msg, remedy, level } = JSON.parse(found(site)[0] ?? '') as Record<string, unknown>;
    t.equal(msg, `JumpCloud: JumpCloud did not say why: its API was not usable (${fault}).`);
    t.match(remedy, /jumpgate check/);
    t.equal(level, 30);
    const explained = (await site.explain(UID, 'wrong-5099')).cloud;
    t.match(explained, { reason: 'not-known', sentence: new RegExp(`\\(${fault}\\)`), remedy: /jumpgate check/ });
    t.equal(found(site).length, 1, 'one line');
    t.match((await site.check(UID, 'wrong-5099')).replaceAll('\n', ' '), checked, `check, where the API ${name}`);
    await site.stop();
  }
});

t.test('a short pause that the API asks for is kept, and the reason comes after it', async (t) => {
  const site = await cloudSite(t);
  site.upstream.setState(UID, { suspended: true });
  site.upstream.console.fail({ ...AT_USERS, times: 1, answer: { status: 429, headers: { 'retry-after': '1' } } });
  await bindAs(site.proxy, UID, RIGHT);
  await eventually(() => found(site).length > 0);
  t.match(found(site), [/"cloud.reason":"suspended"/]);
});

/** The console behind a door: what is asked waits there until it is opened. Counts what it sends. */
async function door(t: Test, target: () => string, flood = false) {
  const order: string[] = [];
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const sockets = new Set<Socket>();
  let sent = 0;
  const pour = (response: ServerResponse) => {
    const piece = Buffer.from(`${'{},'.repeat(20_000)}`);
    while (!response.destroyed) {
      sent += piece.length;
      if (!response.write(piece)) return void response.once('drain', () => pour(response));
    }
  };
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    response.on('error', () => {});
    request.on('data', (piece: Buffer) => pieces.push(piece));
    const answer = async () => {
      order.push('asked');
      await opened;
      if (response.destroyed) return;
      if (flood && request.url?.startsWith('/api/') === true) {
        response.writeHead(200, { 'content-type': 'application/json' }).write('{"results":[');
        return pour(response);
      }
      const { authorization = '', 'content-type': type = '' } = request.headers;
      const headers = { authorization, ...(type === '' ? {} : { 'content-type': type }) };
      const body = pieces.length === 0 ? {} : { body: Buffer.concat(pieces).toString() };
      const given = await fetch(`${target()}${request.url}`, { method: request.method ?? '', headers, ...body });
      order.push('the API answers');
      response.writeHead(given.status, { 'content-type': 'application/json' }).end(await given.text());
    };
    request.on('end', () => void answer().catch(() => response.destroy()));
  }).on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    open();
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { order, open, urls: { console: url, api: url, token: `${url}/oauth2/token` }, sent: () => sent, sockets };
}

async function behindDoor(t: Test, flood = false) {
  let target = '';
  const api = await door(t, () => target, flood);
  const settings: { upstream?: object } = {};
  const prepare = (upstream: StandIn) => {
    target = upstream.consoleUrl;
    const { clientId, clientSecret } = upstream;
    settings.upstream = { api: { clientId, clientSecret, urls: api.urls } };
  };
  return { api, site: await cloudSite(t, { settings, prepare }) };
}

t.test('the answer to a bind does not wait for the API, and the API is still asked', async (t) => {
  const { api, site } = await behindDoor(t);
  site.upstream.setState(UID, { suspended: true });
  t.match(await bindAs(site.proxy, UID, RIGHT), { code: 49 });
  t.match(await bindAs(site.proxy, OTHER, OTHERS), { code: 0 });
  api.order.push('clients are answered');
  await eventually(() => api.order.includes('asked'));
  t.notOk(api.order.includes('the API answers'), 'it is held back until here');
  t.same(found(site), []);
  api.open();
  await eventually(() => found(site).length > 0);
  t.match(found(site), [/"cloud.reason":"suspended"/]);
  t.ok(api.order.indexOf('clients are answered') < api.order.indexOf('the API answers'));
});

t.test('an answer without an end is read to its limit and no further', async (t) => {
  const { api, site } = await behindDoor(t, true);
  api.open();
  await bindAs(site.proxy, UID, 'wrong-5099');
  await eventually(() => found(site).length > 0);
  t.match(found(site), [/\(garbled\)/]);
  // What the system's sockets hold of a connection comes on top of the limit of 1 MiB.
  t.ok(api.sent() < 16 * 1024 * 1024, `${api.sent()} bytes`);
  t.ok(api.sent() > 1024 * 1024);
});

t.test('an API that does not answer is given up, and explain says so before that', async (t) => {
  const { api, site } = await behindDoor(t);
  t.match(await bindAs(site.proxy, UID, 'wrong-5099'), { code: 49 });
  t.match((await site.explain(UID, 'wrong-5099')).cloud, {
    reason: 'not-known',
    sentence: /\(slow\)/,
    remedy: /check/,
  });
  await eventually(() => found(site).length > 0);
  t.match(found(site), [/\(slow\)/]);
  t.notOk(api.order.includes('the API answers'));
});
