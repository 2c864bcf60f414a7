// Where apps have names, all reports of operations name the app; where they have none, no report does.
import fc from 'fast-check';
import t from 'tap';
import { operationLines } from '../../src/cli/watch-text.js';
import { ClientProfiles } from '../../src/ops/learn/client-profile.js';
import type { OperationRecord } from '../../src/ops/telemetry/recent-operations.js';
import { Tallies } from '../../src/ops/telemetry/tally.js';
import { searchRequest } from '../support/client.js';
import { OpsPort } from '../support/ops.js';

const samplesIn = (text: string) =>
  text.split('\n').filter((line) => /^jumpgate_(operation|bind_local|verdict_r)/.test(line));
const plain = (_colour: string, text: string) => text;

t.test('metrics: a label for each app, from the start; what is of none has no label', async (t) => {
  const ops = await OpsPort.start(t);
  ops.telemetry.apps = ['wiki', 'chat'];
  const before = samplesIn((await ops.ask('/metrics')).body);
  t.ok(before.includes('jumpgate_operation_duration_seconds_count{app="wiki",type="bind"} 0'));
  t.ok(before.every((line) => line.includes('app="')));
  ops.operation('uid=ada', { app: 'wiki', recall: 'hit' });
  ops.operation('uid=ada', { app: 'wiki', code: 49, reason: 'wrong-password', recall: 'miss' });
  ops.operation('uid=ada', { app: 'chat' });
  ops.operation('', { operation: 'search' });
  const lines = samplesIn((await ops.ask('/metrics')).body);
  for (const line of [
    'jumpgate_operations_total{app="wiki",type="bind",code="0",reason="ok"} 1',
    'jumpgate_operations_total{app="wiki",type="bind",code="49",reason="wrong-password"} 1',
    'jumpgate_operations_total{app="chat",type="bind",code="0",reason="ok"} 1',
    'jumpgate_operations_total{type="search",code="0",reason="ok"} 1',
    'jumpgate_operation_duration_seconds_count{app="wiki",type="bind"} 2',
    'jumpgate_operation_duration_seconds_count{type="other"} 1',
    'jumpgate_bind_local_duration_seconds_count{app="chat"} 1',
    'jumpgate_verdict_recalls_total{app="wiki",result="hit"} 1',
  ])
    t.ok(lines.includes(line), line);
  const page = (await ops.ask('/')).body;
  t.match(page, /<dt>Since the start<\/dt><dd><b>3<\/b>/, 'the page sums up');
  t.match(page, />From cache<\/dt><dd><b>50 %/);
});

t.test('metrics without named apps have no label', async (t) => {
  const ops = await OpsPort.start(t);
  ops.operation('uid=ada', { recall: 'hit' });
  t.notMatch((await ops.ask('/metrics')).body, /app=/);
  t.ok(
    samplesIn((await ops.ask('/metrics')).body).includes('jumpgate_operation_duration_seconds_count{type="other"} 0'),
  );
});

t.test(
  'however apps come and go, few are counted separately, those that are configured always, and all in all',
  async () => {
    const names = fc.array(
      fc.integer({ min: 0, max: 200 }).map((n) => `app${n}`),
      { maxLength: 64 },
    );
    fc.assert(
      fc.property(fc.array(names, { maxLength: 12 }), (configurations) => {
        const tallies = new Tallies();
        for (const configured of configurations) {
          const apps = [...new Set(configured)];
          tallies.expect(apps);
          const named = tallies.all().map(([app]) => app);
          if (named.length > 65 || !apps.every((app) => named.includes(app))) return false;
          for (const app of apps) if (tallies.of(app) === tallies.unnamed) return false;
          tallies.of('never configured').recalls.hits++;
        }
        return true;
      }),
    );
  },
);

t.test('/operations and the page know the app, and look for it', async (t) => {
  const ops = await OpsPort.start(t);
  ops.operation('uid=none');
  t.notMatch(
    (await ops.ask('/')).body,
    /class="apps"|class="app"|class="heads apps"|<dt>App/,
    'without apps there is no column',
  );
  ops.telemetry.apps = ['wiki', 'chat'];
  ops.operation('uid=ada', { app: 'wiki' });
  ops.operation('uid=cid', { app: 'chat' });
  const found = async (query: string) => {
    const { operations } = JSON.parse((await ops.ask(`/operations?${query}`)).body) as {
      operations: OperationRecord[];
    };
    return operations.map(({ target, app }) => `${target} ${app ?? '-'}`);
  };
  t.same(await found('app=wiki'), ['uid=ada wiki']);
  for (const path of ['/operations?app=wik', '/events?app=wik']) {
    const { status, body } = await ops.ask(path);
    t.equal(status, 400, 'by its whole name');
    t.same(JSON.parse(body), { error: 'there is no app "wik"; there is wiki, chat' });
  }
  t.same(await found('q=chat'), ['uid=cid chat']);
  t.same(await found(''), ['uid=cid chat', 'uid=ada wiki', 'uid=none -']);
  const page = (await ops.ask('/')).body;
  t.match(page, /<summary class="apps">[\s\S]*<span class="app" title="wiki">wiki<\/span>/);
  t.match(page, /<dt>App<\/dt><dd><code>chat<\/code>/);
  t.notMatch((await ops.ask('/?q=chat')).body, /uid=ada/);
});

