// JumpCloud says why: switches in the console, a bind through Jumpgate, and the console's own reason in the log, the audit stream, /operations,
// the page, the metrics, explain and check. One table has all reasons. The client learns nothing of it.
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import t from 'tap';
import type { StandIn } from '../../src/demo/stand-in.js';
import type { CloudReason } from '../../src/gate/explain/cloud-reason.js';
import { CLOUD_REASONS } from '../../src/gate/explain/cloud-reasons.js';
import { bindAs, cloudSite, type SiteOptions } from '../support/cloud-site.js';
import { eventually } from '../support/proxy.js';

/** JumpCloud's plain host, of which it is known that it takes no second factors, leads to this machine. */
const PLAIN_HOST = 'ldap.jumpcloud.com';
const patched = [dns, dns.promises] as unknown as { lookup: (host: string, ...rest: unknown[]) => unknown }[];
for (const resolver of patched) {
  const { lookup } = resolver;
  resolver.lookup = (host, ...rest) => lookup(host === PLAIN_HOST ? '127.0.0.1' : host, ...rest);
  t.teardown(() => {
    resolver.lookup = lookup;
    syncBuiltinESMExports();
  });
}
syncBuiltinESMExports();

const UID = 'quillon.varrek';
const RIGHT = 'user-secret-5001';
/** In no group that gets in. */
const OTHER = { name: 'corvane.thessly', password: 'user-secret-5005' } as const;
const GROUP = 'wayk-users';
const MFA_FOR_ALL = { name: 'MFA', action: 'allow', requiresMfa: true, users: 'ALL' } as const;

interface Row {
  readonly reason: CloudReason;
  /** In the console, while Jumpgate runs; and before it starts. */
  readonly switches?: (upstream: StandIn) => void;
  readonly before?: (upstream: StandIn) => void;
  readonly name?: string;
  readonly password?: string;
  /** The whole sentence, to the letter, except times. */
  readonly sentence: string | RegExp;
  /** Known without a password, so that explain and check give it before one is tried. */
  readonly isCertain: boolean;
  /** What check says where it does not come to the user. */
  readonly checked?: RegExp;
  readonly options?: SiteOptions;
}

const state = (moved: Parameters<StandIn['setState']>[1]) => (upstream: StandIn) => upstream.setState(UID, moved);

