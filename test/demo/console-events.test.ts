// The embedded JumpCloud's Directory Insights, who may call its API, and what goes wrong with it on purpose.
import t, { type Test } from 'tap';
import { groupId, SERVER_ID, userId } from '../../src/demo/console/ids.js';
import type { PersonState } from '../../src/demo/people.js';
import { StandIn, type StandInOptions } from '../../src/demo/stand-in.js';
import { Client } from '../support/client.js';
import { askToken, callConsole } from '../support/console-caller.js';
import { userDN } from './requests.js';

type Json = Record<string, unknown>;

const URL_OF_EVENTS = '/insights/directory/v1/events';
const START = { start_time: '2020-01-01T00:00:00Z' };
/** What JumpCloud's documents name of an LDAP event, beside what every event has. */
const LDAP_FIELDS = new Set(
  'connection_id,operation_number,dn,auth_method,mech,start_tls,tls_established,username,success,error_code,error_message,initiated_by,auth_meta'
    .split(',')
    .concat('id', 'service', 'event_type', 'timestamp', 'organization', '@version'),
);

async function fresh(t: Test, options: StandInOptions = {}) {
  const standIn = await StandIn.start({ console: true, pushDelay: 1, ...options });
  t.teardown(() => standIn.stop());
  const events = async (service: string, more: Json = {}) =>
    (await callConsole(standIn, URL_OF_EVENTS, { service: [service], ...START, sort: 'ASC', ...more })).body as Json[];
  const bind = async (uid: string, password: string) => {
    const client = await Client.open({ port: standIn.port, tls: true, ca: standIn.caPem });
    const { code } = await client.bind(userDN(uid), password);
    client.destroy();
    return code;
  };
  return { standIn, events, bind };
}

interface Row {
  readonly name: string;
  readonly uid: string;
  readonly password: string;
  readonly state?: Partial<PersonState>;
  readonly code: number;
  readonly methods: Json;
}

const yes = { success: true };
const no = { success: false };
const BINDS: readonly Row[] = [
  { name: 'right', uid: 'quillon.varrek', password: 'user-secret-5001', code: 0, methods: { password: yes } },
  { name: 'wrong', uid: 'quillon.varrek', password: 'wrong', code: 49, methods: { password: no } },
  { name: 'unknown', uid: 'Nobody', password: 'wrong', code: 49, methods: {} },
  { name: 'locked', uid: 'philo.estrande', password: 'user-secret-5014', code: 49, methods: {} },
  { name: 'suspended', uid: 'emrick.solvane', password: 'user-secret-5009', code: 49, methods: { password: yes } },
  { name: 'expired', uid: 'daxon.wyrmell', password: 'user-secret-5013', code: 49, methods: { password: yes } },
  {
    name: 'password never set',
    uid: 'quillon.varrek',
    password: 'user-secret-5001',
    state: { passwordNeverSet: true },
    code: 49,
    methods: { password: no },
  },
  {
    name: 'code right',
    uid: 'yselda.mornwick',
    password: 'user-secret-5004,123456',
    code: 0,
    methods: { password: yes, totp: yes },
  },
  {
    name: 'code wrong',
    uid: 'yselda.mornwick',
    password: 'user-secret-5004,000000',
    code: 49,
    methods: { password: yes, totp: no },
  },
  { name: 'code missing', uid: 'yselda.mornwick', password: 'user-secret-5004', code: 49, methods: { password: yes } },
  {
    name: 'push approved',
    uid: 'nahlia.grevost',
    password: 'user-secret-5010',
    code: 0,
    methods: { password: yes, jumpcloud_protect: yes },
  },
  {
    name: 'push unanswered',
    uid: 'nahlia.grevost',
    password: 'user-secret-5010',
    state: { pushAnswer: 'ignore' },
    code: 49,
    methods: { password: yes, jumpcloud_protect: no },
  },
  {
    name: 'push not asked for with a wrong password',
    uid: 'nahlia.grevost',
    password: 'wrong',
    code: 49,
    methods: { password: no },
  },
  {
    name: 'not enrolled',
    uid: 'nahlia.grevost',
    password: 'user-secret-5010',
    state: { enrolled: { totp: false, push: false } },
    code: 49,
    methods: { password: yes },
  },
  {
    name: 'excluded from MFA by the bind switch',
    uid: 'yselda.mornwick',
    password: 'user-secret-5004',
    state: { bindDn: true },
    code: 0,
    methods: { password: yes },
  },
  {
    name: 'excluded from MFA for a time',
    uid: 'yselda.mornwick',
    password: 'user-secret-5004',
    state: { mfaExcludedUntil: 4e12 },
    code: 0,
    methods: { password: yes },
  },
];

