// `jumpgate check` with JumpCloud's API: what the console says of reader, groups, policies and lock-out, each with its remedy; and of a user.
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import t from 'tap';
import { cloudSteps, lockOut, told } from '../../src/cli/check/cloud.js';
import type { Finding } from '../../src/cli/check/report.js';
import { runCli } from '../../src/cli/cli.js';
import type { CloudPolicy, CloudUser } from '../../src/cloud/ports.js';
import type { Config } from '../../src/config/config.js';
import { loadConfig } from '../../src/config/load.js';
import { StandIn } from '../../src/demo/stand-in.js';
import { ADA, type Call, FakeCloud } from '../support/fake-cloud.js';

const DAY = 86_400_000;
const NOW = Date.parse('2026-11-26T12:00:00Z');
const READER: CloudUser = { ...ADA, username: 'ldap-reader', isBindUser: true, passwordNeverExpires: true };
const configOf = (url: string): Config =>
  loadConfig({
    env: {},
    flags: {
      upstream: { urls: [url], orgId: '5f1c0a9e7b3d4c2a8e6f9d10', reader: { user: 'ldap-reader', password: 'x' } },
    },
  });
const PLAIN = 'ldaps://ldap.jumpcloud.com';
const MFA = 'ldaps://ldap-mfa.jumpcloud.com';
const POLICY: CloudPolicy = {
  id: 'p',
  name: 'MFA for LDAP',
  isDisabled: false,
  action: 'allow',
  requiresMfa: true,
  users: [],
  groups: [],
  exceptGroups: [],
};

async function look(step: string, change: (cloud: FakeCloud) => void, url = PLAIN): Promise<readonly Finding[]> {
  const cloud = new FakeCloud();
  cloud.user = READER;
  change(cloud);
  const [, work] = cloudSteps(cloud.api, configOf(url), NOW).find(([name]) => name === step)!;
  const found = await told(work);
  return Array.isArray(found) ? found : [found as Finding];
}

t.test('what the console says, line by line', async (t) => {
  const user = (change: Partial<CloudUser>) => (cloud: FakeCloud) => {
    cloud.user = { ...READER, ...change };
  };
  const group = (change: object) => (cloud: FakeCloud) => {
    cloud.group = { ...cloud.group!, ...change };
  };
  const rows: [step: string, change: (cloud: FakeCloud) => void, status: string, detail: RegExp, url?: string][] = [
    ['api events', () => {}, 'ok', /can be read/],
    ['api reader', () => {}, 'ok', /may search; its password does not expire/],
    ['api reader', user({ isBindUser: false }), 'failed', /not an LDAP Bind DN/],
    ['api reader', user({ isLocked: true }), 'failed', /is locked/],
    ['api reader', user({ state: 'suspended', isSuspended: true }), 'failed', /is suspended/],
    ['api reader', user({ isPasswordExpired: true }), 'failed', /has expired/],
    ['api reader', user({ passwordNeverExpires: false, passwordExpiresAt: NOW + 3 * DAY }), 'warning', /in 3 days/],
    ['api reader', user({ passwordNeverExpires: false, passwordExpiresAt: NOW + 90 * DAY }), 'ok', /in 90 days/],
    ['api reader', user({ username: 'another' }), 'warning', /no such user/],
    ['api groups', () => {}, 'ok', /wayk-users is bound to LDAP$/],
    ['api groups', group({ isDynamic: true }), 'ok', /its rule decides/],
    ['api groups', group({ name: 'another' }), 'warning', /no such group/],
    ['api groups', group({ ldapNames: ['wayk'] }), 'warning', /is called wayk in LDAP/],
    ['api groups', group({ ldapNames: ['WAYK-users'] }), 'ok', /is bound/],
    [
      'api groups',
      (cloud) => {
        cloud.isGroupBound = false;
      },
      'failed',
      /not bound to LDAP/,
    ],
    ['api policies', () => {}, 'ok', /no policy/],
    ['api policies', () => {}, 'warning', /no policy for LDAP requires one/, MFA],
    [
      'api policies',
      (cloud) => {
        cloud.policies = [POLICY];
      },
      'warning',
      /“MFA for LDAP” requires a second factor, and ldap\.jumpcloud\.com takes none/,
    ],
    [
      'api policies',
      (cloud) => {
        cloud.policies = [POLICY];
      },
      'ok',
      /fit the host/,
      MFA,
    ],
    ['api lock-out', () => {}, 'ok', /after 5 wrong passwords/],
  ];
  for (const [step, change, status, detail, url] of rows) {
    const [first, ...more] = await look(step, change, url);
    t.match(first, { status, detail }, `${step}: ${detail}`);
    t.same(more, []);
    if (status !== 'ok') t.ok((first?.remedy ?? '').length > 10, `${step}: ${detail}: a remedy`);
  }
  for (const [step, call] of [
    ['api events', 'events'],
    ['api reader', 'user'],
    ['api groups', 'groupNamed'],
    ['api policies', 'ldapPolicies'],
    ['api lock-out', 'lockout'],
  ] as [string, Call][])
    for (const fault of ['away', 'slow', 'busy', 'refused', 'no-plan', 'garbled', 'budget'] as const) {
      const found = await look(step, (cloud) => cloud.faults.set(call, fault));
      t.match(found, [{ status: 'warning', detail: /^not known: / }], `${step}: ${fault}`);
    }
});

