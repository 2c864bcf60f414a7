// The image, built for real and run as a container engine would: what is in it, who it runs as, what it reaches, and how it ends.
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  cpSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { StandIn } from '../../src/demo/stand-in.js';
import { need, withoutCommands } from '../conformance/packages.js';
import { Client, searchRequest, simpleBind } from '../support/client.js';
import { startDaemon } from '../support/daemon.js';
import { freePort } from '../support/ports.js';
import { eventually, userDN } from '../support/proxy.js';
import { without } from '../support/site.js';
import { composeConfig, quadletUnits } from './go-programs.js';
import { BASE_NAME, buildImage, type Image } from './image.js';
import {
  type Container,
  type ContainerOptions,
  POD,
  type Pod,
  startContainer,
  startPod,
  withoutNamespaces,
} from './pod.js';

const BUILDAH = '/usr/bin/buildah';
const LDAPWHOAMI = '/usr/bin/ldapwhoami';
const CURL = '/usr/bin/curl';
const VERSION = '9.8.7-test';
const USER = 65_532;
/** Bytes of the layer, unpacked: what it had when this was written, and a tenth more. */
const MOST = 21_000_000;

const ORG = '5f1c0a9e7b3d4c2a8e6f9d10';
const [NAME, PASSWORD] = ['quillon.varrek', 'user-secret-5001'];
/** As JumpCloud names it: without local.baseDN. */
const jumpCloudDN = (org: string) => `uid=${NAME},ou=Users,o=${org},dc=jumpcloud,dc=com`;

const skip =
  withoutNamespaces || without(BUILDAH, LDAPWHOAMI, CURL, '/usr/sbin/debootstrap') || withoutCommands('npm', 'go');

/** A folder that every user may walk to. */
function openFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'jumpgate-secrets-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  chmodSync(folder, 0o755);
  return folder;
}

/** A file that the image's user alone may read. */
function secretFile(folder: string, name: string, content: string, owner = USER, mode = 0o400): string {
  const file = join(folder, name);
  writeFileSync(file, content, { mode });
  chmodSync(file, mode);
  chownSync(file, owner, owner);
  return file;
}

/** A descriptor, or -1 as long as nobody reads. */
function openForWriting(pipe: string): number {
  try {
    return openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return -1;
  }
}

const isReady = ({ log }: Container) => log.some((line) => line.includes('"msg":"ready: '));

/** The stand-in in the pod, and what a container needs to reach it: the five variables, and two files. */
async function upstreamIn(t: Test, pod: Pod): Promise<Required<Pick<ContainerOptions, 'env' | 'secrets'>>> {
  const folder = openFolder(t);
  const [first = '', ...rest] = [...pod.prefix, process.execPath, '--import=tsx', 'test/deploy/upstream.ts', folder];
  const url = join(folder, 'url');
  await startDaemon(t, first, rest).until(() => existsSync(url));
  for (const name of ['ca.pem', 'reader']) chownSync(join(folder, name), USER, USER);
  const env = {
    JUMPGATE_UPSTREAM_URLS: readFileSync(url, 'utf8'),
    JUMPGATE_UPSTREAM_CA_FILE: '/run/secrets/ca.pem',
    JUMPGATE_UPSTREAM_ORG_ID: ORG,
    JUMPGATE_UPSTREAM_READER_USER: 'ldap-reader',
    JUMPGATE_UPSTREAM_READER_PASSWORD_FILE: '/run/secrets/reader',
  };
  return { env, secrets: { 'ca.pem': join(folder, 'ca.pem'), reader: join(folder, 'reader') } };
}

/** The stand-in in this process, and a container in this machine's network. */
async function besideUpstream(
  t: Test,
  image: Image,
): Promise<{ readonly upstream: StandIn; readonly container: Container; readonly port: number }> {
  const upstream = await StandIn.start({});
  t.teardown(() => upstream.stop());
  const folder = openFolder(t);
  const port = await freePort();
  const env = {
    JUMPGATE_LISTEN_LDAP: `127.0.0.1:${port}`,
    JUMPGATE_OPS_HTTP: 'false',
    JUMPGATE_LOCAL_BASE_DN: 'dc=example,dc=com',
    JUMPGATE_UPSTREAM_URLS: upstream.url,
    JUMPGATE_UPSTREAM_CA_FILE: '/run/secrets/ca.pem',
    JUMPGATE_UPSTREAM_ORG_ID: upstream.orgId,
    JUMPGATE_UPSTREAM_READER_DN: upstream.reader.dn,
    JUMPGATE_UPSTREAM_READER_PASSWORD_FILE: '/run/secrets/reader',
  };
  const secrets = {
    'ca.pem': secretFile(folder, 'ca.pem', upstream.caPem),
    reader: secretFile(folder, 'reader', upstream.reader.password),
  };
  const container = startContainer(t, image, { env, secrets });
  await container.until(() => isReady(container));
  return { upstream, container, port };
}

