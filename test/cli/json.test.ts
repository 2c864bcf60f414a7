// What commands print with --json is as docs/schemas says, in their cases. Further ones are in the tests of each command.
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import t from 'tap';
import type { SchemaName } from '../../docs/schemas.js';
import { runCli } from '../../src/cli/cli.js';
import { StandIn } from '../../src/demo/stand-in.js';
import { answerFleet } from '../../src/ops/http/fleet-route.js';
import { RECIPES } from '../../src/recipes/all.js';
import { OpsPort } from '../support/ops.js';
import { BASE, startProxy } from '../support/proxy.js';
import { printedJson, schemaErrors } from '../support/schemas.js';

const upstream = await StandIn.start({});
t.teardown(() => upstream.stop());
const folder = t.testdir({ password: upstream.reader.password });
const caFile = join(folder, 'ca.pem');
writeFileSync(caFile, upstream.caPem);

const settingsOf = (settings: Readonly<Record<string, string>>) =>
  Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
const SET = settingsOf({
  'listen.ldap': '127.0.0.1:0',
  'upstream.urls': upstream.url,
  'upstream.caFile': caFile,
  'upstream.orgId': upstream.orgId,
  'upstream.reader.user': 'ldap-reader',
  'upstream.reader.passwordFile': join(folder, 'password'),
  'local.baseDN': BASE,
  'ops.http': '127.0.0.1:1',
});

/** Runs a command in this process; its output has to be as the schema says. */
async function printed(schema: SchemaName, args: readonly string[], input = '') {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  stdin.end(input);
  const code = await runCli(args, { env: {}, stdin, stdout, stderr });
  const out = String(stdout.read() ?? '');
  if (out === '') throw new Error(`${args.join(' ')}: ${String(stderr.read())}`);
  return { code, json: printedJson(schema, out) as Readonly<Record<string, unknown>> };
}

t.test('explain, whatever is asked', async (t) => {
  const { app, stop } = await startProxy(upstream, { ops: { http: '127.0.0.1:0' } });
  t.teardown(stop);
  const url = ['--url', app.opsUrl ?? ''];
  const away = settingsOf({ 'upstream.urls': 'ldaps://127.0.0.1:1' });
  for (const [args, code, fields, input] of [
    [['quillon.varrek'], 0, ['next', 'steps']],
    [['quillon.varrek', ...url], 0, ['next']],
    [['quillon.varrek', '--password-stdin'], 0, ['answer', 'why', 'sight'], 'user-secret-5001'],
    [['quillon.vareck'], 4, ['answer', 'why']],
    [['quillon.varrek', ...away], 1, ['why', 'readFault']],
    [['(uid=quillon.varrek)'], 0, ['understood', 'index', 'candidates', 'inSight', 'matched', 'answer']],
    [['(uid=q*)', '--entry', 'quillon.varrek', ...url], 0, ['expected']],
    [['(&(uid=q*)(mail=x@y))', '--entry', 'quillon.varrek'], 4, ['expected']],
    [['(uid=*)', '--entry', 'corvane.thessly'], 4, ['expected']],
    [['(sAMAccountName=x)', '--as', 'anonymous', '--base', BASE], 4, ['answer']],
    [['(uid=*'], 2, ['fault']],
    [['(uid=a)', '--as', 'nobody'], 2, ['fault', 'understood']],
    [['(uid=a)', ...away], 1, ['why', 'readFault']],
  ] as const) {
    const [subject, ...options] = args;
    const { code: its, json } = await printed('explain', ['explain', '--json', subject, ...SET, ...options], input);
    t.equal(its, code, args.join(' '));
    for (const field of fields) t.ok(field in json, `${args.join(' ')}: ${field} in ${Object.keys(json).join(', ')}`);
  }
});

t.test('check, with nobody to ask and with apps', async (t) => {
  const away = settingsOf({ 'upstream.urls': 'ldaps://127.0.0.1:1' });
  t.match(await printed('check', ['check', '--json', ...SET, ...away]), { code: 1, json: { ok: false, exitCode: 1 } });
  const faulty = settingsOf({ 'directory.refresh': 'soon' });
  t.match(await printed('check', ['check', '--json', ...SET, ...faulty]), { code: 2, json: { exitCode: 2 } });
  const apps = JSON.stringify([
    { name: 'wiki', groups: ['wayk-users'], local: { baseDN: 'dc=wiki' } },
    { name: 'lost', groups: ['nothing like it'], local: { baseDN: 'dc=lost' } },
  ]);
  const several = ['--json', '--user', 'quillon.varrek', ...SET, ...settingsOf({ apps })];
  t.match(await printed('check', ['check', ...several]), { code: 3, json: { ok: false } });
});

t.test('config, with what is seldom set', async (t) => {
  const apps = JSON.stringify([
    { name: 'wiki', groups: ['wayk-users'], listen: { ldap: '127.0.0.1:1390' }, attributes: { title: { value: 'x' } } },
    { name: 'ad', everyone: true, local: { baseDN: 'dc=ad', face: 'activedirectory' } },
  ]);
  const more = settingsOf({
    'fleet.url': 'redis://127.0.0.1:1',
    'fleet.key': randomBytes(32).toString('hex'),
    'upstream.api.clientId': 'x',
    'upstream.api.clientSecret': 'y',
    'listen.proxyProtocol': '127.0.0.1',
    'ops.http': 'false',
    'binds.cache.staleIfError': '10m',
  });
  for (const settings of [SET, [...SET, ...more], [...SET, ...more, ...settingsOf({ apps })]]) {
    t.match(await printed('config', ['config', '--json', ...settings]), { code: 0, json: { upstream: {} } });
    t.match(await printed('config-origins', ['config', '--origins', ...settings]), { code: 0 });
  }
});

t.test('recipe, every one of them', async (t) => {
  t.equal((await printed('recipes', ['recipe', '--json'])).json.length, RECIPES.length);
  for (const { id } of RECIPES) t.match(await printed('recipe', ['recipe', id, '--json', ...SET]), { json: { id } });
  const ad = settingsOf({ 'local.face': 'activedirectory', 'local.baseDN': 'dc=example,dc=com' });
  const { json } = await printed('recipe', ['recipe', 'gitlab', '--json', ...SET, ...ad]);
  t.match(json, { steps: [{ kind: 'bind' }] });
});

t.test('fleet: an instance that cannot reach the store, and one that has just begun', async (t) => {
  const ops = await OpsPort.start(t);
  const fleet = {
    instance: 'gate-0',
    store: '127.0.0.1:6379',
    up: false,
    together: false,
    since: '2026-11-27T09:30:00.000Z',
    trouble: 'ECONNREFUSED',
    decisions: { store: 0, local: 2 },
  };
  const reading = { isReader: false, reads: { shared: 0, taken: 0, repeated: 0, alone: 1 } };
  const rolls = [
    () => Promise.reject(new Error('ECONNREFUSED')),
    () => Promise.resolve(undefined),
    () => Promise.resolve({ instances: [], unreadable: 1, leftOut: 2 }),
  ];
  for (const roll of rolls)
    for (const more of [
      {},
      { reading },
      { reading: { ...reading, role: 'alone' as const, why: 'the store is away' } },
    ]) {
      const { status, body } = await answerFleet({ ...ops.state, fleet: { ...fleet, ...more } }, roll);
      t.equal(status, 200);
      t.same(schemaErrors('fleet', JSON.parse(String(body))), []);
    }
});