const ROWS: readonly Row[] = [
  { reason: 'no-such-user', name: 'nobody.at.all', sentence: 'JumpCloud has no user with this name.', isCertain: true },
  {
    reason: 'name-is-mail',
    name: `${UID}@example.test`,
    sentence: 'JumpCloud knows this name as an email address, not as a user name.',
    isCertain: true,
    options: { settings: { local: { names: ['uid'] } }, flags: ['local.names=[uid]'] },
  },
  {
    reason: 'staged',
    switches: state({ staged: true }),
    sentence: 'The user is staged: it has no access to anything yet.',
    isCertain: true,
  },
  { reason: 'suspended', switches: state({ suspended: true }), sentence: 'The user is suspended.', isCertain: true },
  {
    reason: 'password-never-set',
    switches: state({ passwordNeverSet: true }),
    sentence: 'The user has never set a password.',
    isCertain: true,
  },
  {
    reason: 'locked',
    switches: (upstream) => {
      upstream.setTenant({ lockout: { attempts: 10, lockedFor: 3600, countedFor: 600 } });
      state({ locked: true })(upstream);
    },
    sentence: /^Locked since \d+ \w{3} \d\d:\d\d UTC; unlocks automatically at .*\d\d:\d\d\.$/,
    isCertain: true,
  },
  {
    reason: 'password-expired',
    switches: (upstream) => {
      state({ passwordExpired: true })(upstream);
      upstream.setTenant({ ldap: { name: 'jumpcloud', onLockout: 'disable', onExpiry: 'remove' } });
    },
    sentence:
      /^The password expired on \d+ \w{3} \d\d:\d\d UTC\. JumpCloud has taken the user out of LDAP meanwhile\.$/,
    isCertain: true,
  },
  {
    reason: 'password-elsewhere',
    switches: state({ isDelegated: true }),
    password: 'of-another-directory-5099',
    sentence: 'Another directory decides about the password, not JumpCloud.',
    isCertain: false,
  },
  {
    reason: 'not-in-ldap',
    switches: state({ inDirectory: false }),
    sentence: 'The user is not bound to JumpCloud LDAP.',
    isCertain: true,
    options: { settings: { group: { everyone: true } }, flags: ['group.everyone=true'] },
  },
  { reason: 'not-in-group', ...OTHER, sentence: 'The user is not in a group that may log in.', isCertain: true },
  {
    reason: 'group-rule',
    ...OTHER,
    switches: (upstream) => upstream.setGroup(GROUP, { isDynamic: true }),
    sentence: "The group's membership is dynamic, and its rule does not match this user.",
    isCertain: true,
  },
  {
    reason: 'group-not-in-ldap',
    switches: (upstream) => {
      state({ boundDirectly: false })(upstream);
      upstream.removeFromGroup('Engineering', UID);
      upstream.setGroup(GROUP, { isInLdap: false });
    },
    sentence: 'The group is not bound to JumpCloud LDAP.',
    isCertain: true,
    checked: /wayk-users is not bound to LDAP/,
  },
  {
    reason: 'push-unanswered',
    switches: state({ mfa: 'push', pushAnswer: 'ignore' }),
    sentence: 'The password was right; the push was not confirmed.',
    isCertain: false,
  },
  {
    reason: 'code-wrong',
    switches: state({ mfa: 'code' }),
    password: `${RIGHT},000000`,
    sentence: 'The password was right; the code was not.',
    isCertain: false,
  },
  {
    reason: 'second-factor-missing',
    switches: state({ mfa: 'code' }),
    sentence: 'The password was right; the second factor was missing.',
    isCertain: false,
  },
  {
    reason: 'not-enrolled',
    switches: (upstream) => upstream.setTenant({ policies: [MFA_FOR_ALL] }),
    sentence: 'A policy requires a second factor, and the user has not set one up.',
    isCertain: true,
  },
  {
    reason: 'policy-denies',
    switches: (upstream) => upstream.setTenant({ policies: [{ name: 'No LDAP', action: 'deny', groups: [GROUP] }] }),
    sentence: 'A conditional access policy denies this user access to LDAP.',
    isCertain: true,
  },
  {
    reason: 'mfa-host',
    before: (upstream) => {
      upstream.setTenant({ isMfaHost: false });
      upstream.console.hasInsights = false;
      state({ mfa: 'code' })(upstream);
    },
    password: `${RIGHT},123456`,
    sentence: 'A policy requires a second factor, and the LDAP host in use does not accept one.',
    isCertain: false,
    options: { standIn: { host: PLAIN_HOST } },
  },
  {
    reason: 'still-processing',
    ...OTHER,
    switches: (upstream) => {
      upstream.holdBack(true);
      upstream.addToGroup(GROUP, OTHER.name);
    },
    sentence: 'JumpCloud has not applied the membership to LDAP yet.',
    isCertain: true,
  },
  {
    reason: 'password-wrong',
    password: 'some-other-5099',
    sentence: 'The password was wrong: nothing else keeps this user out.',
    isCertain: false,
  },
  {
    reason: 'not-known',
    switches: (upstream) => upstream.console.fail({ on: /systemusers/, answer: 'garbage' }),
    password: 'some-other-5099',
    sentence: 'JumpCloud did not say why: its API was not usable (garbled).',
    isCertain: false,
  },
];

t.test('the table has every reason', async (t) => {
  t.same(ROWS.map(({ reason }) => reason).sort(), Object.keys(CLOUD_REASONS).sort());
});

