// JumpCloud says why: a switch in the console, a bind through Jumpgate, and the console's own reason in the log, the audit stream, /operations,
// the metrics and explain. The client is told nothing of it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { PersonState } from '../../src/demo/people.js';
import { StandIn } from '../../src/demo/stand-in.js';
import { openAudit } from '../../src/ops/log/audit.js';
import { Client } from '../support/client.js';
import { validateRequest, validateResponse } from '../support/jumpcloud-api.js';
import { eventually, type RunningProxy, startProxy, userDN } from '../support/proxy.js';

type Settings = Readonly<Record<string, unknown>>;

async function site(t: Test, settings: Settings = {}) {
  const upstream = await StandIn.start({ console: true, pushDelay: 60_000 });
  const faults: string[] = [];
  upstream.console!.onCall = ({ method, path, query, body, status, answer }) => {
    if (path === '/oauth2/token') return;
    faults.push(...validateRequest(method, path, query, method === 'GET' ? undefined : JSON.parse(body)));
    if (status === 200) faults.push(...validateResponse(method, path, answer));
  };
  const { urls } = upstream.console!;
  const api = { clientId: upstream.clientId, clientSecret: upstream.clientSecret, urls };
  const folder = t.testdir({});
  const audit = openAudit(join(folder, 'audit'), () => {});
  const proxy = await startProxy(
    upstream,
    {
      upstream: { api },
      ops: { http: '127.0.0.1:0' },
      binds: { failuresPerAccount: 1000, failuresPerAddress: 1000 },
      ...settings,
    },
    true,
    { audit, tokenFolders: [folder] },
  );
  t.teardown(async () => {
    await proxy.stop();
    audit.close();
    await upstream.stop();
  });
  return { upstream, proxy, faults, auditLines: () => readFileSync(join(folder, 'audit'), 'utf8') };
}

const bind = async ({ url }: RunningProxy, uid: string, password: string) => {
  const client = await Client.open(url);
  const { code, text } = await client.bind(userDN(uid), password);
  client.destroy();
  return { code, text };
};

const UID = 'quillon.varrek';
const RIGHT = 'user-secret-5001';

/** What stands in the console, the password that is tried, and what JumpCloud says. */
const ROWS: readonly {
  readonly reason: string;
  readonly state?: Partial<PersonState>;
  readonly uid?: string;
  readonly password?: string;
  readonly sentence: RegExp;
  readonly explained?: false;
}[] = [
  { reason: 'suspended', state: { suspended: true }, sentence: /suspended/i },
  { reason: 'locked', state: { locked: true }, sentence: /locked since/i },
  { reason: 'password-expired', state: { passwordExpired: true }, sentence: /expired/i },
  { reason: 'password-wrong', password: 'some-other-5099', sentence: /password was wrong/, explained: false },
  { reason: 'second-factor-missing', state: { mfa: 'code' }, sentence: /second factor was missing/, explained: false },
  {
    ...{ reason: 'code-wrong', state: { mfa: 'code' }, password: `${RIGHT},000000` },
    ...{ sentence: /the code was not/, explained: false },
  },
  { reason: 'no-such-user', uid: 'nobody.at.all', sentence: /no .*user/i },
  { reason: 'not-in-group', uid: 'corvane.thessly', password: 'user-secret-5005', sentence: /group/ },
];

for (const { reason, state = {}, uid = UID, password = RIGHT, sentence, explained = true } of ROWS)
  t.test(`${reason}: in the log, the audit stream, /operations, the metrics and explain`, async (t) => {
    const { upstream, proxy, faults, auditLines } = await site(t);
    if (Object.keys(state).length > 0) upstream.setState(uid, state);
    t.same(await bind(proxy, uid, password), { code: 49, text: '' }, 'and the client learns nothing');
    await eventually(() => proxy.log.some((line) => line.includes(`"cloud.reason":"${reason}"`)));
    const line = proxy.log.find((each) => each.includes('cloud.reason')) ?? '';
    const { msg, remedy } = JSON.parse(line) as { msg: string; remedy: string };
    t.match(msg, sentence);
    t.ok(remedy.length > 10);
    t.match(auditLines(), new RegExp(`"cloud.reason":"${reason}"`));
    const ops = proxy.app.opsUrl ?? '';
    const { operations } = (await (await fetch(`${ops}/operations?q=${reason}`)).json()) as {
      operations: { cloud?: { reason: string; sentence: string } }[];
    };
    t.match(operations[0]?.cloud, { reason, sentence });
    t.match(await (await fetch(`${ops}/`)).text(), /<dt>JumpCloud<\/dt>/);
    t.match(
      await (await fetch(`${ops}/metrics`)).text(),
      new RegExp(`jumpgate_cloud_reasons_total{reason="${reason}"} 1`),
    );
    if (explained) {
      const token = readFileSync(proxy.app.opsTokenFile ?? '', 'utf8').trim();
      const asked = await fetch(`${ops}/explain`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ kind: 'bind', name: uid }),
      });
      t.match(await asked.json(), { cloud: { reason, sentence } });
    }
    t.same(faults, []);
    const told = [...proxy.log, auditLines()].join('\n');
    for (const secret of [password, upstream.clientSecret, `${uid}@example.test`])
      t.notOk(told.includes(secret), 'no secret');
  });

t.test(
  'without the API, or with one that is away, slow or refuses, binds go on as before, and a line says so',
  async (t) => {
    const plain = await site(t, { upstream: {} });
    t.match(await bind(plain.proxy, UID, 'wrong'), { code: 49 });
    t.equal(plain.upstream.console!.calls.length, 0);
    for (const [name, break_] of [
      ['away', (upstream: StandIn) => upstream.console!.fail({ answer: 'drop' } as never)],
      [
        'refused',
        (upstream: StandIn) => {
          upstream.console!.access.clientSecret = 'another';
          // It may have one already.
          upstream.console!.access.revokeTokens();
        },
      ],
    ] as const) {
      const { upstream, proxy } = await site(t);
      break_(upstream);
      t.match(await bind(proxy, UID, RIGHT), { code: 0 }, name);
      t.match(await bind(proxy, UID, 'wrong'), { code: 49 }, name);
      await eventually(() => proxy.log.some((line) => line.includes('"cloud.reason":"not-known"')));
      t.match(await bind(proxy, 'mirelle.oskand', 'user-secret-5002'), { code: 0 }, name);
    }
  },
);

t.test('a flood of refusals of one account is one question, and one line', async (t) => {
  const { upstream, proxy } = await site(t, {
    binds: { failuresPerAccount: 1000, failuresPerAddress: 1000, refusedTtl: '0s' },
  });
  upstream.setState(UID, { suspended: true });
  for (let i = 0; i < 40; i++) await bind(proxy, UID, `wrong ${i}`);
  await eventually(() => proxy.log.some((line) => line.includes('cloud.reason')));
  t.equal(proxy.log.filter((line) => line.includes('cloud.reason')).length, 1);
  t.ok(upstream.console!.calls.filter(({ path }) => path.startsWith('/api/')).length <= 3);
});
