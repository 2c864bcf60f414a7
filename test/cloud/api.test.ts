// The client of JumpCloud's API in front of the embedded one: what it asks is what the published specifications know, and what it reads is so.
import t, { type Test } from 'tap';
import { JumpCloudApi } from '../../src/cloud/api.js';
import type { Access } from '../../src/cloud/client/credentials.js';
import type { Fetch } from '../../src/cloud/client/exchange.js';
import { groupId, SERVER_ID, userId } from '../../src/demo/console/ids.js';
import { StandIn } from '../../src/demo/stand-in.js';
import { userDN } from '../demo/requests.js';
import { Client } from '../support/client.js';
import { validateRequest, validateResponse } from '../support/jumpcloud-api.js';

async function site(t: Test, kind: Access['kind'] = 'key') {
  const standIn = await StandIn.start({ console: true, pushDelay: 1 });
  t.teardown(() => standIn.stop());
  const faults: string[] = [];
  standIn.console!.onCall = ({ method, path, query, body, status, answer }) => {
    if (path === '/oauth2/token') return;
    faults.push(...validateRequest(method, path, query, method === 'GET' ? undefined : JSON.parse(body)));
    if (status === 200) faults.push(...validateResponse(method, path, answer));
  };
  const { console: urls } = { console: standIn.console!.urls };
  const hidden = (value: string) => ({ reveal: () => value });
  const access: Access =
    kind === 'key'
      ? { kind, key: hidden(standIn.apiKey) }
      : { kind, clientId: standIn.clientId, clientSecret: hidden(standIn.clientSecret), tokenUrl: urls.token };
  const api = new JumpCloudApi(urls, {
    access,
    fetch: fetch as unknown as Fetch,
    clock: () => performance.now(),
    random: Math.random,
    pause: async () => {},
  });
  t.teardown(() => api.stop());
  return { standIn, api, faults };
}

async function pagesOf<Page>(pages: AsyncIterable<Page>): Promise<Page[]> {
  const all: Page[] = [];
  for await (const page of pages) all.push(page);
  return all;
}

for (const kind of ['key', 'client'] as const)
  t.test(`with a ${kind}, each question is one that the specifications know, and its answer is read`, async (t) => {
    const { standIn, api, faults } = await site(t, kind);
    const ada = await api.user('check', 'quillon.varrek');
    t.match(ada, {
      ...{ id: userId('quillon.varrek'), username: 'quillon.varrek', email: 'quillon.varrek@example.test' },
      ...{ state: 'activated', isActivated: true, isSuspended: false, isLocked: false, isPasswordExpired: false },
      isBindUser: false,
    });
    t.equal(await api.user('check', 'nobody.at.all'), undefined);
    t.equal(await api.user('check', 'quillon.varrek@example.test'), undefined);
    t.match(await api.user('check', 'quillon.varrek@example.test', true), { username: 'quillon.varrek' });
    t.match(await api.user('check', 'emrick.solvane'), { state: 'suspended', isSuspended: true });
    t.match(await api.user('check', 'philo.estrande'), { isLocked: true, lockedAt: Number });
    t.match(await api.user('check', 'daxon.wyrmell'), { isPasswordExpired: true });
    t.match(await api.user('check', 'ldap-reader'), { isBindUser: true });
    t.match(await api.userById('check', userId('nahlia.grevost')), { username: 'nahlia.grevost' });
    t.equal(await api.userById('check', 'f'.repeat(24)), undefined);
    t.match(await api.ldapServers('check'), [{ id: SERVER_ID, onExpiry: /disable|remove/ }]);
    t.match(await api.bindingsOfUser('check', userId('quillon.varrek')), [{ serverId: SERVER_ID }]);
    t.match(await api.groupNamed('check', 'wayk-users'), { id: groupId('wayk-users'), name: 'wayk-users' });
    t.match(await api.groupNamed('check', 'VPN (Full Tunnel)'), { id: groupId('VPN (Full Tunnel)') });
    t.equal(await api.groupNamed('check', 'wayk*'), undefined);
    t.equal(await api.groupNamed('check', 'wayk-users,name:eq:Finance'), undefined);
    t.match(await api.bindingsOfGroup('check', groupId('wayk-users')), [{ serverId: SERVER_ID }]);
    t.ok((await api.groupsOfUser('check', userId('quillon.varrek'))).includes(groupId('wayk-users')));
    const members = (await pagesOf(api.membersOfGroup('check', groupId('wayk-users')))).flat();
    t.ok(members.includes(userId('quillon.varrek')) && !members.includes(userId('corvane.thessly')));
    const users = await pagesOf(api.users('check'));
    t.match(
      users.flatMap((page) => page.users).find(({ id }) => id === userId('quillon.varrek')),
      { username: 'quillon.varrek', state: 'activated' },
    );
    t.equal(users.at(-1)?.next, undefined);
    t.equal(users[0]?.total, users.flatMap((page) => page.users).length);
    const bound = (await pagesOf(api.usersOfServer('check', SERVER_ID))).flat();
    t.ok(bound.includes(userId('quillon.varrek')));
    t.type(await api.ldapPolicies('check'), Array);
    standIn.setTenant({ lockout: { attempts: 4, lockedFor: 900, countedFor: 600 } });
    t.same(await api.lockout('check'), { attempts: 4, lockedFor: 900, countedFor: 600 });
    const client = await Client.open({ port: standIn.port, tls: true, ca: standIn.caPem });
    await client.bind(userDN('quillon.varrek'), 'wrong');
    client.destroy();
    const query = { services: ['ldap'], since: Date.now() - 60_000, newestFirst: true, limit: 5 };
    const { events } = await api.events('reason', { ...query, username: 'Quillon.Varrek', types: ['ldap_bind'] });
    t.match(events[0], { type: 'ldap_bind', username: 'quillon.varrek', success: false, factors: { password: false } });
    t.same(faults, []);
    t.equal(api.health.lastFault, undefined);
  });

