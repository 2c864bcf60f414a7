// The Helm chart: every set of values gives objects that Kubernetes takes, wrong values are refused, and what it would run does run.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { StandIn } from '../../src/demo/stand-in.js';
import { userDN } from '../../src/demo/tree.js';
import { withoutGo } from '../conformance/go.js';
import { withoutPython } from '../conformance/python.js';
import { Client } from '../support/client.js';
import { freePort } from '../support/ports.js';
import { BASE, eventually } from '../support/proxy.js';
import {
  applicationChart,
  CERTIFIED,
  CHART,
  faultsOf,
  helm,
  mounted,
  NEEDED,
  objectsIn,
  podIn,
  rendered,
  type Values,
} from './chart.js';

const skip = withoutGo || withoutPython;

const config = {
  upstream: { orgId: '5f1c0a9e7b3d4c2a8e6f9d10', reader: { user: 'ldap-reader' } },
  group: 'wayk-users',
};
const secrets = { reader: { name: 'reader' }, api: { name: 'api' }, ops: { name: 'ops', key: 'ops-token' } };
const metrics = {
  enabled: true,
  serviceMonitor: { enabled: true, labels: { team: 'a' } },
  prometheusRule: { enabled: true },
};

const fleet = {
  ...CERTIFIED,
  config: { ...config, fleet: { url: 'rediss://valkey.example.com:7000' } },
  secrets: { ...NEEDED.secrets, fleet: { name: '1e3', passwordKey: 'password' } },
};

/** Values, and what has to be there of them. */
const MATRIX: Readonly<Record<string, { readonly values: Values; readonly kinds: string }>> = {
  'what is needed': {
    values: CERTIFIED,
    kinds: 'ConfigMap Deployment NetworkPolicy PodDisruptionBudget Service ServiceAccount',
  },
  'everything on': {
    values: {
      ...{ ...NEEDED, config, secrets, metrics },
      tls: { certManager: { enabled: true, issuerRef: { name: 'authority' }, dnsNames: ['ldap.example.com'] } },
      service: { type: 'LoadBalancer', cleartext: true, annotations: { a: 'b' } },
      image: { repository: 'registry.example.com/jumpgate', digest: `sha256:${'0'.repeat(64)}` },
      ...{ imagePullSecrets: [{ name: 'pull' }], env: [{ name: 'TZ', value: 'UTC' }], podLabels: { a: 'b' } },
      ...{ podAnnotations: { a: 'b' }, nodeSelector: { a: 'b' }, tolerations: [{ key: 'a', operator: 'Exists' }] },
      affinity: { nodeAffinity: {} },
      networkPolicy: { egress: [{ to: [{ ipBlock: { cidr: '192.0.2.0/24' } }] }] },
      podDisruptionBudget: { maxUnavailable: '50%' },
    },
    kinds:
      'Certificate ConfigMap Deployment NetworkPolicy PodDisruptionBudget PrometheusRule Service Service ServiceAccount ServiceMonitor',
  },
  'everything off': {
    values: {
      ...CERTIFIED,
      ...{ networkPolicy: { enabled: false }, podDisruptionBudget: { enabled: false }, preStopSeconds: 0 },
      serviceAccount: { create: false },
    },
    kinds: 'ConfigMap Deployment Service',
  },
  'clear text alone': {
    values: { ...NEEDED, service: { cleartext: true } },
    kinds: 'ConfigMap Deployment NetworkPolicy PodDisruptionBudget Service ServiceAccount',
  },
  'an API key': {
    values: { ...CERTIFIED, secrets: { ...NEEDED.secrets, api: { name: 'api', key: 'k', kind: 'key' } } },
    kinds: 'ConfigMap Deployment NetworkPolicy PodDisruptionBudget Service ServiceAccount',
  },
  'metrics without the operator': {
    values: { ...CERTIFIED, secrets, metrics: { enabled: true } },
    kinds: 'ConfigMap Deployment NetworkPolicy PodDisruptionBudget Service Service ServiceAccount',
  },
  'instances that share a store': {
    values: fleet,
    kinds: 'ConfigMap Deployment NetworkPolicy PodDisruptionBudget Service ServiceAccount',
  },
  'parts of a sidecar': { values: { ...NEEDED, standalone: false, config }, kinds: 'ConfigMap' },
};