t.test('limits here are compared with the tenant’s', async (t) => {
  const { binds } = configOf(PLAIN);
  const at = (attempts: number | undefined, countedFor: number | undefined, failuresPerAccount = 3) =>
    lockOut({ attempts, countedFor, lockedFor: 900 }, { binds: { ...binds, failuresPerAccount } }).map(
      ({ status, remedy = '' }) => `${status} ${remedy}`.trim(),
    );
  t.same(at(undefined, undefined), ['ok']);
  t.same(at(5, 600), ['ok']);
  t.same(at(4, 600), ['warning Set binds.failuresPerAccount to 2, or binds.fromTenant to true.']);
  t.same(at(5, 7200), ['warning Set binds.accountWindow to 2h, or binds.fromTenant to true.']);
  t.same(at(3, 7200).length, 2);
  for (const countedFor of [undefined, 100_000])
    t.match(at(10, countedFor), [/^warning In the console, Settings › Security: let the counter start again/]);
});

t.test('the whole command, in front of the embedded JumpCloud', async (t) => {
  const upstream = await StandIn.start({ console: true });
  t.teardown(() => upstream.stop());
  upstream.addToGroup('wayk-users', 'emrick.solvane');
  const folder = t.testdir({ secret: upstream.clientSecret, password: upstream.reader.password });
  for (const name of ['secret', 'password']) chmodSync(join(folder, name), 0o600);
  writeFileSync(join(folder, 'ca.pem'), upstream.caPem);
  const file = join(folder, 'jumpgate.yaml');
  const api = { clientId: upstream.clientId, clientSecretFile: join(folder, 'secret'), urls: upstream.console!.urls };
  const reader = { user: 'ldap-reader', passwordFile: join(folder, 'password') };
  const write = (change: object = {}) => {
    const urls = [`ldaps://localhost:${upstream.port}`];
    const upstreamSettings = { urls, caFile: join(folder, 'ca.pem'), orgId: upstream.orgId, reader };
    const settings = {
      listen: { ldap: '127.0.0.1:0' },
      ops: { http: false },
      upstream: { ...upstreamSettings, ...change },
    };
    writeFileSync(file, JSON.stringify(settings), { mode: 0o600 });
  };
  const run = async (...args: readonly string[]) => {
    const [stdout, stderr, stdin] = [new PassThrough(), new PassThrough(), new PassThrough()];
    const code = await runCli(['check', '--config', file, ...args], { env: {}, stdin, stdout, stderr });
    return { code, out: String(stdout.read() ?? '') };
  };
  write({ api });
  const fine = await run();
  t.equal(fine.code, 0, fine.out);
  for (const step of ['api ', 'api events', 'api reader', 'api groups', 'api policies', 'api lock-out'])
    t.match(fine.out, new RegExp(`^✓ ${step}`, 'm'));
  t.match(fine.out, /\d+ calls of JumpCloud's API/);
  t.match(await run('--user', 'emrick.solvane'), {
    code: 4,
    out: /✗ user +emrick\.solvane: JumpCloud: The user is suspended\.\n +→ In the console, Users › emrick\.solvane/,
  });
  t.match(await run('--user', 'corvane.thessly'), { code: 4, out: /JumpCloud: The user is not in a group/ });
  t.match(await run('--user', 'quillon.varrek'), { code: 0 });
  write({ api: { ...api, clientId: 'another' } });
  t.match(await run(), { code: 2, out: /✗ api +.*\n +→ Check upstream\.api[\s\S]*not tried +api events, api reader/ });
  upstream.console!.fail({ answer: 'drop' } as never);
  write({ api });
  t.match(await run(), { code: 0, out: /! api / }, 'logins do not need it');
  write();
  t.notMatch((await run()).out, /^. api /m);
});