t.test('the image', { skip, timeout: 1_200_000 }, async (t) => {
  const image = await buildImage(VERSION);
  t.teardown(() => image.remove());
  const { config, root } = image;

  t.test('runs as a user by number, opens no port on its own, and says what it is', async (t) => {
    t.equal(config.User, `${USER}:${USER}`);
    t.same(config.Entrypoint, ['node', '--max-semi-space-size=2', '/opt/jumpgate/dist/main.js']);
    t.same(config.Cmd, ['serve']);
    t.equal(config.ExposedPorts, undefined);
    t.same(
      config.Env.filter((line) => line.startsWith('JUMPGATE_')),
      [],
    );
    t.match(config.Labels, {
      'org.opencontainers.image.title': 'Jumpgate',
      'org.opencontainers.image.version': VERSION,
      'org.opencontainers.image.licenses': 'MIT',
      'org.opencontainers.image.base.name': BASE_NAME,
    });
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    t.match(readFileSync('Dockerfile', 'utf8'), `ARG VERSION=${version}\n`, 'without the argument it is this one');
  });

  t.test('has one layer above its base, in which nothing can be changed', async (t) => {
    t.same(image.layers.slice(0, -1), image.baseLayers);
    // buildah makes one of each stage; other builders make one of each of these.
    const stages = readFileSync('Dockerfile', 'utf8').split(/^FROM /m);
    t.equal(stages.at(-1)?.match(/^(COPY|ADD|RUN|WORKDIR) /gm)?.length, 1);
    let octets = 0;
    for (const folder of ['opt/jumpgate', 'usr/share/jumpgate'])
      for (const name of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
        const file = join(root, folder, name);
        const { mode, uid, size } = statSync(file);
        octets += size;
        if ((mode & 0o222) !== 0 || (mode & 0o444) !== 0o444 || uid !== 0)
          t.fail(`${file} has mode ${mode.toString(8)}`);
        if (/\.(map|ts)$/.test(name)) t.fail(`${file} is not needed to run`);
      }
    t.comment(`${octets} bytes above the base`);
    t.ok(octets < MOST, `${octets} bytes`);
  });

  t.test('lists what is in it, and no other: CycloneDX', async (t) => {
    interface Bom {
      readonly bomFormat: string;
      readonly metadata: { readonly component: { readonly name: string; readonly type: string } };
      readonly components: readonly { readonly name: string; readonly version: string }[];
    }
    const bom = JSON.parse(readFileSync(join(root, 'usr/share/jumpgate/sbom.cdx.json'), 'utf8')) as Bom;
    t.match(bom, { bomFormat: 'CycloneDX', metadata: { component: { name: 'jumpgate', type: 'application' } } });
    const lock = JSON.parse(readFileSync(join(root, 'opt/jumpgate/node_modules/.package-lock.json'), 'utf8')) as {
      packages: Record<string, { version: string }>;
    };
    const installed = Object.entries(lock.packages).map(
      ([path, { version }]) => `${path.replace(/^.*node_modules\//, '')} ${version}`,
    );
    t.ok(installed.length > 20);
    t.same(
      [...new Set(bom.components.map(({ name, version }) => `${name} ${version}`))].sort(),
      [...new Set(installed)].sort(),
    );
    for (const name of ['tap', 'typescript', 'esbuild'])
      t.notOk(
        installed.some((line) => line.startsWith(`${name} `)),
        name,
      );
  });

  t.test('brings its examples, and compiled code that its Node takes', async (t) => {
    const example = readFileSync(join(root, 'usr/share/jumpgate/jumpgate.example.yaml'), 'utf8');
    t.equal(example, readFileSync('config/jumpgate.example.yaml', 'utf8'));
    const program = `
      import { readFileSync } from 'node:fs';
      import { codeIn, compile, textOf } from '/opt/jumpgate/dist/start/compiled-code.js';
      import { setV8Flags } from '/opt/jumpgate/dist/start/v8-flags.js';
      import { keepYoungGenerationSmall } from '/opt/jumpgate/dist/runtime/young-generation.js';
      setV8Flags();
      keepYoungGenerationSmall();
      const folder = new URL('file:///opt/jumpgate/dist/');
      const source = readFileSync(new URL('serve.cjs', folder));
      const code = codeIn(readFileSync(new URL('serve.code', folder)), source);
      const script = compile(textOf(source), '/opt/jumpgate/dist/serve.cjs', code);
      console.log(script.cachedDataRejected);`;
    const words = ['--max-semi-space-size=2', '--input-type=module', '--eval', program];
    t.equal(
      await need('chroot', ['--userspec', config.User, root, 'env', '-i', '/usr/local/bin/node', ...words]),
      'false\n',
    );
    const { text } = await startContainer(t, image, { command: ['--version'] }).ended;
    t.match(text, (JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version);
  });

  t.test('five variables are enough, on loopback, with a read-only root', async (t) => {
    const pod = await startPod(t);
    const { env, secrets } = await upstreamIn(t, pod);
    t.equal(Object.keys(env).length, 5);
    const container = startContainer(t, image, { env, secrets, pod });
    await container.until(() => isReady(container));

    const logIn = (password: string) =>
      pod.run(LDAPWHOAMI, '-x', '-H', 'ldap://127.0.0.1:1389', '-D', jumpCloudDN(ORG), '-w', password);
    t.match(await logIn(PASSWORD), { code: 0, text: new RegExp(`dn:.*uid=${NAME}`) });
    t.equal((await logIn('wrong')).code, 49);

    const status = readFileSync(`/proc/${container.pid()}/status`, 'utf8');
    for (const line of [
      `Uid:\t${USER}\t${USER}\t${USER}\t${USER}`,
      `Gid:\t${USER}\t${USER}\t${USER}\t${USER}`,
      'NSpid:.*\t1',
      'NoNewPrivs:\t1',
      'CapBnd:\t0000000000000000',
      'CapEff:\t0000000000000000',
    ])
      t.match(status, new RegExp(`^${line}$`, 'm'));
    t.notSame((await container.exec('touch', '/opt/jumpgate/x', '/tmp/x', '/x')).code, 0, 'nothing can be written');

    const ldap = ['-x', '-H', `ldap://${POD}:1389`];
    t.match(await pod.runOutside(LDAPWHOAMI, ...ldap), { code: 255, text: /Can't contact/ }, 'no LDAP from outside');
    t.equal((await pod.run(CURL, '-sS', 'http://127.0.0.1:9389/readyz')).code, 0);
    t.equal((await pod.runOutside(CURL, '-sS', `http://${POD}:9389/readyz`)).code, 7, 'no HTTP from outside');

    const health = () => container.exec(...config.Healthcheck.Test.slice(1));
    t.equal(config.Healthcheck.Test[0], 'CMD', 'needs no shell');
    t.equal((await health()).code, 0);
    container.signal('SIGSTOP');
    t.match(await health(), { code: 1, text: /9389/ });
    container.signal('SIGCONT');
    await eventually(async () => (await health()).code === 0);

    t.match(await container.exec('jumpgate', 'purge', NAME), { code: 0, text: /forgotten|nothing was cached/ });
    container.signal('SIGTERM');
    t.equal((await container.ended).code, 0);
  });

  t.test('the health check asks, and does not just end well: nobody is there', async (t) => {
    const pod = await startPod(t);
    const command = config.Healthcheck.Test.slice(config.Healthcheck.Test.indexOf('/opt/jumpgate/dist/main.js') + 1);
    t.match(await startContainer(t, image, { pod, command }).ended, { code: 1, text: /9389/ });
  });

  t.test('probes and Prometheus reach the ops port by the address of the pod, where a token is set', async (t) => {
    const pod = await startPod(t);
    const { env, secrets } = await upstreamIn(t, pod);
    const open = { ...env, JUMPGATE_OPS_HTTP: '0.0.0.0:9389' };
    t.match(await startContainer(t, image, { env: open, secrets, pod }).ended, {
      code: 2,
      text: /ops\.http.*reachable from outside.*ops\.tokenFile/,
    });

    const token = secretFile(openFolder(t), 'token', 'token-secret-of-ops');
    const container = startContainer(t, image, {
      env: { ...open, JUMPGATE_OPS_TOKEN_FILE: '/run/secrets/token' },
      secrets: { ...secrets, token },
      pod,
    });
    await container.until(() => isReady(container));
    const ask = async (path: string, ...options: readonly string[]) =>
      (
        await pod.runOutside(
          CURL,
          '-s',
          '-o',
          '/dev/null',
          '-w',
          '%{http_code}',
          ...options,
          `http://${POD}:9389${path}`,
        )
      ).text;
    t.equal(await ask('/healthz'), '200');
    t.equal(await ask('/readyz'), '200');
    t.equal(await ask('/metrics'), '401');
    t.equal(await ask('/metrics', '-H', 'Authorization: Bearer token-secret-of-ops'), '200');
    t.equal((await pod.runOutside(LDAPWHOAMI, '-x', '-H', `ldap://${POD}:1389`)).code, 255, 'LDAP stays on loopback');
    t.equal((await container.exec(...config.Healthcheck.Test.slice(1))).code, 0, 'the health check finds it');
  });

  t.test('the first SIGTERM lets searches and binds under way end, and exit code 0 says so', async (t) => {
    const { upstream, container, port } = await besideUpstream(t, image);
    const socket = connect(port, '127.0.0.1');
    const reader = await Client.open(socket);
    t.equal((await reader.bind(userDN(NAME), PASSWORD)).code, 0);
    // As many as its socket takes: it reads nothing until the end has begun.
    socket.pause();
    const searches = Array.from({ length: 400 }, () => reader.send(searchRequest({ base: 'dc=example,dc=com' })));
    upstream.latency = 1000;
    const late = await Client.open({ port });
    const before = upstream.counters.binds;
    const bind = late.send(simpleBind(userDN('svenja.ulmarik'), 'user-secret-5012'));
    await eventually(() => upstream.counters.binds > before);

    container.signal('SIGTERM');
    await container.until(() => container.log.some((line) => line.includes('"msg":"stopping')));
    socket.resume();
    t.match((await late.answered(bind)).at(-1)?.op, { result: { code: 0 } }, 'the bind under way is answered');
    await reader.closed();
    const ended = searches.filter((id) =>
      reader.received.some(({ messageID, op }) => messageID === id && op.kind === 'searchResultDone'),
    );
    const begun = searches.filter((id) => reader.received.some(({ messageID }) => messageID === id));
    t.ok(begun.length > 0);
    t.same(begun, ended, 'no search ends in the middle');
    for (const client of [reader, late]) {
      await client.closed();
      t.equal(client.received.at(-1)?.messageID, 0, 'a Notice of Disconnection is the last');
    }
    t.equal((await container.ended).code, 0);
    await t.rejects(Client.open({ port }), { code: 'ECONNREFUSED' });
  });

  t.test('the second SIGTERM ends it immediately', async (t) => {
    const { upstream, container, port } = await besideUpstream(t, image);
    upstream.fault = 'hang-at-bind';
    const client = await Client.open({ port });
    const before = upstream.counters.binds;
    client.send(simpleBind(userDN(NAME), PASSWORD));
    await eventually(() => upstream.counters.binds > before);
    container.signal('SIGTERM');
    await container.until(() => container.log.some((line) => line.includes('"msg":"stopping')));
    t.doesNotThrow(() => process.kill(container.pid(), 0), 'the first one has not ended it');
    container.signal('SIGTERM');
    t.equal((await container.ended).code, 128 + 15);
  });

  t.test('a signal ends also a command that waits for none', async (t) => {
    // Accepts, and says nothing.
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    t.teardown(() => silent.close());
    const { port } = silent.address() as { port: number };
    const env = {
      JUMPGATE_UPSTREAM_URLS: `ldaps://127.0.0.1:${port}`,
      JUMPGATE_UPSTREAM_ORG_ID: ORG,
      JUMPGATE_UPSTREAM_READER_USER: 'ldap-reader',
      JUMPGATE_UPSTREAM_READER_PASSWORD: 'x',
      JUMPGATE_UPSTREAM_CONNECT_TIME: '60s',
    };
    const asked = new Promise((resolve) => silent.once('connection', resolve));
    const container = startContainer(t, image, { env, command: ['check'] });
    await Promise.race([asked, container.ended]);
    container.signal('SIGTERM');
    t.equal((await container.ended).code, 128 + 15);
  });

  t.test('a signal that comes while serve starts ends it too', async (t) => {
    const folder = openFolder(t);
    const reader = join(folder, 'reader');
    await need('mkfifo', ['--mode=400', reader]);
    chownSync(reader, USER, USER);
    const env = {
      JUMPGATE_LISTEN_LDAP: `127.0.0.1:${await freePort()}`,
      JUMPGATE_OPS_HTTP: 'false',
      JUMPGATE_UPSTREAM_URLS: 'ldaps://127.0.0.1:1',
      JUMPGATE_UPSTREAM_ORG_ID: ORG,
      JUMPGATE_UPSTREAM_READER_USER: 'ldap-reader',
      JUMPGATE_UPSTREAM_READER_PASSWORD_FILE: '/run/secrets/reader',
    };
    const container = startContainer(t, image, { env, secrets: { reader } });
    let pipe = -1;
    // Nobody can open it for writing before the process waits for the password, and turns to no signal meanwhile.
    await container.until(() => {
      pipe = openForWriting(reader);
      return pipe !== -1;
    });
    container.signal('SIGTERM');
    writeSync(pipe, PASSWORD!);
    closeSync(pipe);
    t.match(await container.ended, { code: 0, text: /"msg":"stopped"/ });
  });

  t.test('a secret of another owner is refused with what to do, and a group of the pod opens it', async (t) => {
    const pod = await startPod(t);
    const { env, secrets } = await upstreamIn(t, pod);
    const folder = openFolder(t);
    const password = readFileSync(secrets.reader!, 'utf8');
    const withReader = (reader: string, group?: number) =>
      startContainer(t, image, {
        env,
        secrets: { ...secrets, reader },
        pod,
        ...(group === undefined ? {} : { group }),
      });
    const { code, text } = await withReader(secretFile(folder, 'a', password, 1000)).ended;
    t.equal(code, 2);
    t.match(text, /not permitted for user 65532 \(it is 1000:1000, mode 0400\)/);
    t.match(text, /--user 1000:1000, in Compose user: "1000:1000"/);
    t.match(text, /Kubernetes secret: defaultMode: 0440 and securityContext.fsGroup: 65532/);
    t.match(text, /Swarm secret: uid: "65532" and mode: 0400/);

    const ofGroup = secretFile(folder, 'b', password, 0, 0o440);
    chownSync(ofGroup, 0, 4321);
    t.equal((await withReader(ofGroup).ended).code, 2);
    const container = withReader(ofGroup, 4321);
    await container.until(() => isReady(container));
  });

  for (const [what, variables] of [
    ['compose.yaml', composeVariables],
    ['the Quadlet', quadletVariables],
  ] as const)
    t.test(`what ${what} gives it starts it beside an application`, async (t) => {
      const pod = await startPod(t);
      const { env, secrets } = await upstreamIn(t, pod);
      const given = await variables(t);
      const container = startContainer(t, image, {
        pod,
        // To the stand-in in place of JumpCloud.
        env: {
          ...given,
          JUMPGATE_UPSTREAM_URLS: env.JUMPGATE_UPSTREAM_URLS!,
          JUMPGATE_UPSTREAM_CA_FILE: env.JUMPGATE_UPSTREAM_CA_FILE!,
        },
        secrets: { 'ca.pem': secrets['ca.pem']!, 'reader-password': secrets.reader! },
      });
      await container.until(() => isReady(container));
      const logIn = await pod.run(LDAPWHOAMI, '-x', '-H', 'ldap://127.0.0.1:1389', '-D', userDN(NAME), '-w', PASSWORD);
      t.match(logIn, { code: 0, text: new RegExp(`dn:.*uid=${NAME}`) });
      t.equal((await container.exec('jumpgate', 'healthcheck')).code, 0);
    });
});

async function composeVariables(t: Test): Promise<Record<string, string>> {
  const folder = openFolder(t);
  cpSync('deploy/compose.yaml', join(folder, 'compose.yaml'));
  const { text } = await composeConfig(folder, { ORG_ID: ORG });
  return (JSON.parse(text) as { services: { jumpgate: { environment: Record<string, string> } } }).services.jumpgate
    .environment;
}

async function quadletVariables(): Promise<Record<string, string>> {
  const { text } = await quadletUnits(join(process.cwd(), 'deploy/quadlet'));
  return Object.fromEntries([...text.matchAll(/--env (\w+)=(\S+)/g)].map(([, name, value]) => [name!, value!]));
}