t.test('each set of values gives objects that Kubernetes takes', { skip }, async (t) => {
  for (const [name, { values, kinds }] of Object.entries(MATRIX)) {
    const folder = t.testdir();
    const { code, text } = await rendered(folder, values);
    if (!t.equal(code, 0, `${name}: ${code === 0 ? '' : text}`)) continue;
    t.equal(
      objectsIn(text)
        .map(({ kind }) => kind)
        .sort()
        .join(' '),
      kinds,
      name,
    );
    t.same(await faultsOf(folder, text), [], name);
    const lint = await helm('lint', '--strict', '--values', join(folder, 'values.json'), CHART);
    t.equal(lint.code, 0, lint.text);
  }
});

t.test('a misspelt key of an object is found, whichever schema has its kind', { skip }, async (t) => {
  const folder = t.testdir();
  const { text } = await rendered(folder, MATRIX['everything on']!.values);
  for (const [right, wrong] of [
    ['readOnlyRootFilesystem:', 'readOnlyRootFileSystem:'],
    ['maxUnavailable:', 'maxUnavailabel:'],
    ['jobLabel:', 'joblabel:'],
    ['issuerRef:', 'issuer:'],
    ['kind: PrometheusRule', 'kind: PrometheusRules'],
  ] as const) {
    t.ok(text.includes(right), right);
    t.not((await faultsOf(folder, text.replace(right, wrong))).length, 0, wrong);
  }
});

t.test(
  'a fleet has its secrets as files, may reach its store, and no name turns into a number',
  { skip },
  async (t) => {
    const { text } = await rendered(t.testdir(), fleet);
    t.match(text, '"keyFile": "/run/secrets/jumpgate/fleet/key"');
    t.match(text, '"passwordFile": "/run/secrets/jumpgate/fleet/password"');
    t.match(text, '- { port: 7000, protocol: TCP }');
    t.match(text, 'name: "1e3"');
    const usual = { ...fleet, config: { ...config, fleet: { url: 'rediss://valkey' } } };
    t.match((await rendered(t.testdir(), usual)).text, '- { port: 6379, protocol: TCP }');
  },
);

t.test('wrong values are refused with their names', { skip }, async (t) => {
  for (const [values, told] of [
    [{ ...CERTIFIED, config: { upstrem: {} } }, /upstrem/],
    [{ ...CERTIFIED, config: { upstream: { reader: { password: 'secret' } } } }, /'password' not allowed/],
    [{ ...CERTIFIED, config: { upstream: { api: { key: 'jca_secret' } } } }, /'key' not allowed/],
    [{ ...CERTIFIED, config: { ops: { token: 'secret' } } }, /'token' not allowed/],
    [{ ...CERTIFIED, replica: 2 }, /replica/],
    [{ ...CERTIFIED, replicas: 'two' }, /want integer/],
    [{ ...CERTIFIED, image: { repository: 'r', digest: 'latest' } }, /digest/],
    [{ ...CERTIFIED, image: {} }, /image\.repository is missing/],
    [{ ...CERTIFIED, secrets: {} }, /secrets\.reader\.name is missing/],
    [NEEDED, /no application could connect: set tls\.secretName/],
    [{ ...fleet, secrets: NEEDED.secrets }, /config\.fleet needs secrets\.fleet\.name/],
    [{ ...fleet, config: { ...config, fleet: { key: 'secret' } } }, /'key' not allowed/],
    [{ ...CERTIFIED, metrics: { enabled: true } }, /metrics\.enabled needs secrets\.ops\.name/],
    [{ ...CERTIFIED, secrets, metrics, config: { ops: { http: '127.0.0.1:1' } } }, /leave config\.ops\.http out/],
    [{ ...NEEDED, standalone: false, secrets, metrics }, /metrics\.enabled is for standalone/],
    [{ ...NEEDED, standalone: false, config: fleet.config }, /config\.fleet needs secrets\.fleet\.name/],
    [
      { ...CERTIFIED, config: { upstream: { api: { clientId: 'a' } } } },
      /config\.upstream\.api needs secrets\.api\.name/,
    ],
    [{ ...CERTIFIED, podLabels: { 'app.kubernetes.io/name': 'a' } }, /podLabels cannot have app\.kubernetes\.io\/name/],
    [{ ...CERTIFIED, config: { listen: { limits: { drainTime: '25500ms' } } } }, /terminationGracePeriodSeconds.*31 s/],
    [{ ...CERTIFIED, files: [{ secret: 'a', configMap: 'b', key: 'c' }] }, /files/],
    // Kubernetes would drop the key, and let this through to everywhere.
    [{ ...CERTIFIED, networkPolicy: { egress: [{ too: [] }] } }, /'too' not allowed/],
    [{ ...CERTIFIED, networkPolicy: { from: [{ podSelctor: {} }] } }, /'podSelctor' not allowed/],
    [{ ...CERTIFIED, env: [{ name: 'a', valu: 'b' }] }, /'valu' not allowed/],
    [{ ...CERTIFIED, resources: { limts: {} } }, /'limts' not allowed/],
  ] as const) {
    const { code, text } = await rendered(t.testdir(), values);
    t.not(code, 0, String(told));
    t.match(text, told);
  }
});

