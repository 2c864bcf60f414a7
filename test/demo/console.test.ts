// The embedded JumpCloud's API: every call and answer is valid by the published specifications, and says what the LDAP side does.
import t, { type Test } from 'tap';
import type { ConsoleCall } from '../../src/demo/console/console.js';
import { groupId, policyId, SERVER_ID, userId } from '../../src/demo/console/ids.js';
import { ROUTES } from '../../src/demo/console/routes.js';
import { ORG_ID, type PersonState } from '../../src/demo/people.js';
import { StandIn, type StandInOptions } from '../../src/demo/stand-in.js';
import { Client } from '../support/client.js';
import { callConsole } from '../support/console-caller.js';
import { validateRequest, validateResponse } from '../support/jumpcloud-api.js';
import { READER, READER_PASSWORD, USERS, userDN } from './requests.js';

const QUILLON = userId('quillon.varrek');
const WAYK = groupId('wayk-users');

type Json = Record<string, unknown>;

const parsed = ({ headers, body }: ConsoleCall): unknown => {
  if (body === '') return undefined;
  return headers['content-type'] === 'application/json' ? JSON.parse(body) : body;
};

/** A stand-in of which each call is checked as it comes. */
async function fresh(t: Test, options: StandInOptions = {}) {
  const standIn = await StandIn.start({ console: true, ...options });
  t.teardown(() => standIn.stop());
  standIn.console.onCall = (call) => {
    const { method, path, query, status, answer } = call;
    t.same(validateRequest(method, path, query, parsed(call)), [], `${method} ${path}: the request`);
    if (status === 200 && path !== '/oauth2/token' && answer !== undefined) {
      t.same(validateResponse(method, path, answer), [], `${method} ${path}: the answer`);
    }
  };
  const ask = async (pathAndQuery: string, body?: unknown) => (await callConsole(standIn, pathAndQuery, body)).body;
  const list = async (pathAndQuery: string) => (await ask(pathAndQuery)) as Json[];
  const user = async (uid: string) => (await ask(`/api/systemusers/${userId(uid)}`)) as Json;
  const events = async (service: string, more: Json = {}) =>
    (await ask('/insights/directory/v1/events', {
      service: [service],
      start_time: '2020-01-01T00:00:00Z',
      sort: 'ASC',
      ...more,
    })) as Json[];
  const bind = async (uid: string, password: string) => {
    const client = await Client.open({ port: standIn.port, tls: true, ca: standIn.caPem });
    const { code } = await client.bind(userDN(uid), password);
    client.destroy();
    return code;
  };
  const inLdap = async (rdn: string) => {
    const client = await Client.open({ port: standIn.port, tls: true, ca: standIn.caPem });
    await client.bind(READER, READER_PASSWORD);
    const { entries } = await client.search({ base: USERS, filter: `(${rdn})` });
    client.destroy();
    return entries.length > 0;
  };
  return { standIn, ask, list, user, events, bind, inLdap };
}

const EVENTS = { service: ['ldap', 'directory'], start_time: '2020-01-01T00:00:00Z' };
const POLICY = { name: 'No contractors', action: 'deny', groups: ['Engineering'], exceptGroups: ['Finance'] } as const;

/** Each route at least once. */
const CALLS: readonly (readonly [path: string, body?: unknown])[] = [
  ['/api/search/systemusers', { filter: [{ username: 'quillon.varrek' }] }],
  [
    '/api/search/systemusers',
    { filter: { or: [{ username: 'x' }, { email: 'quillon.varrek@example.test' }] }, limit: 1 },
  ],
  ['/api/search/systemusers', { searchFilter: { searchTerm: 'QUILLON', fields: ['username'] }, fields: 'username' }],
  ['/api/systemusers?limit=100&skip=0&sort=-username&fields=username%20email'],
  ['/api/systemusers?filter=username:$eq:quillon.varrek'],
  [`/api/systemusers/${QUILLON}`],
  ['/api/organizations'],
  [`/api/organizations/${ORG_ID}`],
  ['/api/v2/ldapservers'],
  [`/api/v2/ldapservers/${SERVER_ID}`],
  [`/api/v2/ldapservers/${SERVER_ID}/users?limit=100`],
  [`/api/v2/ldapservers/${SERVER_ID}/usergroups`],
  [`/api/v2/ldapservers/${SERVER_ID}/sambadomains`],
  ['/api/v2/usergroups?filter=name:eq:VPN+(Full+Tunnel)&limit=100&sort=_id'],
  [`/api/v2/usergroups/${WAYK}`],
  [`/api/v2/usergroups/${WAYK}/ldapservers`],
  [`/api/v2/usergroups/${WAYK}/members?limit=100&skip=0`],
  [`/api/v2/usergroups/${WAYK}/membership?filter=type:eq:user&sort=_id`],
  [`/api/v2/users/${QUILLON}/ldapservers`],
  [`/api/v2/users/${QUILLON}/memberof?filter=object_id:eq:${WAYK}`],
  ['/api/v2/authn/policies?sort=_id&limit=100'],
  [`/api/v2/authn/policies/${policyId(POLICY.name)}`],
  ['/insights/directory/v1/events', EVENTS],
  [
    '/insights/directory/v1/events',
    { ...EVENTS, search_term: { and: [{ username: 'ada' }, { event_type: 'ldap_bind' }] }, sort: 'DESC', limit: 5 },
  ],
  ['/insights/directory/v1/events/count', EVENTS],
];

