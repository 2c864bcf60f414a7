// `jumpgate apps`: the list of apps, and what a new configuration would change, told before it is used.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import t from 'tap';
import { runCli } from '../../src/cli/cli.js';
import { StandIn } from '../../src/demo/stand-in.js';
import { Client } from '../support/client.js';
import { withProxy } from '../support/proxy.js';
import { printedJson } from '../support/schemas.js';

const upstream = await StandIn.start({});
t.teardown(() => upstream.stop());
const folder = t.testdir({ password: upstream.reader.password });
writeFileSync(join(folder, 'ca.pem'), upstream.caPem);

type Settings = Readonly<Record<string, unknown>>;

const VPN = 'VPN (Full Tunnel)';
const app = (name: string, groups: readonly string[], more: Settings = {}) => {
  return { name, groups, local: { baseDN: `dc=${name}` }, ...more };
};
const wiki = app('wiki', ['wayk-users']);
const tunnel = app('tunnel', [VPN], { listen: { ldap: '127.0.0.1:24410' } });

function file(name: string, settings: Settings): string {
  const path = join(folder, name);
  const reader = { user: 'ldap-reader', passwordFile: join(folder, 'password') };
  const source = { urls: [`ldaps://localhost:${upstream.port}`], caFile: join(folder, 'ca.pem') };
  const { orgId } = upstream;
  const all = { upstream: { ...source, orgId, reader }, ops: { http: false }, ...settings };
  writeFileSync(path, JSON.stringify(all), { mode: 0o600 });
  return path;
}

async function run(...args: readonly string[]) {
  const [stdout, stderr, stdin] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const code = await runCli(['apps', ...args], { env: {}, stdin, stdout, stderr });
  return { code, out: String(stdout.read() ?? ''), err: String(stderr.read() ?? '') };
}

interface Told {
  readonly name: string;
  readonly status: string;
  readonly members: { before: number; after: number };
  readonly gains: { count: number; names: string[] };
  readonly loses: { count: number; names: string[] };
  readonly settings: Record<string, { before: string; after: string }>;
  readonly entries: {
    readonly renamed: number;
    readonly appear: number;
    readonly vanish: number;
    readonly attributes: readonly { name: string }[];
    readonly classes: readonly { name: string }[];
  };
}

async function diff(before: Settings, after: Settings) {
  const args = ['diff', '--config', file('after.yaml', after), '--against', file('before.yaml', before)];
  const { code, out, err } = await run(...args, '--json');
  const told = out === '' ? { apps: [], changes: undefined } : printedJson('apps-diff', out);
  const { apps, changes } = told as { apps: readonly Told[]; changes: boolean };
  const text = (await run(...args)).out;
  return { code, changes, err, apps, text, of: (name: string) => apps.find((one) => one.name === name)! };
}

t.test('the list names groups, listeners, base, face and how many get in; nobody is asked twice', async (t) => {
  const config = file('five.yaml', { apps: [wiki, tunnel] });
  const { code, out } = await run('--config', config, '--json');
  t.equal(code, 0);
  const { apps } = printedJson('apps', out) as { apps: readonly Settings[] };
  t.match(apps, [
    { name: 'wiki', groups: ['wayk-users'], baseDN: 'dc=wiki', face: 'jumpcloud', members: 9, isShared: true },
    { name: 'tunnel', groups: [VPN], isShared: false, listeners: ['ldap://127.0.0.1:24410'] },
  ]);
  t.match(
    (await run('--config', config)).out,
    /wiki: 9 members, \d+ entries\n +groups +wayk-users\n(.|\n)* last use +only a running instance knows\n/,
  );
  const today = await run('--config', file('today.yaml', {}));
  t.match(today.out, /^default: 9 members/);
});