t.test('another configuration is another pod, and the same is not', { skip }, async (t) => {
  const checksum = async (values: Values) =>
    /jumpgate\/configuration: (\w+)/.exec((await rendered(t.testdir(), values)).text)?.[1];
  const one = await checksum({ ...CERTIFIED, config });
  t.match(one, /^\w{64}$/);
  t.equal(await checksum({ ...CERTIFIED, config }), one);
  t.not(await checksum({ ...CERTIFIED, config: { ...config, group: 'other' } }), one);
});

t.test('the sidecar of an application’s pod is started as rendered, and lets its users in', { skip }, async (t) => {
  const upstream = await StandIn.start();
  t.teardown(() => upstream.stop());
  const folder = t.testdir({ 'ca.pem': upstream.caPem });
  const [ldap, ops] = [await freePort(), await freePort()];
  const chart = await applicationChart(folder);
  const values = {
    jumpgate: {
      config: {
        upstream: {
          urls: [upstream.url],
          caFile: join(folder, 'ca.pem'),
          orgId: upstream.orgId,
          reader: { user: 'ldap-reader' },
        },
        listen: { ldap: `127.0.0.1:${ldap}` },
        ops: { http: `127.0.0.1:${ops}` },
      },
    },
  };
  const { code, text } = await rendered(folder, values, chart);
  t.equal(code, 0, code === 0 ? '' : text);
  t.same(await faultsOf(folder, text), []);
  const objects = objectsIn(text);
  const [container] = podIn(objects).initContainers!;
  if (container === undefined) throw new Error('there is no sidecar');
  t.match(container, { name: 'jumpgate', restartPolicy: 'Always', args: ['serve'] });
  const file = mounted(folder, objects, container, () => upstream.reader.password);
  const env = { PATH: process.env.PATH, JUMPGATE_CONFIG: file };
  // `jumpgate` is the image's entry point.
  const jumpgate = (args: readonly string[]) =>
    spawn(process.execPath, ['dist/main.js', ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const child = jumpgate(container.args);
  t.teardown(() => child.kill('SIGKILL'));
  child.stdout.resume();
  const probe = () =>
    new Promise<number | null>((resolve) => {
      const [command, ...args] = container.startupProbe.exec!.command;
      t.equal(command, 'jumpgate');
      jumpgate(args).once('close', (exit) => resolve(exit));
    });
  await eventually(async () => (await probe()) === 0);
  const client = await Client.open(`ldap://127.0.0.1:${ldap}`);
  t.equal((await client.bind(`uid=quillon.varrek,ou=Users,${BASE}`, 'user-secret-5001')).code, 0);
  t.equal((await client.bind(`uid=quillon.varrek,ou=Users,${BASE}`, 'another')).code, 49);
  t.not(userDN('quillon.varrek'), `uid=quillon.varrek,ou=Users,${BASE}`);
  client.destroy();
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGTERM');
  t.equal(await ended, 0, 'and it ends when the pod does');
});