t.test('each bind leaves an event with what became of its factors', async (t) => {
  for (const { name, uid, password, state, code, methods } of BINDS) {
    const { standIn, events, bind } = await fresh(t);
    if (state !== undefined) standIn.setState(uid, state);
    t.equal(await bind(uid, password), code, name);
    const found = await events('ldap');
    t.equal(found.length, 1, name);
    const [event] = found;
    t.match(
      event,
      { event_type: 'ldap_bind', username: uid.toLowerCase(), success: code === 0, error_code: code },
      name,
    );
    t.same(event?.auth_meta, { auth_methods: methods }, name);
    for (const field of Object.keys(event ?? {})) t.ok(LDAP_FIELDS.has(field), field);
    t.notMatch(JSON.stringify(event), password, 'no password in it');
  }
});

t.test('policies: deny wins, and none applies on the host without second factors', async (t) => {
  const { standIn, bind } = await fresh(t);
  standIn.setTenant({ policies: [{ name: 'No contractors', action: 'deny', groups: ['Engineering'] }] });
  t.equal(await bind('quillon.varrek', 'user-secret-5001'), 49);
  t.equal(await bind('tavian.bruskel', 'user-secret-5003'), 0, 'not in the group');
  standIn.setState('quillon.varrek', { bindDn: true });
  t.equal(await bind('quillon.varrek', 'user-secret-5001'), 0, 'excluded');
  standIn.setState('quillon.varrek', { bindDn: false });
  standIn.setTenant({ isMfaHost: false });
  t.equal(await bind('quillon.varrek', 'user-secret-5001'), 0);
  t.equal(await bind('yselda.mornwick', 'user-secret-5004'), 0);
  t.equal(await bind('yselda.mornwick', 'user-secret-5004,123456'), 49, 'a code that nobody reads');
});

t.test('each switch leaves its event', async (t) => {
  const { standIn, events } = await fresh(t);
  const uid = 'quillon.varrek';
  const user = { type: 'user', id: userId(uid), username: uid };
  const group = { type: 'user_group', id: groupId('Finance'), name: 'Finance' };
  const steps: [step: () => void, type: string, more: Json][] = [
    [() => standIn.setState(uid, { suspended: true }), 'user_suspended', { resource: user }],
    [() => standIn.setState(uid, { suspended: false }), 'user_unsuspended', { resource: user }],
    [() => standIn.setState(uid, { locked: true }), 'user_lockout', { resource: user }],
    [() => standIn.setState(uid, { locked: false }), 'user_unlocked', { resource: user }],
    [() => standIn.setState(uid, { passwordExpired: true }), 'user_password_expired', { resource: user }],
    [() => standIn.setState(uid, { passwordExpired: false }), 'user_password_set', { resource: user }],
    [() => standIn.setState(uid, { bindDn: true }), 'user_update', { resource: user, changes: [{ field: 'bindDn' }] }],
    [() => standIn.setState(uid, { mfaExcludedUntil: 4e12 }), 'user_update', { resource: user }],
    [() => standIn.setState(uid, { mfaExcludedUntil: undefined }), 'user_mfa_exclusion_expired', { resource: user }],
    [() => standIn.setPassword(uid, 'another'), 'user_password_change', { resource: user }],
    [() => standIn.setPassword(uid, 'a third', true), 'user_password_set', { resource: user }],
    [
      () => standIn.addToGroup('Finance', uid),
      'association_change',
      {
        association: {
          op: 'add',
          connection: { from: { object_id: group.id }, to: { type: 'user', object_id: user.id, name: uid } },
        },
      },
    ],
    [
      () => standIn.setState(uid, { inDirectory: false }),
      'association_change',
      { association: { op: 'remove', connection: { from: { object_id: user.id }, to: { object_id: SERVER_ID } } } },
    ],
    [() => standIn.setGroup('Finance', { isDynamic: true }), 'group_update', { resource: group }],
    [
      () => standIn.setGroup('Finance', { isInLdap: false }),
      'association_change',
      { association: { op: 'remove', connection: { from: { object_id: group.id } } } },
    ],
    [() => standIn.removeGroup('Finance'), 'group_delete', { resource: group }],
    [() => standIn.removePerson('tavian.bruskel'), 'user_delete', { resource: { username: 'tavian.bruskel' } }],
  ];
  for (const [step, type, more] of steps) {
    step();
    t.match((await events('directory')).at(-1), { event_type: type, service: 'directory', ...more }, type);
  }
  const { length } = await events('directory');
  standIn.setState(uid, { suspended: false, locked: false });
  standIn.setState(uid, { pushAnswer: 'ignore' });
  t.equal((await events('directory')).length, length, 'what changes nothing leaves none');
  t.notMatch(JSON.stringify(await events('directory')), /a third/);
});