t.test('a running instance tells the same, without another read', async (t) => {
  await withProxy(
    upstream,
    { ops: { http: '127.0.0.1:0' }, apps: [wiki, tunnel] } as never,
    async ({ app: running }) => {
      const state = running.readiness();
      t.match(state.apps, [
        { name: 'wiki', members: 9 },
        { name: 'tunnel', listeners: ['ldap://127.0.0.1:24410'] },
      ]);
      // An upstream that nobody can reach: only the instance can have told.
      const settings = { apps: [wiki, tunnel], upstream: undefined };
      const config = file('other.yaml', settings);
      const args = ['upstream.urls=ldaps://127.0.0.1:1', `upstream.orgId=${upstream.orgId}`];
      const reader = ['upstream.reader.user=ldap-reader', `upstream.reader.passwordFile=${join(folder, 'password')}`];
      const set = [...args, ...reader].flatMap((one) => ['--set', one]);
      const { code, out } = await run('--config', config, '--url', running.opsUrl ?? '', '--json', ...set);
      t.equal(code, 0);
      t.same(
        (printedJson('apps', out) as { apps: readonly Settings[] }).apps.map(({ members, entries }) => [
          members,
          entries,
        ]),
        state.apps.map(({ members, entries }) => [members, entries]),
      );
      const text = async () => (await run('--config', config, '--url', running.opsUrl ?? '', ...set)).out;
      t.equal((await text()).match(/last use {3}not since the start/g)?.length, 2);
      const client = await Client.open(running.ldapUrl ?? '');
      await client.bind('uid=quillon.varrek,ou=Users,dc=wiki', 'user-secret-5001');
      t.match(await text(), /wiki(.|\n)*last use {3}login \d+ s ago\n(.|\n)*tunnel(.|\n)*not since the start/);
      await client.bind('uid=quillon.varrek,ou=Users,dc=wiki', 'wrong');
      t.match(await text(), /last use {3}login \d+ s ago, refused login \d+ s ago\n/);
      client.destroy();
      t.equal((await run('--config', config, '--alone', ...set)).code, 1, 'and else nobody does');
    },
  );
});

