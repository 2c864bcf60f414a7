// /metrics: the numbers are those of telemetry and state, and what dashboard and alerts name is there.
import { readFileSync } from 'node:fs';
import t from 'tap';
import { parse } from 'yaml';
import type { FleetState } from '../../src/ops/state.js';
import { OpsPort, READY } from '../support/ops.js';

const CERTIFICATE = { notAfter: '2100-01-01T00:00:00.000Z', daysLeft: 1000 };

/** A port on which everything has happened once, so that every metric has a sample. */
async function busy(t: Parameters<typeof OpsPort.start>[0]): Promise<OpsPort> {
  const ops = await OpsPort.start(t);
  ops.state = {
    ...READY,
    listener: { ldap: 'ldap://127.0.0.1:1389', startTLS: true, certificate: CERTIFICATE },
    upstream: {
      reachable: true,
      lag: {
        ...{ known: true, comparedAt: '2026-03-01T12:00:00.000Z', oldestSeconds: 90, groups: 1 },
        missing: { count: 120, members: [{ name: 'ada', group: 'staff', since: '2026-03-01T11:58:30.000Z' }] },
        left: { count: 0, members: [] },
        notCompared: [{ group: 'huge', why: 'too-large' }],
      },
      addresses: [
        { address: 'a.example:636', healthy: true, failures: 0, connections: 2, certificate: CERTIFICATE },
        { address: 'b.example:636', healthy: false, failures: 3, connections: 0 },
      ],
    },
    binds: { idle: 2, open: 5, connecting: 1, waiting: 7, size: 16 },
    attempts: { refusedByAccount: 3, refusedByAddress: 1 },
    cloud: { up: true, callsLastHour: 7, reader: { faults: [], passwordExpires: '2100-01-01T00:00:00.000Z' } },
  };
  ops.cloud = {
    calls: new Map([['ok', 7]]),
    lastHour: 7,
    lastError: undefined,
    isStopped: false,
    found: [{ reason: 'suspended', app: undefined, count: 2 }],
    dropped: { full: 0 },
    revocation: {
      polls: new Map([['ok', 5]]),
      events: new Map([['suspended', 3]]),
      sessions: 1,
      age: 12_000,
      delay: 4500,
    },
  };
  ops.operation('uid=ada', { recall: 'hit' });
  ops.operation('uid=ada', { recall: 'miss', code: 49, reason: 'wrong-password' });
  ops.operation('uid=ada', { recall: 'miss', code: 49, reason: 'wrong-password' });
  ops.operation('dc=x', { operation: 'search' });
  ops.telemetry.fault('malformed message', 'x', { connection: 1, address: '192.0.2.1', port: 1, channel: 'clear' });
  ops.refreshes.add('read', 120);
  ops.refreshes.add('no-group', 12);
  // The first scrape begins to look at the event loop.
  await ops.ask('/metrics');
  return ops;
}