t.test('an account that failed binds lock has its event, and opens when its time has come', async (t) => {
  let now = 1_800_000_000_000;
  const { standIn, events, bind } = await fresh(t, { lockoutThreshold: 2, now: () => now });
  standIn.setTenant({ lockout: { attempts: 2, lockedFor: 300, countedFor: 600 } });
  await bind('quillon.varrek', 'wrong');
  now += 600_000;
  await bind('quillon.varrek', 'wrong');
  t.equal(await bind('quillon.varrek', 'user-secret-5001'), 0, 'the count had restarted');
  await bind('quillon.varrek', 'wrong');
  await bind('quillon.varrek', 'wrong');
  t.equal(await bind('quillon.varrek', 'user-secret-5001'), 49);
  now += 300_000;
  t.equal(await bind('quillon.varrek', 'user-secret-5001'), 0);
  const types = (await events('directory')).map(({ event_type }) => event_type);
  t.same(
    types,
    ['user_unlocked', 'user_lockout', 'user_unlocked'],
    'the first one is the locked person of the beginning',
  );
});

t.test('events are found by service, time and term, and pages lead from one to the next', async (t) => {
  let now = Date.parse('2026-11-26T12:00:00Z');
  const { standIn, events } = await fresh(t, { now: () => now });
  for (let i = 0; i < 25; i++) {
    if (i % 3 === 0) now += 1000;
    standIn.setState('quillon.varrek', { suspended: i % 2 === 0 });
  }
  for (const sort of ['ASC', 'DESC']) {
    const seen: unknown[] = [];
    let after: readonly string[] | undefined;
    do {
      const query = {
        service: ['directory'],
        ...START,
        sort,
        limit: 10,
        ...(after === undefined ? {} : { search_after: after }),
      };
      const { body, headers } = await callConsole(standIn, URL_OF_EVENTS, query);
      seen.push(...(body as Json[]).map(({ id }) => id));
      const next = headers.get('x-search_after');
      after = next === null ? undefined : (JSON.parse(next) as unknown[]).map(String);
    } while (after !== undefined);
    t.equal(new Set(seen).size, 25, sort);
    t.equal(seen.length, 25, sort);
  }
  const count = async (query: Json) =>
    (await callConsole(standIn, `${URL_OF_EVENTS}/count`, { service: ['all'], ...START, ...query })).body;
  t.same(await count({}), { count: 25 });
  t.same(await count({ service: ['ldap'] }), { count: 0 });
  t.same(await count({ start_time: '2026-11-26T12:00:09Z' }), { count: 1 });
  t.same(await count({ end_time: '2026-11-26T12:00:01Z' }), { count: 3 });
  t.same(
    await count({
      search_term: { and: [{ event_type: 'user_suspended' }, { 'resource.username': 'quillon.varrek' }] },
    }),
    { count: 13 },
  );
  t.same(await count({ search_term: { or: [{ event_type: 'user_suspended' }, { event_type: 'user_unsuspended' }] } }), {
    count: 25,
  });
  t.same(await count({ search_term: { not: [{ event_type: 'user_suspended' }] } }), { count: 12 });
  t.same(
    await count({ search_term: { and: [{ 'resource.username': 'QUILLON.VARREK' }] } }),
    { count: 0 },
    'in lower case',
  );
  for (const wrong of [
    { service: [] },
    { start_time: 'yesterday' },
    { search_term: { and: [], or: [] } },
    { search_term: { and: [{ or: [] }] } },
    { search_term: { xor: [] } },
  ]) {
    const query = { service: ['all'], ...START, ...wrong };
    t.equal((await callConsole(standIn, URL_OF_EVENTS, query)).status, 400, JSON.stringify(wrong));
  }
  t.equal((await events('directory', { fields: ['event_type'] }))[0]?.timestamp, undefined);
});