t.test('each call and each answer is valid by the specifications, in every state', async (t) => {
  const { standIn, bind } = await fresh(t, { pushDelay: 1 });
  const states: Partial<PersonState>[] = [
    {},
    { suspended: true, isDelegated: true },
    { staged: true, passwordNeverSet: true, mfaExcludedUntil: 2e12 },
    { locked: true, passwordExpired: true, passwordExpiresAt: 1.7e12, enrolled: { totp: true, push: true } },
  ];
  standIn.setTenant({ policies: [POLICY], lockout: { attempts: 5, lockedFor: 900, countedFor: 1800 } });
  for (const state of states) {
    standIn.setState('quillon.varrek', state);
    standIn.setGroup('wayk-users', { isDynamic: state.suspended === true, ldapName: 'wayk' });
    await bind('quillon.varrek', 'user-secret-5001');
    for (const [path, body] of CALLS) t.equal((await callConsole(standIn, path, body)).status, 200, path);
  }
  for (const { method, path } of ROUTES) {
    const called = standIn.console.calls.filter((call) => call.method === method && path.test(call.path));
    t.ok(called.length >= states.length, `${method} ${path.source} was called`);
  }
});

t.test('a wrong field, type, path or parameter is an error', async (t) => {
  const { user } = await fresh(t);
  const record = await user('quillon.varrek');
  const path = `/api/systemusers/${QUILLON}`;
  const none = new URLSearchParams();
  t.same(validateResponse('GET', path, record), []);
  t.same(validateResponse('GET', path, { ...record, delegatedAuthority: null, account_locked_date: null }), []);
  const wrong: Json[] = [
    { accountLocked: true },
    { suspended: 'true' },
    { state: 'ACTIVE' },
    { username: null },
    { mfa: { exclusionUntil: 'tomorrow' } },
    { mfaEnrollment: { totpStatus: 'YES' } },
  ];
  for (const field of wrong)
    t.not(validateResponse('GET', path, { ...record, ...field }).length, 0, JSON.stringify(field));
  t.not(
    validateResponse('POST', '/api/search/systemusers', { results: [{ ...record }] }).length,
    0,
    'delegatedAuthority is in no search',
  );
  t.not(validateResponse('GET', `/api/v2/users/${QUILLON}/ldapservers`, [{ id: 'x', type: 'ldap_server' }]).length, 0);
  t.not(validateResponse('GET', `/api/v2/usergroups/${WAYK}`, { id: 'x', members: [] }).length, 0);
  t.not(validateResponse('POST', '/insights/directory/v1/events/count', { count: 1.5 }).length, 0);
  t.not(validateResponse('GET', '/api/v2/people', []).length, 0, 'an unknown path');

  const requests: [method: string, path: string, query: string, body?: unknown][] = [
    ['GET', '/api/v2/people', ''],
    ['DELETE', path, ''],
    ['GET', '/api/v2/usergroups', 'name=wayk-users'],
    ['GET', '/api/v2/usergroups', 'limit=1000'],
    ['GET', '/api/v2/usergroups', 'limit=ten'],
    ['GET', '/api/v2/usergroups', 'skip=-1'],
    ['GET', '/api/v2/usergroups', 'filter=name:$eq:wayk-users'],
    ['GET', '/api/v2/usergroups', '', {}],
    ['GET', `/api/v2/usergroups/${WAYK}/members`, 'sort=_id'],
    ['GET', '/api/systemusers', 'filter=username:eq:ada'],
    ['POST', '/api/search/systemusers', '', { filter: 'ada' }],
    ['POST', '/api/search/systemusers', '', { filters: [] }],
    ['POST', '/insights/directory/v1/events', '', { service: ['ldap'] }],
    ['POST', '/insights/directory/v1/events', '', { ...EVENTS, service: ['LDAP'] }],
    ['POST', '/insights/directory/v1/events', '', { ...EVENTS, start_time: 'yesterday' }],
    ['POST', '/insights/directory/v1/events', '', { ...EVENTS, search_after: [1, 'x'] }],
    ['POST', '/insights/directory/v1/events', '', { ...EVENTS, order: 'DESC' }],
    ['POST', '/insights/directory/v1/events', '', { ...EVENTS, search_term: { and: ['ada'] } }],
    ['POST', '/oauth2/token', '', 'grant_type=password&scope=api'],
  ];
  for (const [method, where, query, body] of requests) {
    const faults = validateRequest(method, where, new URLSearchParams(query), body);
    t.not(faults.length, 0, `${method} ${where} ${query} ${JSON.stringify(body)}`);
  }
  t.same(validateRequest('GET', path, none, undefined), []);
});