/** The samples by name and labels. */
function samplesOf(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

t.test('a scrape reports what happened, in the units and with the labels of Prometheus', async (t) => {
  const ops = await busy(t);
  const { status, headers, body } = await ops.ask('/metrics');
  t.equal(status, 200);
  t.match(headers['content-type'], /^text\/plain; version=0\.0\.4/);
  const samples = samplesOf(body);
  for (const [name, value] of [
    ['jumpgate_operations_total{type="bind",code="49",reason="wrong-password"}', 2],
    ['jumpgate_operations_total{type="bind",code="0",reason="ok"}', 1],
    ['jumpgate_operation_duration_seconds_count{type="bind"}', 3],
    ['jumpgate_operation_duration_seconds_bucket{type="bind",le="0.01"}', 0],
    ['jumpgate_operation_duration_seconds_bucket{type="bind",le="0.025"}', 3],
    ['jumpgate_operation_duration_seconds_bucket{type="bind",le="+Inf"}', 3],
    ['jumpgate_verdict_recalls_total{result="miss"}', 2],
    ['jumpgate_refresh_failures_total{cause="no-group"}', 1],
    ['jumpgate_refresh_duration_seconds_sum', 0.12],
    ['jumpgate_upstream_up{address="b.example:636"}', 0],
    ['jumpgate_bind_connections{state="busy"}', 3],
    ['jumpgate_bind_queue', 7],
    ['jumpgate_cloud_up', 1],
    ['jumpgate_cloud_events_total{kind="suspended"}', 3],
    ['jumpgate_cloud_polls_total{outcome="ok"}', 5],
    ['jumpgate_cloud_revoked_sessions_total', 1],
    ['jumpgate_cloud_poll_age_seconds', 12],
    ['jumpgate_cloud_event_delay_seconds', 4.5],
    ['jumpgate_upstream_lag_members{direction="missing"}', 120],
    ['jumpgate_upstream_lag_members{direction="left"}', 0],
    ['jumpgate_upstream_lag_seconds', 90],
    ['jumpgate_upstream_lag_groups_not_compared', 1],
    ['jumpgate_attempts_refused_total{limit="account"}', 3],
    ['jumpgate_connections_total', 5],
    ['jumpgate_connection_faults_total{fault="malformed message"}', 1],
    ['jumpgate_snapshot_members', 9],
    ['jumpgate_ready', 1],
  ] as const)
    t.equal(samples.get(name), value, name);
  t.ok((samples.get('jumpgate_certificate_expiry_seconds') ?? 0) > 0);
  t.ok((samples.get('jumpgate_upstream_reader_password_expiry_seconds') ?? 0) > 86_400);
  t.ok((samples.get('process_resident_memory_bytes') ?? 0) > 1e6);
  t.same(
    samplesOf((await ops.ask('/metrics')).body).get('jumpgate_operations_total{type="bind",code="0",reason="ok"}'),
    1,
  );
});

t.test('what is not known has no sample: no alert is to ring for a certificate that is not there', async (t) => {
  const ops = await OpsPort.start(t);
  const upstream = { ...READY.upstream, lag: { known: false, why: 'away' } };
  ops.state = { ...READY, ready: false, upstream, snapshot: { present: false, maxStaleSeconds: 3600 } };
  for (let i = 0; i < 2; i++) {
    const samples = samplesOf((await ops.ask('/metrics')).body);
    t.equal(samples.has('jumpgate_certificate_expiry_seconds'), false);
    t.equal(samples.has('jumpgate_snapshot_age_seconds'), false);
    t.equal(samples.has('jumpgate_cloud_up'), false);
    t.equal(samples.has('jumpgate_upstream_reader_password_expiry_seconds'), false);
    t.notOk([...samples.keys()].some((name) => name.startsWith('jumpgate_upstream_lag_')));
    t.equal(samples.get('jumpgate_ready'), 0);
  }
  ops.state = { ...READY, cloud: { callsLastHour: 0, reader: { faults: [] } } };
  const asked = samplesOf((await ops.ask('/metrics')).body);
  t.equal(asked.has('jumpgate_cloud_up'), false, 'before the first answer');
  t.equal(asked.has('jumpgate_upstream_reader_password_expiry_seconds'), false, 'it does not expire');
  ops.state = { ...READY, cloud: { up: false, callsLastHour: 0 } };
  t.equal(samplesOf((await ops.ask('/metrics')).body).get('jumpgate_cloud_up'), 0);
});

const FLEET: FleetState = {
  ...{ instance: 'gate-1', store: 'rediss://valkey.example.com:6379', up: true, together: true },
  since: '2026-03-01T11:00:00.000Z',
  decisions: { store: 7, local: 2 },
  reading: {
    ...{ role: 'taker', isReader: false, generation: 1_700_000_000_123, by: 'gate-<2>', ageSeconds: 12.5 },
    reads: { shared: 1, taken: 2, repeated: 3, alone: 4 },
  },
};

t.test(
  'the store that instances share: whether it answers, and who has decided; nothing where there is none',
  async (t) => {
    const ops = await busy(t);
    t.notMatch((await ops.ask('/metrics')).body, /^jumpgate_fleet/m);
    ops.state = { ...ops.state, fleet: FLEET };
    const samples = samplesOf((await ops.ask('/metrics')).body);
    t.equal(samples.get('jumpgate_fleet_up'), 1);
    t.equal(samples.get('jumpgate_fleet_decisions_total{by="store"}'), 7);
    t.equal(samples.get('jumpgate_fleet_decisions_total{by="local"}'), 2);
    t.match((await ops.ask('/')).body, /by all instances/);
    t.equal(samples.get('jumpgate_fleet_reader'), 0);
    t.equal(samples.get('jumpgate_fleet_generation'), 1_700_000_000_123);
    t.equal(samples.get('jumpgate_fleet_snapshot_age_seconds'), 12.5);
    t.equal(samples.get('jumpgate_fleet_reads_total{how="alone"}'), 4);
    t.match((await ops.ask('/')).body, /gate-&lt;2&gt;, for all/);
    ops.state = { ...ops.state, fleet: { ...FLEET, up: false, together: false, trouble: 'ECONNREFUSED <b>' } };
    t.equal(samplesOf((await ops.ask('/metrics')).body).get('jumpgate_fleet_up'), 0);
    t.match(
      (await ops.ask('/')).body,
      /store has been unusable for 1 h \(since 2026-03-01 11:00 UTC\)<.*ECONNREFUSED &lt;b&gt;/,
    );
  },
);

t.test('names and types keep to the conventions', async (t) => {
  const { body } = await (await busy(t)).ask('/metrics');
  for (const [, name = '', type] of body.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    t.match(name, /^(jumpgate|process)_[a-z_]+$/);
    t.equal(name.endsWith('_total'), type === 'counter', `${name}: ${type}`);
    if (type === 'histogram') t.match(name, /_seconds$/);
    t.match(body, new RegExp(`^# HELP ${name} \\S+`, 'm'));
  }
});

t.test('every metric that the dashboard and the alerts name is there, and the dashboard shows every one', async (t) => {
  const ops = await busy(t);
  ops.telemetry.apps = ['default', 'wiki'];
  ops.cloud = {
    ...{ calls: new Map([['ok', 3]]), lastHour: 3, lastError: undefined, isStopped: false },
    found: [{ reason: 'locked', app: 'wiki', count: 2 }],
    dropped: { full: 1 },
    revocation: ops.cloud?.revocation,
  };
  ops.state = { ...ops.state, fleet: FLEET };
  const { body } = await ops.ask('/metrics');
  const samples = samplesOf(body);
  const told = new Set([...samples.keys()].map((key) => key.replace(/\{.*/, '')));
  const named = (expression: string) => expression.match(/\b(jumpgate|process)_[a-z_]+\b/g) ?? [];
  const dashboard = JSON.parse(readFileSync('config/grafana.json', 'utf8')) as {
    panels: { targets?: { expr: string }[] }[];
  };
  const shown = dashboard.panels.flatMap(({ targets = [] }) => targets.flatMap(({ expr }) => named(expr)));
  const alerts = parse(readFileSync('config/alerts.yaml', 'utf8')) as {
    groups: { rules: { alert: string; expr: string; annotations: { summary: string; description: string } }[] }[];
  };
  const rules = alerts.groups.flatMap((group) => group.rules);
  t.ok(shown.length > 20 && rules.length > 8);
  for (const name of [...shown, ...rules.flatMap(({ expr }) => named(expr))]) t.ok(told.has(name), name);
  for (const { alert, annotations } of rules) t.ok(annotations.summary !== '' && annotations.description !== '', alert);
  const families = [...body.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name ?? '');
  const unseen = families.filter((name) => !shown.some((each) => each.replace(/_(bucket|count|sum)$/, '') === name));
  t.same(
    unseen.filter((name) => name !== 'jumpgate_snapshot_max_stale_seconds'),
    [],
    'all are shown somewhere',
  );
  const labels = rules.flatMap(({ expr }) => [...expr.matchAll(/(\w+)=~?"/g)].map(([, label]) => label));
  for (const label of labels) t.ok(label === 'job' || body.includes(`${label}="`), `label ${label}`);
});