t.test('watch shows the app before the operation', async (t) => {
  const ops = await OpsPort.start(t);
  ops.operation('uid=ada', { app: 'wiki' });
  t.match(operationLines(ops.telemetry.recent.newest(), plain)[0], / wiki bind {5}uid=ada /);
  ops.operation('uid=ada');
  t.match(operationLines(ops.telemetry.recent.newest(), plain)[0], /^\S+ bind {5}uid=ada /);
});

t.test(
  'shapes of searches are learnt for each app, and an attribute is missing in the app that does not have it',
  async (t) => {
    const ops = await OpsPort.start(t, '127.0.0.1', (attribute, app) => app !== 'chat' || attribute !== 'uidNumber');
    const profiles = new ClientProfiles();
    ops.telemetry.listen(profiles);
    const request = searchRequest({ base: 'dc=x', filter: '(uidNumber=7)' });
    for (const app of ['wiki', 'chat', 'wiki', undefined])
      ops.operation('dc=x', { operation: 'search', request, ...(app === undefined ? {} : { app }) });
    const [client] = profiles.clients();
    t.same(client?.apps, ['wiki', 'chat']);
    t.same(
      client?.searches.map(({ app, count, missing }) => ({ app, count, missing })),
      [
        { app: 'wiki', count: 2, missing: [] },
        { app: 'chat', count: 1, missing: ['uidNumber'] },
        { app: undefined, count: 1, missing: [] },
      ],
    );
    ops.operation('dc=x', { operation: 'search', request, address: '192.0.2.2' });
    const other = profiles.clients().find(({ address }) => address === '192.0.2.2');
    t.notOk('apps' in (other ?? {}) || other?.searches.some((search) => 'app' in search), 'nothing without names');
  },
);

t.test('faults have the app that the connection was for', async (t) => {
  const ops = await OpsPort.start(t);
  const faults: unknown[] = [];
  ops.telemetry.listen({ operation: () => {}, fault: (record) => faults.push(record.app) });
  const source = { connection: 1, address: '192.0.2.1', port: 1, channel: 'clear' } as const;
  ops.telemetry.fault('idle', '', { ...source, app: 'wiki' });
  ops.telemetry.fault('idle', '', source);
  t.same(faults, ['wiki', undefined]);
});

t.test('faults of connections have the label of their app, where it is known', async (t) => {
  const ops = await OpsPort.start(t);
  ops.telemetry.apps = ['wiki', 'chat'];
  const at = { connection: 1, address: '192.0.2.1', port: 4711, channel: 'clear' } as const;
  ops.telemetry.fault('idle', '', { ...at, app: 'wiki' });
  ops.telemetry.fault('idle', '', { ...at, app: 'wiki' });
  ops.telemetry.fault('idle', '', { ...at, app: 'chat' });
  ops.telemetry.fault('malformed message', '', at);
  const lines = (await ops.ask('/metrics')).body.split('\n').filter((line) => /^jumpgate_connection_faults/.test(line));
  t.same(lines.sort(), [
    'jumpgate_connection_faults_total{app="chat",fault="idle"} 1',
    'jumpgate_connection_faults_total{app="wiki",fault="idle"} 2',
    'jumpgate_connection_faults_total{fault="malformed message"} 1',
  ]);
});

t.test('the page has a row for each of several apps, with what it needs; none for one', async (t) => {
  const ops = await OpsPort.start(t);
  const rows = async () => {
    const { body } = await ops.ask('/');
    const [table = ''] = /<div id="apps">.*?<\/table>/s.exec(body) ?? [];
    return [...table.matchAll(/<tr><th scope="row">(.*?)<\/tr>/gs)].map(([, row = '']) =>
      row
        .replace(/<[^>]*>/g, ' ')
        .replace(/\s+/g, ' ')
        .trim(),
    );
  };
  t.same(await rows(), []);
  ops.telemetry.apps = ['wiki', 'chat', 'empty', 'new'];
  const used = new Date(ops.now - 125_000).toISOString();
  const listeners = ['ldap://127.0.0.1:1390'];
  ops.state = {
    ...ops.state,
    apps: [
      { name: 'wiki', listeners, members: 9, entries: 14, lastUse: { accepted: used } },
      { name: 'chat', listeners, members: 3, entries: 5, missing: ['<b>chat</b>'], lastUse: {} },
      { name: 'empty', listeners, members: 0, entries: 3, missing: ['gone'], lastUse: {} },
      { name: 'new', listeners, lastUse: {} },
    ],
  };
  ops.operation('uid=ada', { app: 'wiki' });
  ops.operation('uid=ada', { app: 'wiki', code: 49, reason: 'wrong-password' });
  t.same(await rows(), [
    'wiki up 9 2 50 % accepted 2 min 5 s ago ldap://127.0.0.1:1390',
    'chat a group is missing not there, or empty: &lt;b&gt;chat&lt;/b&gt; 3 0 not since the start ldap://127.0.0.1:1390',
    'empty lets nobody in not there, or empty: gone 0 0 not since the start ldap://127.0.0.1:1390',
    'new not read yet – 0 not since the start ldap://127.0.0.1:1390',
  ]);
  const metrics = (await ops.ask('/metrics')).body.split('\n');
  t.ok(metrics.includes('jumpgate_app_members{app="wiki"} 9'));
  t.ok(metrics.includes('jumpgate_app_members{app="empty"} 0'));
  t.notOk(metrics.some((line) => line.startsWith('jumpgate_app_members{app="new"')));
});