t.test('events are paged, and none is lost or told twice', async (t) => {
  const { standIn, api, faults } = await site(t);
  const since = Date.now() - 60_000;
  const client = await Client.open({ port: standIn.port, tls: true, ca: standIn.caPem });
  for (let i = 0; i < 7; i++) await client.bind(userDN('quillon.varrek'), `wrong ${i}`);
  client.destroy();
  const seen: string[] = [];
  let after: readonly string[] | undefined;
  do {
    const page = await api.events('revocation', {
      ...{ services: ['ldap'], since, newestFirst: false, limit: 2 },
      ...(after === undefined ? {} : { after }),
    });
    t.ok(Math.abs((page.answeredAt ?? 0) - Date.now()) < 60_000, 'with the time');
    seen.push(...page.events.map(({ id }) => id));
    after = page.next;
  } while (after !== undefined);
  t.equal(seen.length, 7);
  t.equal(new Set(seen).size, 7);
  t.same(faults, []);
});

t.test('a refused request is not repeated for a while; a token that was withdrawn is requested again', async (t) => {
  const { standIn, api } = await site(t, 'client');
  await api.ldapServers('check');
  standIn.console!.access.revokeTokens();
  t.equal((await api.ldapServers('check')).length, 1, 'with a new token');
  standIn.console!.access.clientSecret = 'another';
  standIn.console!.access.revokeTokens();
  const before = standIn.console!.calls.length;
  for (let i = 0; i < 5; i++) t.match(await api.ldapServers('check').catch(String), /CloudError: .*(401|refused)/);
  t.ok(standIn.console!.calls.length - before <= 2, 'the token once, the list once');
  t.equal(api.health.isStopped, true);
  t.notMatch(api.health.lastError, /another|secret-/);
});

t.test('a plan without Directory Insights stops nothing else', async (t) => {
  const { standIn, api } = await site(t);
  standIn.console!.hasInsights = false;
  const query = { services: ['ldap'], since: 0, newestFirst: true, limit: 5 };
  t.match(await api.events('revocation', query).catch((error: unknown) => error), { fault: 'no-plan' });
  t.equal((await api.ldapServers('check')).length, 1);
});