t.test('events can come late, are bounded in number, and are in no plan without them', async (t) => {
  let now = 1_800_000_000_000;
  const { standIn, events } = await fresh(t, { now: () => now });
  standIn.console.events.delay = 30_000;
  standIn.setState('quillon.varrek', { suspended: true });
  t.same(await events('directory'), []);
  now += 30_000;
  t.match(await events('directory'), [{ timestamp: new Date(now - 30_000).toISOString() }]);
  standIn.console.events.delay = 0;
  for (let i = 0; i < 6000; i++) standIn.setState('quillon.varrek', { suspended: i % 2 === 1 });
  t.equal((await events('directory', { limit: 10_000 })).length, 5000);
  standIn.console.hasInsights = false;
  t.equal((await callConsole(standIn, URL_OF_EVENTS, { service: ['all'], ...START })).status, 403);
  const { body } = await callConsole(standIn, `/api/organizations/${standIn.orgId}`);
  t.match(body, { settings: { features: { directoryInsights: { enabled: false } } } });
});

t.test('a key or a token is asked for, of this organisation and with the permission', async (t) => {
  let now = 1_800_000_000_000;
  const { standIn } = await fresh(t, { now: () => now });
  const status = async (headers: Record<string, string>) =>
    (await callConsole(standIn, '/api/v2/ldapservers', undefined, headers)).status;
  const key = { 'x-api-key': standIn.apiKey };
  t.match(standIn.apiKey, /^jca_/);
  t.equal(await status(key), 200);
  t.equal(await status({ ...key, 'x-org-id': standIn.orgId }), 200);
  t.equal(await status({ ...key, 'x-org-id': '5f1c0a9e7b3d4c2a8e6f9d11' }), 401);
  t.equal(await status({}), 401);
  t.equal(await status({ 'x-api-key': 'jca_x' }), 401);
  t.equal(await askToken(standIn, 'wrong'), 401);
  const token = { authorization: `Bearer ${await askToken(standIn)}` };
  t.equal(await status(token), 200);
  now += 3_599_000;
  t.equal(await status(token), 200);
  now += 1000;
  t.equal(await status(token), 401, 'expired');
  const next = { authorization: `Bearer ${await askToken(standIn)}` };
  standIn.console.access.revokeTokens();
  t.equal(await status(next), 401, 'revoked');
  standIn.console.access.denied.add('ldap');
  t.equal(await status(key), 403);
  standIn.console.access.apiKey = 'jca_another';
  t.equal(await status(key), 401);
});

t.test('faults: as many as were asked for, of the calls that were meant, until it is healed', async (t) => {
  const { standIn } = await fresh(t);
  const path = '/api/v2/ldapservers';
  const call = () => callConsole(standIn, path);
  standIn.console.fail({ times: 1, answer: { status: 429, headers: { 'retry-after': '7' } } });
  const busy = await call();
  t.same([busy.status, busy.headers.get('retry-after')], [429, '7']);
  t.equal((await call()).status, 200);
  standIn.console.fail({ on: /^GET \/api\/v2\//, answer: { status: 503 } });
  t.equal((await call()).status, 503);
  t.equal((await callConsole(standIn, '/api/organizations')).status, 200);
  standIn.console.heal();
  t.equal((await call()).status, 200);
  for (const answer of ['half', 'garbage', 'drop'] as const) {
    standIn.console.fail({ times: 1, answer });
    await t.rejects(call(), answer);
  }
  standIn.console.fail({ times: 1, answer: 'hang' });
  await t.rejects(fetch(standIn.consoleUrl + path, { signal: AbortSignal.timeout(50) }), { name: 'TimeoutError' });
  standIn.console.fail({ times: 1, delay: 60 });
  const start = performance.now();
  await call();
  t.ok(performance.now() - start >= 59);
  standIn.console.fail({ times: 1, answer: { octets: 3_000_000 } });
  t.ok((await (await fetch(standIn.consoleUrl + path)).text()).length > 3_000_000);
  t.equal(standIn.console.calls.at(-1)?.path, path);
});

t.test('an unknown call of the API, or invalid JSON, is answered and does no harm', async (t) => {
  const { standIn } = await fresh(t);
  t.equal((await callConsole(standIn, '/api/v2/people')).status, 404);
  t.equal((await callConsole(standIn, '/api/v2/ldapservers', {})).status, 404);
  t.equal((await callConsole(standIn, '/api/systemusers/nobody')).status, 404);
  t.equal((await callConsole(standIn, '/api/search/systemusers', [])).status, 400);
  t.equal((await callConsole(standIn, '/api/search/systemusers', { filter: 'x' })).status, 400);
  const odd = await fetch(`${standIn.consoleUrl}//`);
  t.equal(odd.status, 404);
});

t.test('without it nothing listens, and asking for it says so', async (t) => {
  const standIn = await StandIn.start();
  t.teardown(() => standIn.stop());
  t.throws(() => standIn.consoleUrl, { message: 'started without { console: true }' });
});
