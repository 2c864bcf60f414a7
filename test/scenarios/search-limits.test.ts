// A real OpenLDAP server that ends the reader's searches early: everybody is still found, by as many entries as there are members.
import { readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import t, { type Test } from 'tap';
import { runCli } from '../../src/cli/cli.js';
import { makeAuthority } from '../../src/demo/certificate.js';
import { ORG_ID, READER } from '../../src/demo/people.js';
import { Client } from '../support/client.js';
import { crowd, crowdMember, MANAGER } from '../support/crowded-openldap.js';
import { directory, OpenLDAP, tool, withoutOpenLDAP } from '../support/openldap.js';
import { BASE, eventually, type RunningProxy, startProxy, USERS, userDN } from '../support/proxy.js';

const MEMBERS = 1200;
const service = { dn: `cn=app,${BASE}`, password: 'app-secret-7001' };

async function start(
  t: Test,
  lines: string,
  settings: Record<string, unknown> = {},
  groups: string[] = [],
  members = MEMBERS,
) {
  const server = await OpenLDAP.start(t.testdir(), await makeAuthority(), crowd(members, lines, groups));
  const upstream = {
    url: server.url,
    caPem: readFileSync(server.caFile, 'utf8'),
    orgId: ORG_ID,
    reader: { dn: directory.userDN(READER.uid), password: READER.password },
  } as const;
  const local = { baseDN: BASE, serviceAccounts: [service] };
  const proxy = await startProxy(upstream, { local, ...settings }, false);
  t.teardown(async () => {
    await proxy.stop();
    await server.kill();
  });
  return { server, proxy };
}

async function uids({ url }: RunningProxy, filter = '(uid=*)'): Promise<string[]> {
  const args = ['-x', '-LLL', '-o', 'ldif-wrap=no', '-H', url, '-D', service.dn, '-w', service.password];
  const { out } = await tool('ldapsearch', [...args, '-b', USERS, filter, 'uid']);
  return [...out.matchAll(/^uid: (.*)$/gm)].map(([, uid]) => uid ?? '').sort();
}

async function bindCode({ url }: RunningProxy, name: string, password: string): Promise<number> {
  const client = await Client.open(url);
  try {
    return (await client.bind(name, password)).code;
  } finally {
    client.destroy();
  }
}

const change = (server: OpenLDAP, ldif: string) =>
  tool(
    'ldapmodify',
    ['-x', '-H', `ldap://127.0.0.1:${server.clearPort}`, '-D', MANAGER.dn, '-w', MANAGER.password],
    undefined,
    ldif,
  );

/** What `jumpgate check` says of this server. */
async function check(server: OpenLDAP) {
  const settings = {
    'listen.ldap': '127.0.0.1:0',
    'ops.http': 'false',
    'upstream.urls': server.url,
    'upstream.caFile': server.caFile,
    'upstream.orgId': ORG_ID,
    'upstream.reader.dn': directory.userDN(READER.uid),
    'upstream.reader.password': READER.password,
  };
  const set = Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const code = await runCli(['check', '--json', ...set], { env: {}, stdin, stdout, stderr });
  const { steps } = JSON.parse(String(stdout.read())) as {
    steps: { step: string; status: string; detail: string; remedy?: string }[];
  };
  return { code, steps, step: (name: string) => steps.filter(({ step }) => step === name) };
}

const listed = (proxy: RunningProxy) => proxy.log.filter((line) => line.includes('mirror: read"')).length;

/** Entries that one refresh takes, and the codes of its searches. */
async function oneRefresh(server: OpenLDAP, proxy: RunningProxy) {
  const [searches, reads] = [server.searches().length, listed(proxy)];
  await eventually(() => listed(proxy) > reads);
  await eventually(() => listed(proxy) > reads + 1);
  const later = server.searches().slice(searches);
  return { entries: later.reduce((sum, { entries }) => sum + entries, 0), codes: later.map(({ code }) => code) };
}

t.test('against OpenLDAP', { skip: withoutOpenLDAP }, async (t) => {
  await t.test(
    'sizelimit 500 and 1,200 members: all are found and get in, who leaves is gone, who comes is there',
    async (t) => {
      const { server, proxy } = await start(t, 'sizelimit 500', { directory: { refresh: '1s' } });
      await eventually(() => proxy.app.readiness().ready);
      const { snapshot, upstream } = proxy.app.readiness();
      t.equal(snapshot.members, MEMBERS + 9);
      t.match(upstream, { reachable: true, searchLimit: /ended a search at 500 entries/ });
      t.equal((await uids(proxy)).length, MEMBERS + 9);
      for (const index of [0, 499, 500, 777, MEMBERS - 1]) {
        const { uid, password } = crowdMember(index);
        t.equal(await bindCode(proxy, userDN(uid), password), 0, uid);
        t.equal(await bindCode(proxy, userDN(uid), 'wrong'), 49, uid);
      }
      t.equal(await bindCode(proxy, service.dn, service.password), 0);
      t.equal(await bindCode(proxy, userDN('corvane.thessly'), 'user-secret-5005'), 49, 'not a member');

      const { entries, codes } = await oneRefresh(server, proxy);
      t.ok(
        codes.every((code) => code === 0),
        'nothing is asked for in vain',
      );
      t.ok(entries < 2.2 * MEMBERS, `two refreshes at most: ${entries}`);
      t.equal(
        proxy.log.filter((line) => line.includes('ends searches early')).length,
        1,
        'one line, however often it is read',
      );

      const [leaver, joiner] = [crowdMember(7).uid, 'corvane.thessly'];
      const group = `cn=wayk-users,${directory.usersDN}`;
      const changed = await change(
        server,
        `dn: ${group}\nchangetype: modify\ndelete: member\nmember: ${directory.userDN(leaver)}\n-\nadd: member\nmember: ${directory.userDN(joiner)}\n\n` +
          `dn: ${directory.userDN(leaver)}\nchangetype: modify\ndelete: memberOf\nmemberOf: ${group}\n\n` +
          `dn: ${directory.userDN(joiner)}\nchangetype: modify\nadd: memberOf\nmemberOf: ${group}\n`,
      );
      t.equal(changed.code, 0, changed.err);
      await eventually(async () => {
        const there = await uids(proxy, `(|(uid=${leaver})(uid=${joiner}))`);
        return there.length === 1 && there[0] === joiner;
      });
      t.equal(await bindCode(proxy, userDN(leaver), crowdMember(7).password), 49);
      t.equal(await bindCode(proxy, userDN(joiner), 'user-secret-5005'), 0);
    },
  );

  for (const [limit, text] of [
    ['limits users size.pr=100', /refused a search that costs more/],
    ['limits users size.prtotal=disabled', /refused a search that costs more/],
    ['limits users size=30', /ended a search at 30 entries/],
    ['limits users size.unchecked=400', /refused a search that costs more/],
  ] as const)
    await t.test(`${limit}: all are read in parts that are small enough`, async (t) => {
      const { proxy } = await start(t, limit, {}, [], 600);
      await eventually(() => proxy.app.readiness().ready);
      t.equal(proxy.app.readiness().snapshot.members, 609);
      t.match(proxy.app.readiness().upstream.searchLimit, text);
    });

  for (const [limit, rights] of [
    ['limits users size.unchecked=8', { status: 'warning', detail: /11 adminLimitExceeded/, remedy: /size=unlimited/ }],
    ['limits users size=2', { status: 'ok' }],
    ['limits users size=30', { status: 'ok' }],
  ] as const)
    await t.test(`${limit}: check works where serve works, and names the limit with its remedy`, async (t) => {
      const { server, proxy } = await start(t, limit, {}, [], 60);
      await eventually(() => proxy.app.readiness().ready);
      const { code, steps, step } = await check(server);
      t.equal(code, 0, JSON.stringify(steps, undefined, 1));
      t.match(step('reader rights'), [rights]);
      t.match(step('group'), [{ status: 'ok', detail: /69 members/ }]);
      t.match(step('members'), [{ status: 'ok', detail: /^69 / }]);
      t.match(
        step('members').filter(({ remedy }) => remedy?.includes('size=unlimited')),
        [{ status: 'warning' }],
      );
      t.notOk(
        steps.some(({ remedy }) => remedy?.includes('Enable as LDAP Bind DN')),
        'a limit is not a missing right',
      );
      t.notOk(
        steps.some(({ status }) => status === 'skipped'),
        'nothing is left out',
      );
    });

  await t.test(
    'more groups than a search may bring, and everybody in the directory, are read by prefixes',
    async (t) => {
      const groups = Array.from({ length: 150 }, (_, i) => `Group ${i}`);
      const odd = ['Ärzte', '(Führung)', '*', 'group', 'g'];
      const { proxy } = await start(t, 'sizelimit 60', { group: { everyone: true } }, [...groups, ...odd], 200);
      await eventually(() => proxy.app.readiness().ready);
      t.ok((await uids(proxy)).includes(crowdMember(199).uid));
      t.equal(proxy.app.readiness().snapshot.members, 216);
      const args = ['-x', '-LLL', '-H', proxy.url, '-D', service.dn, '-w', service.password, '-b', BASE];
      const { out } = await tool('ldapsearch', [...args, '(member=*)', '1.1']);
      for (const cn of ['wayk-users', 'Group 0', 'Group 149', 'group', 'g', '\\2a'])
        t.ok(out.includes(`dn: cn=${cn.replace('\\2a', '*')},`), cn);
      t.equal(out.match(/^dn::? /gm)?.length, 150 + odd.length + 4 + 0);
    },
  );

  await t.test(
    'while the list cannot be read at all, members log in by look-ups, and it is not asked for all the time',
    async (t) => {
      const { server, proxy } = await start(t, '', { directory: { refresh: '5s', limits: { entries: 300 } } }, [], 600);
      await eventually(() => proxy.app.readiness().upstream.lastError !== undefined);
      t.match(proxy.app.readiness(), {
        ready: false,
        upstream: { reachable: true, lastError: /directory\.limits\.entries/ },
      });
      for (const index of [0, 1, 300, 599]) {
        const { uid, password } = crowdMember(index);
        t.equal(await bindCode(proxy, userDN(uid), password), 0, uid);
        t.equal(await bindCode(proxy, userDN(uid), 'wrong'), 49, uid);
      }
      t.equal(await bindCode(proxy, service.dn, service.password), 0);
      t.equal(await bindCode(proxy, userDN('corvane.thessly'), 'user-secret-5005'), 49, 'not a member');
      const whole = server.searches().filter(({ entries }) => entries > 250);
      t.ok(whole.length <= 2, `${whole.length} reads`);
    },
  );
});