for (const row of ROWS)
  t.test(`${row.reason}: in log, audit, /operations, page, metrics, explain and check`, async (t) => {
    const { reason, switches = () => {}, name = UID, password = RIGHT, sentence, isCertain, options = {} } = row;
    const site = await cloudSite(t, { ...options, ...(row.before === undefined ? {} : { prepare: row.before }) });
    const { upstream, proxy } = site;
    switches(upstream);
    t.match(await bindAs(proxy, name, password), { code: 49, text: '' }, 'and the client learns nothing');
    const found = () => proxy.log.filter((line) => line.includes('"cloud.reason"'));
    await eventually(() => found().length > 0);
    const { msg, remedy, ...line } = JSON.parse(found()[0] ?? '') as Record<string, string>;
    const said = String(msg).replace(/^JumpCloud: /, '');
    t.equal(line['cloud.reason'], reason);
    t.match(said, typeof sentence === 'string' ? new RegExp(`^${sentence.replace(/[().?]/g, '\\$&')}$`) : sentence);
    t.ok((remedy?.length ?? 0) > 10);
    const audited = site
      .auditLines()
      .split('\n')
      .filter((one) => one.includes('"cloud.reason"'));
    t.equal(audited.length, 1);
    t.match(JSON.parse(audited[0] ?? ''), { 'cloud.reason': reason, msg: `JumpCloud: ${said}` });
    const { operations } = JSON.parse(await site.ops(`/operations?q=${reason}`)) as { operations: object[] };
    t.match(operations[0], { code: 49, cloud: { reason, sentence: said } });
    const shown = said.replaceAll("'", '&#39;');
    const page = await site.ops('/');
    const isKnown = reason !== 'not-known';
    t.ok(page.includes(`<dt>JumpCloud</dt><dd class="cloud"><b>${isKnown ? reason : shown}</b>`));
    if (isKnown) t.ok(page.includes(`<div class="why asked"><p><b>${shown}</b></p>`));
    t.match(await site.ops('/metrics'), new RegExp(`jumpgate_cloud_reasons_total\\{reason="${reason}"\\} 1\\n`));
    const cloud = { reason, sentence: said, remedy, refuses: CLOUD_REASONS[reason].refuses };
    t.same((await site.explain(name, password)).cloud, cloud, 'explain with the password');
    if (isCertain) t.same((await site.explain(name)).cloud, cloud, 'explain without one');
    else t.equal((await site.explain(name)).cloud, undefined, 'without a password nothing is held against the user');
    const checked = await site.check(name, isCertain ? undefined : password);
    t.ok(row.checked?.test(checked) ?? checked.includes(`JumpCloud: ${said}`), `check says: ${checked}`);
    t.notMatch(checked, 'list of processes', 'the address of the API is not a secret');
    t.same(site.faults, []);
    t.notOk([...proxy.log, site.auditLines()].join('\n').includes(password), 'no password');
  });

t.test('a flood of refusals of one account is one question, and one line', async (t) => {
  const { upstream, proxy } = await cloudSite(t, {
    settings: { binds: { failuresPerAccount: 1000, failuresPerAddress: 1000, refusedTtl: '0s' } },
  });
  upstream.setState(UID, { suspended: true });
  for (let i = 0; i < 40; i++) await bindAs(proxy, UID, `wrong ${i}`);
  await eventually(() => proxy.log.some((line) => line.includes('cloud.reason')));
  t.equal(proxy.log.filter((line) => line.includes('cloud.reason')).length, 1);
  t.ok(upstream.console.calls.filter(({ path }) => path.startsWith('/api/')).length <= 3);
});

t.test('a guess does not learn what the push before was, and no reason outlives an account change', async (t) => {
  const { upstream, proxy, explain } = await cloudSite(t, {
    settings: { binds: { failuresPerAccount: 1000, failuresPerAddress: 1000, refusedTtl: '0s' } },
  });
  const found = () => proxy.log.filter((line) => line.includes('"cloud.reason"'));
  const reasons = () => found().map((line) => (JSON.parse(line) as Record<string, string>)['cloud.reason']);
  await eventually(() => upstream.console.calls.some(({ path }) => path.startsWith('/insights/')));
  state({ mfa: 'push', pushAnswer: 'ignore' })(upstream);
  await bindAs(proxy, UID, RIGHT);
  await bindAs(proxy, UID, 'a wrong guess');
  await eventually(() => found().length === 2);
  t.same(reasons(), ['push-unanswered', 'password-wrong']);
  state({ suspended: true })(upstream);
  await bindAs(proxy, UID, RIGHT);
  await eventually(() => found().length === 3);
  state({ suspended: false, locked: true })(upstream);
  const isSeen = () => proxy.log.some((line) => /"cloud\.events":\[.*locked/.test(line));
  await eventually(isSeen).catch(() => eventually(isSeen));
  await bindAs(proxy, UID, RIGHT);
  await eventually(() => found().length === 4);
  t.same(reasons().slice(2), ['suspended', 'locked']);
  t.equal((await explain(UID, RIGHT)).cloud?.reason, 'locked');
});

t.test('invented names take no reason from people of the console, and none from explain', async (t) => {
  const { proxy, explain } = await cloudSite(t);
  for (let i = 0; i < 14; i++) await bindAs(proxy, `invented${i}`, 'x');
  await bindAs(proxy, OTHER.name, OTHER.password);
  await eventually(() =>
    proxy.log.some((line) => line.includes('"cloud.reason":"not-in-group"') && line.includes(OTHER.name)),
  );
  for (let i = 0; i < 30; i++) t.equal((await explain(`ghost${i}`)).cloud?.reason, 'no-such-user');
  const more = await Promise.all(Array.from({ length: 40 }, (_, i) => explain(`more${i}`)));
  // On a busy machine some find that too many wait.
  t.ok(more.every(({ cloud }) => cloud?.reason === 'no-such-user' || cloud?.reason === 'not-known'));
  t.ok(more.some(({ cloud }) => cloud?.sentence.includes('(budget)')));
});
