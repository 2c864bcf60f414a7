// The chart's own Deployment, started as rendered in a namespace of its own: its clients by TLS, its probes, Prometheus, and kubelet's new secrets.
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { makeAuthority } from '../../src/demo/certificate.js';
import { withoutGo } from '../conformance/go.js';
import { startDaemon } from '../support/daemon.js';
import { eventually } from '../support/proxy.js';
import { without } from '../support/site.js';
import { mounted, objectsIn, podIn, rendered } from './chart.js';
import { POD, startPod, withoutNamespaces } from './pod.js';

const [LDAPWHOAMI, CURL] = ['/usr/bin/ldapwhoami', '/usr/bin/curl'];
const skip = withoutGo || withoutNamespaces || without(LDAPWHOAMI, CURL);
const TOKEN = 'token-secret-of-ops';

t.test(
  'the Deployment serves LDAPS and metrics as rendered, with files of secrets and ConfigMaps',
  { skip },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'jumpgate-helm-'));
    t.teardown(() => rmSync(folder, { recursive: true }));
    const pod = await startPod(t);
    const [first = '', ...rest] = [...pod.prefix, process.execPath, '--import=tsx', 'test/deploy/upstream.ts', folder];
    await startDaemon(t, first, rest).until(() => existsSync(join(folder, 'url')));
    const read = (name: string) => readFileSync(join(folder, name), 'utf8');
    const authority = await makeAuthority();
    const { certPem, keyPem } = await authority.issue(['jumpgate.apps.svc', POD]);
    writeFileSync(join(folder, 'clients.pem'), authority.caPem);

    const values = {
      image: { repository: 'registry.example.com/jumpgate' },
      secrets: { reader: { name: 'reader' }, ops: { name: 'ops' } },
      tls: { certManager: { enabled: true, issuerRef: { name: 'authority' } } },
      metrics: { enabled: true },
      files: [
        { configMap: 'upstream', key: 'ca.crt' },
        { secret: 'wiki', key: 'password' },
      ],
      config: {
        upstream: {
          ...{ urls: [read('url')], orgId: '5f1c0a9e7b3d4c2a8e6f9d10', reader: { user: 'ldap-reader' } },
          caFile: '/run/secrets/jumpgate/files/upstream/ca.crt',
        },
        local: {
          baseDN: 'dc=example,dc=com',
          serviceAccounts: [
            { dn: 'cn=wiki,dc=example,dc=com', passwordFile: '/run/secrets/jumpgate/files/wiki/password' },
          ],
        },
      },
    };
    const { code, text } = await rendered(folder, values);
    t.equal(code, 0, code === 0 ? '' : text);
    const objects = objectsIn(text);
    const container = podIn(objects).containers[0]!;
    const contents: Readonly<Record<string, string>> = {
      'reader/password': `${read('reader')}\n`,
      'ops/token': TOKEN,
      'demo-jumpgate-tls/tls.crt': certPem,
      'demo-jumpgate-tls/tls.key': keyPem,
      'upstream/ca.crt': read('ca.pem'),
      'wiki/password': 'wiki-secret',
    };
    const JUMPGATE_CONFIG = mounted(folder, objects, container, (name) => contents[name] ?? 'none of these');
    // As kubelet has it: a link that is turned to another folder as a whole.
    const mount = join(folder, 'jumpgate-secrets');
    const turnTo = (name: string) => {
      symlinkSync(name, join(folder, '..data_tmp'));
      renameSync(join(folder, '..data_tmp'), mount);
    };
    renameSync(mount, join(folder, '..1'));
    turnTo('..1');
    const right = readFileSync(JUMPGATE_CONFIG);
    const env = { PATH: process.env.PATH, JUMPGATE_CONFIG };
    const [enter = '', ...into] = [...pod.prefix, process.execPath, 'dist/main.js'];
    const child = spawn(enter, [...into, ...container.args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    let log = '';
    child.stdout.on('data', (part: Buffer) => {
      log += part.toString();
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    t.teardown(() => child.kill('SIGKILL'));
    const probe = (words: readonly string[] = []) =>
      new Promise((resolve) => spawn(enter, [...into, ...words.slice(1)], { env }).once('close', resolve));
    await eventually(async () => (await probe(container.startupProbe.exec?.command)) === 0);
    t.equal(await probe(container.readinessProbe?.exec?.command), 0);

    const who = (port: number, dn: string, password: string, scheme = 'ldaps') => {
      const words = ['LDAPTLS_CACERT=', join(folder, 'clients.pem')].join('');
      const question = ['-x', '-H', `${scheme}://${POD}:${port}`, '-D', `${dn},dc=example,dc=com`, '-w', password];
      return pod.runOutside('env', words, LDAPWHOAMI, ...question);
    };
    const ports = new Map(container.ports.map(({ name, containerPort }) => [name, containerPort]));
    const ldaps = ports.get('ldaps')!;
    t.match(await who(ldaps, 'uid=quillon.varrek,ou=Users', 'user-secret-5001'), { code: 0 });
    t.equal((await who(ldaps, 'uid=quillon.varrek,ou=Users', 'wrong')).code, 49);
    t.match(await who(ldaps, 'cn=wiki', 'wiki-secret'), { code: 0 }, 'a service account with its password in a file');
    t.equal((await who(1389, 'cn=wiki', 'wiki-secret', 'ldap')).code, 255, 'nothing in cleartext from outside');

    const ask = (path: string, ...more: readonly string[]) =>
      pod.runOutside(CURL, '-sS', ...more, `http://${POD}:${ports.get('ops')}${path}`);
    t.match((await ask('/metrics', '-H', `Authorization: Bearer ${TOKEN}`)).text, /jumpgate_/);
    t.notMatch((await ask('/metrics')).text, /jumpgate_/);

    writeFileSync(JUMPGATE_CONFIG, '{ broken: [');
    await eventually(() => log.includes('configuration: the old one is kept'));
    for (const { exec } of [container.startupProbe, container.readinessProbe!])
      t.equal(await probe(exec?.command), 0, 'a mistake in the ConfigMap that the process does not take ends nothing');
    writeFileSync(JUMPGATE_CONFIG, right);

    cpSync(join(folder, '..1'), join(folder, '..2'), { recursive: true });
    rmSync(join(folder, '..2/files/wiki/password'));
    writeFileSync(join(folder, '..2/files/wiki/password'), 'wiki-secret-2', { mode: 0o440 });
    turnTo('..2');
    await eventually(() => log.includes('configuration: changed'));
    t.match(await who(ldaps, 'cn=wiki', 'wiki-secret-2'), { code: 0 }, 'a new secret is taken without a restart');
    t.equal((await who(ldaps, 'cn=wiki', 'wiki-secret')).code, 49);
    child.kill('SIGTERM');
    t.equal(await ended, 0);
  },
);