t.test('switches show in the record', async (t) => {
  const { standIn, user } = await fresh(t);
  const rows: [state: Partial<PersonState>, fields: Json][] = [
    [{ suspended: true }, { state: 'SUSPENDED', suspended: true, activated: true }],
    [{ staged: true }, { state: 'STAGED', activated: false }],
    [{ passwordNeverSet: true }, { state: 'ACTIVATED', activated: false }],
    [
      { locked: true, lockedAt: 1e12 },
      { account_locked: true, account_locked_date: '2001-09-09T01:46:40.000Z' },
    ],
    [{ passwordExpired: true }, { password_expired: true }],
    [{ passwordExpiresAt: 1e12 }, { password_expired: true, password_expiration_date: '2001-09-09T01:46:40.000Z' }],
    [{ passwordNeverExpires: true }, { password_never_expires: true, password_expiration_date: null }],
    [{ isDelegated: true }, { delegatedAuthority: { name: 'ActiveDirectory' } }],
    [{ bindDn: true }, { ldap_binding_user: true }],
    [{ mfa: 'code' }, { mfaEnrollment: { totpStatus: 'ENROLLED', pushStatus: 'NOT_ENROLLED' } }],
    [{ mfa: 'push' }, { mfaEnrollment: { overallStatus: 'ENROLLED', pushStatus: 'ENROLLED' } }],
    [{ mfaExcludedUntil: 2e12 }, { mfa: { exclusion: true, exclusionUntil: '2033-05-18T03:33:20.000Z' } }],
  ];
  const rest = await user('quillon.varrek');
  t.match(rest, {
    state: 'ACTIVATED',
    activated: true,
    suspended: false,
    account_locked_date: null,
    delegatedAuthority: null,
  });
  for (const [state, fields] of rows) {
    standIn.setState('quillon.varrek', state);
    t.match(await user('quillon.varrek'), fields, JSON.stringify(state));
    const off = Object.fromEntries(Object.keys(state).map((key) => [key, undefined]));
    standIn.setState('quillon.varrek', off);
    t.same(await user('quillon.varrek'), rest, 'and back');
  }
});

t.test('IDs are the same in each run, 24 hexadecimal digits, and one for each', async (t) => {
  const [one, other] = [await fresh(t), await fresh(t)];
  const ids = async ({ list }: typeof one) =>
    (await list(`/api/v2/ldapservers/${SERVER_ID}/users?limit=100`)).map(({ id }) => id);
  const all = await ids(one);
  t.same(all, await ids(other));
  t.equal(new Set(all).size, 16);
  for (const id of all) t.match(id, /^[0-9a-f]{24}$/);
});

t.test('pages have ten unless asked, and a hundred at most', async (t) => {
  const { standIn, list } = await fresh(t);
  for (let i = 0; i < 120; i++) {
    const uid = `crowd.${i}`;
    standIn.addPerson({ uid, givenName: 'C', sn: 'R', number: 100 + i, password: 'x', state: {} });
    standIn.addToGroup('Finance', uid);
  }
  const path = `/api/v2/usergroups/${groupId('Finance')}/members`;
  standIn.console.onCall = () => {};
  t.equal((await list(path)).length, 10);
  t.equal((await list(`${path}?limit=1000`)).length, 100);
  const pages = [await list(`${path}?limit=100`), await list(`${path}?limit=100&skip=100`)];
  t.same(
    pages.map((page) => page.length),
    [100, 22],
  );
  t.equal(new Set(pages.flat().map(({ to }) => (to as Json).id)).size, 122);
  t.equal((await callConsole(standIn, `${path}?skip=x`)).status, 400);
  t.equal((await callConsole(standIn, '/api/v2/usergroups?filter=name')).status, 400);
});