t.test('progress is shown on a terminal, and leaves nothing behind', async (t) => {
  const config = file('same.yaml', { apps: [wiki] });
  for (const isTTY of [true, false]) {
    const [stdout, stdin] = [new PassThrough(), new PassThrough()];
    const stderr = Object.assign(new PassThrough(), { isTTY });
    await runCli(['apps', 'diff', '--config', config, '--against', config], { env: {}, stdin, stdout, stderr });
    const told = String(stderr.read() ?? '');
    if (isTTY) t.match(told, /^\r\u001b\[Kreading JumpCloud …\r\u001b\[K\d+ people.* …\r\u001b\[K$/);
    else t.equal(told, '');
  }
});

t.test('nothing changes: exit code 0', async (t) => {
  for (const settings of [{}, { apps: [wiki, tunnel] }, { group: { everyone: true } }]) {
    const told = await diff(settings, settings);
    t.equal(told.code, 0, told.err);
    t.equal(told.changes, false);
    t.ok(told.apps.every(({ status }) => status === 'same'));
    t.match(told.text, /Nothing changes for any app\.\n$/);
  }
});

t.test('who gains and who loses access is reported by name, even where one side is a single app', async (t) => {
  const narrow = await diff({ apps: [wiki, tunnel] }, { apps: [app('wiki', [VPN]), tunnel] });
  t.equal(narrow.code, 1);
  const { gains, loses, members } = narrow.of('wiki');
  t.equal(members.before, 9);
  t.equal(members.before - loses.count + gains.count, members.after);
  t.equal(narrow.of('tunnel').status, 'same', 'the other app is left alone');
  const wide = await diff({ apps: [app('wiki', [VPN]), tunnel] }, { apps: [wiki, tunnel] });
  t.same([wide.of('wiki').gains, wide.of('wiki').loses], [loses, gains], 'the way back is the reverse');
  t.match(narrow.text, new RegExp(`- ${loses.count} lose access: ${loses.names[0]}`));

  const alone = await diff({ group: 'wayk-users' }, { group: { everyone: true } });
  t.match(alone.of('default'), { status: 'changed', loses: { count: 0 } });
  t.ok(alone.of('default').gains.count > 0);
  t.notOk(alone.of('default').gains.names.includes('quillon.varrek'), 'who was in already gains nothing');
});

t.test('apps that are new or gone, names, classes and attributes', async (t) => {
  const told = await diff({ apps: [wiki] }, { apps: [wiki, tunnel] });
  t.match(told.of('tunnel'), { status: 'new', members: { before: 0 }, loses: { count: 0 } });
  t.equal(told.of('tunnel').gains.count, told.of('tunnel').members.after);
  t.equal((await diff({ apps: [wiki, tunnel] }, { apps: [wiki] })).of('tunnel').status, 'gone');

  const renamed = (await diff({ apps: [wiki] }, { apps: [{ ...wiki, local: { baseDN: 'dc=other' } }] })).of('wiki');
  t.match(renamed, {
    gains: { count: 0 },
    loses: { count: 0 },
    settings: { 'local.baseDN': { before: 'dc=wiki', after: 'dc=other' } },
  });
  t.same([renamed.entries.appear, renamed.entries.vanish], [0, 0], 'entries keep their identity under other names');
  t.ok(renamed.entries.renamed > 9);

  const hidden = (await diff({ apps: [wiki] }, { apps: [{ ...wiki, hiddenAttributes: ['mail'] }] })).of('wiki');
  t.match(hidden.entries.attributes, [{ name: 'mail', appears: 0, vanishes: 9, changes: 0 }]);
  const ruled = { ...wiki, attributes: { displayName: '{sn}, {givenName}' } };
  const rules = (await diff({ apps: [wiki] }, { apps: [ruled] })).of('wiki');
  t.same(
    rules.entries.attributes.map(({ name }) => name),
    ['displayName'],
    'one rule changes one attribute',
  );
  const posix = { ...wiki, local: { baseDN: 'dc=wiki', groupClasses: ['groupOfUniqueNames'] } };
  const classes = (await diff({ apps: [wiki] }, { apps: [posix] })).of('wiki').entries.classes;
  t.match(classes, [{ name: 'groupOfNames' }, { name: 'groupOfUniqueNames' }]);
});

t.test('what cannot be compared ends with 2, never with the code of a change', async (t) => {
  const before = file('before.yaml', {});
  t.equal((await run('diff', '--config', join(folder, 'none.yaml'), '--against', before)).code, 2);
  t.equal((await run('diff', '--config', before, '--against', join(folder, 'none.yaml'))).code, 2);
  const unreachable = ['--set', 'upstream.urls=ldaps://127.0.0.1:1'];
  const { code, err, out } = await run('diff', '--config', before, '--against', before, ...unreachable);
  t.match([code, out], [2, '']);
  t.match(err, /^jumpgate: /);
  t.match(await run('--config', before, '--against', before), { code: 2, err: /--against goes with apps diff/ });
  t.match((await run('--help')).out, /Exit codes of diff: 0 nothing changes/);
});

t.test('recorded questions with a different result are reported, by what any value finds', async (t) => {
  const search = (base: string, filter: string, attributes: readonly string[] = []) => ({
    ...{ base, scope: 'sub', filter, attributes },
    ...{ missing: [], paged: false, count: 1, entries: { least: 1, most: 1 }, results: ['success'], as: ['service'] },
  });
  const searches = [
    search('dc=wiki', '(&(objectClass=…)(uid=…)(!(sn=…)))', ['uid', 'mail']),
    search('uid=…,ou=Users,dc=wiki', '(objectClass=…)', ['sn']),
    search('dc=nowhere', '(uid=…)'),
    search('dc=wiki', '(&(uid=…'),
  ];
  const questions = join(folder, 'questions.json');
  writeFileSync(questions, JSON.stringify({ clients: [{ address: '127.0.0.1', searches }] }));
  const before = file('before.yaml', { apps: [wiki] });
  const ask = async (after: Settings, path = questions) => {
    const args = ['diff', '--config', file('after.yaml', after), '--against', before, '--questions', path];
    const { code, out } = await run(...args, '--json');
    const told = (out === '' ? {} : printedJson('apps-diff', out)) as { questions?: readonly Settings[] };
    return { code, found: told.questions };
  };
  t.same((await ask({ apps: [wiki] })).found, []);
  const hidden = await ask({ apps: [{ ...wiki, hiddenAttributes: ['mail'] }] });
  t.match(hidden.found, [{ app: 'wiki', before: 9, after: 9, appear: [], vanish: ['mail'] }]);
  t.equal(hidden.found?.length, 1);
  const moved = await ask({ apps: [{ ...wiki, local: { baseDN: 'dc=other' } }] });
  t.same(
    moved.found?.map(({ after }) => after),
    [undefined, undefined],
    'the base is not there any more',
  );
  t.equal((await ask({ apps: [wiki] }, before)).code, 2, 'a file of another kind');
});
