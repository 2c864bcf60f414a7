// Without an ops port: the health check asks the LDAP port, and what needs the ops port says so.
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { makeAuthority } from '../../src/demo/certificate.js';
import { StandIn } from '../../src/demo/stand-in.js';
import { ownCertificate } from '../support/certificate.js';
import { run } from '../support/command.js';
import { eventually, withProxy } from '../support/proxy.js';

const upstream = await StandIn.start({});
t.teardown(() => upstream.stop());
const folder = t.testdir({});
const authority = await makeAuthority();
const tls = await ownCertificate(authority, folder);
const hostOf = (url: string | undefined) => new URL(url ?? '').host;

t.test('the health check asks whatever LDAP port there is, and leaves no line at info', async (t) => {
  const socket = join(folder, 'ldapi');
  writeFileSync(join(folder, 'ca.pem'), authority.caPem);
  const wantsCertificates = { ...tls, clientCaFile: join(folder, 'ca.pem') };
  const only = { ldap: false, ldaps: '127.0.0.1:0' };
  const proxyProtocol = ['192.0.2.0/24', '127.0.0.0/8'];
  for (const [what, listen] of [
    ['ldap', {}],
    ['ldap that wants TLS', { tls, requireTls: true }],
    ['ldap, itself behind a balancer', { proxyProtocol }],
    ['ldap, behind another balancer', { proxyProtocol: ['192.0.2.0/24'] }],
    ['ldaps', { ...only, tls }],
    ['ldaps, itself behind a balancer', { ...only, tls, proxyProtocol }],
    ['ldaps with certificates of clients', { ...only, tls: wantsCertificates }],
    ['ldaps with certificates of clients, TLS 1.2', { ...only, tls: { ...wantsCertificates, maxVersion: 'TLSv1.2' } }],
    [
      'ldaps with certificates of clients, itself behind a balancer',
      { ...only, tls: wantsCertificates, proxyProtocol },
    ],
    ['ldapi', { ldap: false, ldapi: { path: socket }, proxyProtocol }],
  ] as const)
    await withProxy(upstream, { listen }, async ({ app, log }) => {
      const file = join(folder, 'jumpgate.yaml');
      const ldap = app.ldapUrl === undefined ? false : hostOf(app.ldapUrl);
      const ldaps = app.ldapsUrl === undefined ? false : hostOf(app.ldapsUrl.replace('ldaps', 'http'));
      const ports = ldap || ldaps ? { ldap, ldaps } : { ldapi: { path: 'ldapi' } };
      writeFileSync(file, JSON.stringify({ ops: { http: false }, listen: { ...listen, ...ports } }));
      const before = log.length;
      // Which of its bytes the other side reads first varies.
      for (let i = 0; i < (what.includes('certificates') ? 5 : 1); i++)
        t.match(await run(['healthcheck', '--config', file]), { code: 0, out: '', err: '' }, what);
      if (app.ldapUrl !== undefined) {
        const proxies = 'proxyProtocol' in listen ? `[${listen.proxyProtocol.join(', ')}]` : 'false';
        const env = {
          JUMPGATE_OPS_HTTP: 'false',
          JUMPGATE_LISTEN_LDAP: hostOf(app.ldapUrl),
          JUMPGATE_LISTEN_PROXY_PROTOCOL: proxies,
        };
        t.equal((await run(['healthcheck'], { env })).code, 0, 'by the environment');
        const flags = ['ops.http=false', `listen.ldap=${hostOf(app.ldapUrl)}`, `listen.proxyProtocol=${proxies}`];
        t.equal((await run(['healthcheck', ...flags.flatMap((flag) => ['--set', flag])])).code, 0, 'by flags');
      }
      await eventually(() => app.readiness().connections === 0);
      const loud = log.slice(before).filter((line) => !/"level":"?(debug|trace|10|20)/.test(line));
      t.same(loud, [], what);
    });
});

/** A server on a port of its own that meets every client like this. */
async function serverThat(meet: (socket: Socket) => void): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    meet(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

t.test('where client certificates are required, a server without TLS counts as down', async (t) => {
  for (const [meet, complaint] of [
    [(socket: Socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'), /does not speak TLS/],
    [(socket: Socket) => socket.destroy(), /closed|ECONNRESET/],
    [() => {}, /no answer within 3000 ms/],
  ] as const) {
    const { port, server } = await serverThat(meet);
    const set = ['ops.http=false', 'listen.ldap=false', `listen.ldaps=127.0.0.1:${port}`, 'listen.tls.clientCaFile=x'];
    const { code, err } = await run(['healthcheck', ...set.flatMap((flag) => ['--set', flag])]);
    t.equal(code, 1);
    t.match(err, complaint);
    server.close();
  }
});

t.test('what does not answer as an LDAP server does is not well, and is not waited for', async (t) => {
  for (const [what, meet, complaint] of [
    ['a port that says nothing', () => {}, /no answer within 3000 ms/],
    ['a port that closes', (socket: Socket) => socket.destroy(), /closed|ECONNRESET/],
    ['a web server', (socket: Socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'), /not an LDAP server/],
    [
      'an answer to nobody',
      (socket: Socket) => socket.end(Buffer.from('300c02010065070a010004000400', 'hex')),
      /not an LDAP/,
    ],
  ] as const) {
    const { port, server } = await serverThat(meet);
    const set = ['--set', 'ops.http=false', '--set', `listen.ldap=127.0.0.1:${port}`];
    const { code, err } = await run(['healthcheck', ...set]);
    t.equal(code, 1, what);
    t.match(err, complaint, what);
    t.match(err, new RegExp(`ldap://127\\.0\\.0\\.1:${port}`));
    server.close();
  }
  const refused = await run(['healthcheck', '--set', 'ops.http=false', '--set', 'listen.ldap=127.0.0.1:1']);
  t.match(refused, { code: 1, err: /ECONNREFUSED/ });
});

t.test('readiness, watch and purge say that they have nobody to ask', async (t) => {
  const off = { env: { JUMPGATE_OPS_HTTP: 'false' } };
  for (const args of [['healthcheck', '--ready'], ['watch'], ['watch', '--learn', '1s'], ['purge', 'ada']]) {
    const { code, out, err } = await run(args, off);
    t.same([code, out], [1, ''], args.join(' '));
    t.match(err, /^jumpgate: ops\.http is false.*\n$/, args.join(' '));
  }
  const neither = { env: { JUMPGATE_OPS_HTTP: 'false', JUMPGATE_LISTEN_LDAP: 'false' } };
  t.match(await run(['healthcheck'], neither), { code: 1, err: /no port that could be asked/ });
  t.match(await run(['purge', 'ada', '--set', 'ops.http=false']), { code: 1, err: /ops\.http is false/ });
});

t.test('where every app has listeners of its own, the health check asks one of those', async (t) => {
  const file = join(folder, 'apps.yaml');
  const app = (name: string, listen?: object) => {
    return { name, groups: ['wayk-users'], local: { baseDN: `dc=${name}` }, ...(listen && { listen }) };
  };
  const path = join(folder, 'first');
  for (const own of [{ ldap: '127.0.0.1:0' }, { ldapi: { path } }])
    await withProxy(upstream, { listen: own }, async ({ app: running }) => {
      const listen = running.ldapUrl !== undefined && 'ldap' in own ? { ldap: hostOf(running.ldapUrl) } : own;
      const apps = [app('first', listen), app('second', { ldap: '127.0.0.1:1' })];
      const written = { ops: { http: false }, listen: { ldap: '127.0.0.1:1' } };
      const ask = async (settings: object, env: NodeJS.ProcessEnv = {}) => {
        writeFileSync(file, JSON.stringify({ ...written, ...settings }));
        return (await run(['healthcheck', '--config', file], { env })).code;
      };
      t.equal(await ask({ apps }), 0);
      t.equal(await ask({}, { JUMPGATE_APPS: JSON.stringify(apps) }), 0, 'by the environment');
      t.equal(await ask({ apps, group: 'crew' }), 1, 'the top-level app is served at the top level');
      t.equal(await ask({ apps: [...apps, app('third')] }), 1, 'so is an app without listeners');
    });
});