t.test('a name is found as it is written, and with a wild card', async (t) => {
  const { list } = await fresh(t);
  const named = async (value: string) =>
    (await list(`/api/v2/usergroups?filter=name:eq:${encodeURIComponent(value)}`)).map(({ name }) => name);
  t.same(await named('wayk-users'), ['wayk-users']);
  t.same(await named('WAYK-users'), []);
  t.same(await named('VPN (Full Tunnel)'), ['VPN (Full Tunnel)']);
  t.same(await named('Fin*'), ['Finance']);
  t.same(await named('.*'), []);
});

t.test('bindings: directly, through groups that are bound, and not at all', async (t) => {
  const { standIn, list, inLdap } = await fresh(t);
  const through = async () => {
    const found = await list(`/api/v2/users/${QUILLON}/ldapservers`);
    const paths = (found[0]?.paths ?? []) as { to: Json }[][];
    return paths.map((path) => path.map(({ to }) => to.id));
  };
  const engineering = groupId('Engineering');
  t.same(await through(), [[SERVER_ID], [WAYK, SERVER_ID], [engineering, SERVER_ID]]);
  standIn.setState('quillon.varrek', { boundDirectly: false });
  t.same(await through(), [
    [WAYK, SERVER_ID],
    [engineering, SERVER_ID],
  ]);
  standIn.setGroup('Engineering', { isInLdap: false });
  t.same(await list(`/api/v2/usergroups/${engineering}/ldapservers`), []);
  t.notOk(await inLdap('cn=Engineering'));
  t.ok(await inLdap('uid=quillon.varrek'));
  standIn.setGroup('wayk-users', { isInLdap: false });
  t.same(await through(), []);
  t.notOk(await inLdap('uid=quillon.varrek'));
  standIn.setGroup('wayk-users', { isInLdap: true, ldapName: 'wayk' });
  t.ok(await inLdap('cn=wayk'));
  t.notOk(await inLdap('cn=wayk-users'));
  t.match(await list('/api/v2/usergroups?filter=name:eq:wayk-users'), [
    { attributes: { ldapGroups: [{ name: 'wayk' }] } },
  ]);
  standIn.setState('quillon.varrek', { inDirectory: false });
  t.same(await through(), []);
  t.notOk(await inLdap('uid=quillon.varrek'));
});

t.test('staged people are not in LDAP, and locked and expired ones vanish where the console says so', async (t) => {
  const { standIn, inLdap, list } = await fresh(t);
  const there = async () =>
    Promise.all(['philo.estrande', 'daxon.wyrmell', 'quillon.varrek'].map((uid) => inLdap(`uid=${uid}`)));
  t.same(await there(), [true, true, true]);
  standIn.setTenant({ ldap: { name: 'jumpcloud', onLockout: 'remove', onExpiry: 'disable' } });
  t.same(await there(), [false, true, true]);
  standIn.setTenant({ ldap: { name: 'jumpcloud', onLockout: 'remove', onExpiry: 'remove' } });
  t.same(await there(), [false, false, true]);
  t.match(await list('/api/v2/ldapservers'), [{ userLockoutAction: 'remove', userPasswordExpirationAction: 'remove' }]);
  standIn.setState('philo.estrande', { locked: false });
  standIn.setState('quillon.varrek', { staged: true });
  t.same(await there(), [true, false, false]);
});

t.test('still processing: the API knows already what LDAP does not', async (t) => {
  const { standIn, list, inLdap } = await fresh(t);
  const isMember = async () =>
    (await list(`/api/v2/users/${userId('emrick.solvane')}/memberof`)).some(({ id }) => id === WAYK);
  const memberOf = `&(uid=emrick.solvane)(memberOf=cn=wayk-users,${USERS})`;
  standIn.holdBack(true);
  standIn.addToGroup('wayk-users', 'emrick.solvane');
  standIn.setState('kessia.tolbrand', { inDirectory: false });
  t.same([await isMember(), await inLdap(memberOf), await inLdap('uid=kessia.tolbrand')], [true, false, true]);
  standIn.holdBack(false);
  t.same([await isMember(), await inLdap(memberOf), await inLdap('uid=kessia.tolbrand')], [true, true, false]);
});
