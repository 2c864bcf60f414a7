// The health checks of a real HAProxy: servers are up by each kind of check, and a quiet instance says nothing about them.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import t from 'tap';
import { type App, startApp } from '../../src/app.js';
import { makeAuthority } from '../../src/demo/certificate.js';
import { StandIn } from '../../src/demo/stand-in.js';
import { openAudit } from '../../src/ops/log/audit.js';
import { start as startCommand } from '../support/command.js';
import { eventually, proxyConfig } from '../support/proxy.js';
import { without } from '../support/site.js';

const HAPROXY = '/usr/sbin/haproxy';
/** Connections of each check that are waited for. */
const CHECKS = 3;

const portOf = (url: string | undefined) => Number(new URL(url ?? '').port);

/** What follows `server NAME 127.0.0.1:PORT`, and the options of its backend. */
interface Check {
  readonly what: string;
  readonly port: 'ldap' | 'ldaps';
  readonly option?: string;
  readonly server?: string;
}

const PLAIN: readonly Check[] = [
  { what: 'tcp', port: 'ldap' },
  { what: 'tcp on ldaps', port: 'ldaps' },
  { what: 'ssl', port: 'ldaps', server: 'check-ssl verify none' },
  { what: 'ldap-check', port: 'ldap', option: 'option ldap-check' },
  { what: 'ldap-check over ssl', port: 'ldaps', option: 'option ldap-check', server: 'check-ssl verify none' },
];

/** Behind `listen.proxyProtocol`: with the header of version 1 or 2, and without any where nothing is said. */
const PROXIED: readonly Check[] = [
  ...PLAIN.flatMap((check) =>
    ['send-proxy', 'send-proxy-v2'].map((header) => ({
      ...check,
      what: `${check.what}, ${header}`,
      server: `${check.server ?? ''} ${header} check-send-proxy`,
    })),
  ),
  { what: 'tcp without a header', port: 'ldap' },
  { what: 'tcp on ldaps without a header', port: 'ldaps' },
];

/** Ends with the test. `up`: the names of the servers that HAProxy holds for healthy, by its own socket. */
function startHAProxy(
  test: Pick<typeof t, 'teardown'>,
  folder: string,
  checks: readonly Check[],
  app: App,
): { up(): Promise<string[]> } {
  const file = join(folder, 'haproxy.cfg');
  const socket = join(folder, 'haproxy.sock');
  const backends = checks.flatMap(({ what, port, option, server }) => [
    `backend ${what.replace(/\W+/g, '-')}`,
    ...(option === undefined ? [] : [`  ${option}`]),
    `  server one 127.0.0.1:${portOf(port === 'ldap' ? app.ldapUrl : app.ldapsUrl)} check inter 300 ${server ?? ''}`,
  ]);
  const lines = ['global', `  stats socket ${socket}`, 'defaults', '  mode tcp', '  timeout connect 5s'];
  const rest = ['  timeout client 5s', '  timeout server 5s', '  timeout check 5s', ...backends, ''];
  writeFileSync(file, [...lines, ...rest].join('\n'));
  const child: ChildProcess = spawn(HAPROXY, ['-db', '-f', file], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('close', resolve));
  test.teardown(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  const up = async () => {
    const table = await ask(socket, 'show stat\n').catch(() => '');
    const rows = table.split('\n').map((line) => line.split(','));
    // L4OK and the like: a server counts as up before its first check.
    return rows.filter((row) => row[1] === 'one' && row[17] === 'UP' && row[36]?.endsWith('OK')).map(([name]) => name!);
  };
  return { up };
}

function ask(path: string, question: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => socket.write(question));
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.once('end', () => resolve(text));
    socket.once('error', reject);
  });
}

for (const [name, checks, proxyProtocol] of [
  ['', PLAIN, false],
  [' behind proxyProtocol', PROXIED, ['127.0.0.1']],
] as const)
  t.test(
    `nothing in the log of a quiet instance behind HAProxy checks${name} (R120)`,
    { skip: without(HAPROXY) },
    async (t) => {
      // The path of a socket has a hundred characters at most.
      const folder = mkdtempSync(join(tmpdir(), 'jumpgate-haproxy-'));
      t.teardown(() => rmSync(folder, { recursive: true }));
      const authority = await makeAuthority();
      const { certPem, keyPem } = await authority.issue(['localhost', '127.0.0.1']);
      const tls = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') };
      writeFileSync(tls.certFile, certPem);
      writeFileSync(tls.keyFile, keyPem, { mode: 0o600 });
      const upstream = await StandIn.start({});
      t.teardown(() => upstream.stop());
      const log: string[] = [];
      const auditFile = join(folder, 'audit.jsonl');
      const listen = { ldaps: '127.0.0.1:0', tls, proxyProtocol };
      const config = proxyConfig(upstream, { listen, ops: { http: '127.0.0.1:0' } });
      const audit = openAudit(auditFile, (what) => t.fail(what));
      const app = await startApp(config, pino({ level: 'info' }, { write: (line: string) => void log.push(line) }), {
        audit,
      });
      let isStopped = false;
      const stop = async () => {
        if (!isStopped) await app.stop();
        isStopped = true;
        audit.close();
      };
      t.teardown(stop);
      // The one line that a start has to say.
      await eventually(() => log.some((line) => line.includes('"msg":"ready: ')));
      log.length = 0;

      const watching = startCommand(['watch', '--learn', '10m', '--json', '--url', app.opsUrl ?? '']);
      await eventually(async () => /^jumpgate_event_streams 1$/m.test(await metrics(app)));
      const haproxy = startHAProxy(t, folder, checks, app);
      await eventually(async () => (await haproxy.up()).length === checks.length);
      const wanted = CHECKS * checks.length;
      await eventually(async () => app.readiness().connectionsAccepted + faults(await metrics(app)) >= wanted);
      await eventually(async () => (await haproxy.up()).length === checks.length);
      const counted = await metrics(app);
      t.match(counted, /operations_total\{type="bind",code="0",reason="ok"\} [1-9]/, 'binds are counted');
      t.notMatch(counted, /fault="(TLS|no PROXY|malformed)/, 'no false error');

      watching.child.kill('SIGINT');
      const { code, out } = await watching.finished;
      t.equal(code, 0);
      const { clients } = JSON.parse(out) as { clients: { advice: string[] }[] };
      t.same(
        clients.flatMap(({ advice }) => advice),
        [],
        'no false advice',
      );
      await stop();
      t.same(log, [], 'no line, and no sum at the end');
      t.equal(readFileSync(auditFile, 'utf8'), '');
    },
  );

async function metrics(app: App): Promise<string> {
  return (await fetch(`${app.opsUrl}/metrics`)).text();
}

function faults(text: string): number {
  return [...text.matchAll(/^jumpgate_connection_faults_total\{.*\} (\d+)$/gm)].reduce(
    (sum, [, n]) => sum + Number(n),
    0,
  );
}
