// The Helm chart with values that are odd, and what must hold whatever they are: names, ports, probes, the security context.
import { readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { parse } from 'yaml';
import { listenersOf } from '../../src/config/listeners.js';
import { loadConfig } from '../../src/config/load.js';
import { makeAuthority } from '../../src/demo/certificate.js';
import { withoutGo } from '../conformance/go.js';
import { withoutPython } from '../conformance/python.js';
import {
  applicationChart,
  CERTIFIED,
  configIn,
  faultsOf,
  type KubernetesObject,
  mounted,
  NEEDED,
  objectsIn,
  podIn,
  rendered,
  type Values,
} from './chart.js';

const skip = withoutGo || withoutPython;
const upstream = { orgId: '5f1c0a9e7b3d4c2a8e6f9d10', reader: { user: 'ldap-reader' } };

async function objectsOf(t: Test, values: Values, release?: string): Promise<KubernetesObject[]> {
  const { code, text } = await rendered(t.testdir(), values, undefined, release);
  if (code !== 0) throw new Error(text);
  return objectsIn(text);
}

/** The first object of a kind, as whatever the test expects it to be. */
function the<T>(objects: readonly KubernetesObject[], kind: string): T {
  return objects.find((object) => object.kind === kind) as unknown as T;
}

t.test('whatever the name of a release, its Service has a name that DNS takes', { skip }, async (t) => {
  for (const release of [
    '123',
    'my.release',
    '9jumpgate',
    'a'.repeat(53),
    `${'a'.repeat(43)}.b`,
    'x-jumpgate',
    '1e3',
  ]) {
    const objects = await objectsOf(t, CERTIFIED, release);
    const { metadata } = the<KubernetesObject>(objects, 'Service');
    t.match(metadata.name, /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/, release);
    t.match(metadata.name, /jumpgate/);
    t.equal(the<KubernetesObject>(objects, 'ConfigMap').metadata.name, metadata.name);
  }
});

t.test('texts that look like something else stay texts', { skip }, async (t) => {
  const odd = [
    ...[
      'yes',
      'null',
      '~',
      '1e3',
      '0x10',
      '0o17',
      '017',
      '1_000',
      '1:30',
      '.5',
      '.inf',
      '<<',
      '2001-01-01',
      ' a',
      'a ',
      '',
    ],
    ...[
      '{{ .Values.replicas }}',
      'a: b',
      '# a',
      '"a"',
      "'a'",
      'a\nb\n',
      'a\r\nb',
      '*a',
      '&a',
      '- a',
      '--- a',
      '\u2028',
      'é',
    ],
    // As an ID of JumpCloud may be: digits around an e.
    ...['512345678901e12345678901', '123456789012345678901234'],
  ];
  const attributes = Object.fromEntries(odd.map((text, i) => [`a${i}`, { value: text }]));
  const config = parse(configIn(await objectsOf(t, { ...CERTIFIED, config: { attributes } }))) as {
    attributes: object;
  };
  t.same(config.attributes, attributes);

  const folder = t.testdir();
  const names = {
    ...NEEDED,
    secrets: { reader: { name: '1e3', key: '0x10' }, ops: { name: '1e3', key: '0x10' } },
    metrics: { enabled: true, serviceMonitor: { enabled: true, labels: { 'app.kubernetes.io/managed-by': '1e3' } } },
    tls: { certManager: { enabled: true, issuerRef: { name: '1e3' } } },
    ...{ serviceAccount: { name: '123' }, files: [{ secret: '1e3', key: '0x10' }] },
    ...{ podLabels: { 'helm.sh/chart': '1e3' }, podAnnotations: { 'jumpgate/configuration': '1e3' } },
  };
  const { code, text } = await rendered(folder, names, undefined, '1e3');
  t.equal(code, 0, code === 0 ? '' : text);
  t.same(await faultsOf(folder, text), []);
  t.match(the(objectsIn(text), 'ServiceMonitor'), {
    metadata: { labels: { 'app.kubernetes.io/managed-by': '1e3', 'app.kubernetes.io/instance': '1e3' } },
    spec: { endpoints: [{ authorization: { credentials: { name: '1e3', key: '0x10' } } }] },
  });
  t.match(the(objectsIn(text), 'Deployment'), {
    spec: {
      template: {
        metadata: { labels: { 'helm.sh/chart': '1e3' }, annotations: { 'jumpgate/configuration': /^\w{64}$/ } },
      },
    },
  });
  const application = await applicationChart(folder);
  const beside = await rendered(folder, { jumpgate: { enabled: true }, global: { a: 1 } }, application, '123');
  t.equal(beside.code, 0, beside.text);
  t.same(await faultsOf(folder, beside.text), []);
});

interface Policy {
  readonly spec: {
    readonly ingress: readonly { readonly from: readonly object[]; readonly ports: readonly { port: string }[] }[];
    readonly egress: readonly { readonly ports: readonly { readonly port: number }[] }[];
  };
}

t.test('the policy lets through to what the configuration connects to, and no list is nobody', { skip }, async (t) => {
  const config = {
    upstream: {
      ...{ ...upstream, urls: ['ldaps://ldap.example.com:1636', 'LDAPS://b.example.com', 'ldap://[2001:db8::1]'] },
      startTLS: true,
      api: { clientId: 'a', urls: { api: 'https://api.example.com:8443/a:1' } },
    },
    fleet: { url: 'rediss://[2001:db8::2]:7000' },
  };
  const secrets = { reader: { name: 'a' }, api: { name: 'a' }, fleet: { name: 'a' }, ops: { name: 'a' } };
  const ports = ({ spec }: Policy) => spec.egress.flatMap((rule) => rule.ports.map(({ port }) => port));
  const policy = the<Policy>(await objectsOf(t, { ...CERTIFIED, secrets, config }), 'NetworkPolicy');
  t.same(ports(policy).sort(), [53, 53, 636, 443, 1636, 389, 8443, 7000].sort());
  const local = { ...CERTIFIED, secrets, config: { fleet: { url: 'redis://127.0.0.1:7000' } } };
  t.same(ports(the<Policy>(await objectsOf(t, local), 'NetworkPolicy')), [53, 53, 636, 443]);

  const closed = { ...CERTIFIED, secrets, metrics: { enabled: true }, networkPolicy: { from: [] } };
  t.match(the<Policy>(await objectsOf(t, closed), 'NetworkPolicy').spec.ingress, [{ ports: [{ port: 'ops' }] }]);
  const shut = { ...CERTIFIED, networkPolicy: { from: [], metricsFrom: [] } };
  t.same(the<Policy>(await objectsOf(t, shut), 'NetworkPolicy').spec.ingress, []);
});

/** Ports beyond loopback that the product would open by the ConfigMap. */
async function opened(t: Test, objects: readonly KubernetesObject[]): Promise<number[]> {
  const folder = t.testdir();
  const [container] = podIn(objects).containers;
  const { certPem, keyPem } = await (await makeAuthority()).issue(['localhost']);
  const file = mounted(folder, objects, container!, (name) => {
    if (name.endsWith('tls.crt')) return certPem;
    return name.endsWith('tls.key') ? keyPem : 'secret-of-a-file';
  });
  const config = loadConfig({ file, env: {}, flags: {} });
  const listeners = listenersOf(config).flatMap(({ listen }) => [listen.ldaps, listen.ldap]);
  const all = [...listeners, config.ops.http].filter((address) => address !== undefined);
  return all.filter(({ host }) => host !== '127.0.0.1').map(({ port }) => port);
}

t.test('what the pod publishes is what the product opens', { skip }, async (t) => {
  const own = (name: string, listen: object) => ({ name, groups: [name], listen });
  const apps = [
    own('wiki', { ldaps: '0.0.0.0:1640', ldap: '127.0.0.1:1391' }),
    own('git', { ldaps: '[::]:1641', ldap: '0.0.0.0:1392' }),
  ];
  const metrics = { enabled: true };
  const secrets = { reader: { name: 'reader' }, ops: { name: 'ops' } };
  for (const [values, published] of [
    [{ ...CERTIFIED, config: { upstream } }, ['ldaps 636']],
    [{ ...CERTIFIED, service: { cleartext: true }, config: { upstream } }, ['ldaps 636', 'ldap 389']],
    [{ ...NEEDED, service: { cleartext: true }, config: { upstream } }, ['ldap 389']],
    [{ ...CERTIFIED, config: { upstream, listen: { ldaps: '[::]:2636' } } }, ['ldaps 636']],
    [{ ...CERTIFIED, secrets, metrics, config: { upstream, ops: { http: '[::]:9999' } } }, ['ldaps 636']],
    [
      { ...CERTIFIED, service: { cleartext: true }, config: { upstream, apps } },
      ['ldaps-1640 1640', 'ldaps-1641 1641', 'ldap-1392 1392'],
    ],
    [
      { ...CERTIFIED, service: { ldaps: 6360 }, config: { upstream, group: 'a', apps: apps.slice(0, 1) } },
      ['ldaps 6360', 'ldaps-1640 1640'],
    ],
  ] as const) {
    const objects = await objectsOf(t, values);
    const [container] = podIn(objects).containers;
    t.same(container!.ports.map(({ containerPort }) => containerPort).sort(), (await opened(t, objects)).sort());
    const { spec } = the<{ spec: { ports: { name: string; port: number; targetPort: string }[] } }>(objects, 'Service');
    t.same(
      spec.ports.map(({ name, port }) => `${name} ${port}`),
      published,
    );
    const names = container!.ports.map(({ name }) => name);
    for (const { targetPort } of spec.ports) t.ok(names.includes(targetPort), targetPort);
    t.ok(names.includes(container!.livenessProbe.tcpSocket!.port), 'what is probed is open');
    const policy = the<Policy>(objects, 'NetworkPolicy').spec.ingress[0]!.ports.map(({ port }) => port);
    t.same(
      policy,
      spec.ports.map(({ targetPort }) => targetPort),
    );
  }
  const twice = { ...CERTIFIED, service: { ldaps: 1640 }, config: { upstream, group: 'a', apps } };
  t.match(await rendered(t.testdir(), twice), { code: 1, text: /port 1640 twice/ });
});

t.test('an outage of JumpCloud ends no container, and takes no pod out of service', { skip }, async (t) => {
  const folder = t.testdir();
  const beside = await rendered(folder, {}, await applicationChart(folder));
  for (const container of [
    podIn(objectsIn(beside.text)).initContainers![0]!,
    podIn(await objectsOf(t, CERTIFIED)).containers[0]!,
  ]) {
    const { startupProbe, readinessProbe, livenessProbe } = container;
    // CrashLoopBackOff would make the application wait five minutes more; it starts from scratch for a container that ran for ten.
    t.ok(startupProbe.periodSeconds * startupProbe.failureThreshold! >= 3600);
    t.ok(startupProbe.exec!.command.includes('--ready'));
    t.notOk(readinessProbe?.exec?.command.includes('--ready'));
    t.notOk(livenessProbe.exec?.command.includes('--ready'));
    // The Pod Security Standard "restricted".
    t.match(container.securityContext, {
      runAsNonRoot: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
      readOnlyRootFilesystem: true,
    });
  }
});

t.test('probes ask the ops port where it is', { skip }, async (t) => {
  const command = async (values: Values) =>
    podIn(await objectsOf(t, { ...CERTIFIED, ...values })).containers[0]!.readinessProbe!.exec!.command.join(' ');
  const own = (http: unknown) => command({ config: { ops: { http } } });
  t.equal(await command({}), 'jumpgate healthcheck --url http://127.0.0.1:9389');
  t.equal(await own('[::1]:9390'), 'jumpgate healthcheck --url http://[::1]:9390');
  t.equal(await own(9390), 'jumpgate healthcheck --url http://127.0.0.1:9390');
  t.equal(await own(false), 'jumpgate healthcheck');
  const without = podIn(await objectsOf(t, { ...CERTIFIED, config: { ops: { http: false } } })).containers[0]!;
  t.same(without.startupProbe.exec!.command, ['jumpgate', 'healthcheck'], 'nobody else can say that it is ready');
  t.equal(await command({ env: [{ name: 'JUMPGATE_OPS_HTTP', value: 'false' }] }), 'jumpgate healthcheck');
});

t.test('further files of secrets and ConfigMaps are where the configuration may name them', { skip }, async (t) => {
  const at = '/run/secrets/jumpgate/files';
  const config = {
    upstream: { ...upstream, caFile: `${at}/authority/ca.crt` },
    local: { baseDN: 'dc=a', serviceAccounts: [{ dn: 'cn=wiki,dc=a', passwordFile: `${at}/wiki/password` }] },
  };
  const files = [
    { configMap: 'authority', key: 'ca.crt' },
    { secret: 'wiki', key: 'password' },
  ];
  const folder = t.testdir();
  const { text } = await rendered(folder, { ...CERTIFIED, config, files });
  t.same(await faultsOf(folder, text), []);
  const { projected } = podIn(objectsIn(text)).volumes.find(({ name }) => name === 'jumpgate-secrets')!;
  t.match(projected!.sources.slice(1, 3), [
    { configMap: { name: 'authority', items: [{ key: 'ca.crt', path: 'files/authority/ca.crt' }] } },
    { secret: { name: 'wiki', items: [{ key: 'password', path: 'files/wiki/password' }] } },
  ]);
  const file = mounted(folder, objectsIn(text), podIn(objectsIn(text)).containers[0]!, (name) => name);
  const { upstream: mountedUpstream } = parse(readFileSync(file, 'utf8')) as { upstream: { caFile: string } };
  t.equal(readFileSync(mountedUpstream.caFile, 'utf8'), 'authority/ca.crt');
});
