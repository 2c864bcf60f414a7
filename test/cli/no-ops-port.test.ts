// Without an ops port: the health check asks the LDAP port, and what needs the ops port says so.
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
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
  const clientCaFile = join(folder, 'ca.pem');
  writeFileSync(clientCaFile, authority.caPem);
  for (const [what, listen] of [
    ['ldap', {}],
    ['ldap that wants TLS', { tls, requireTls: true }],
    ['ldaps', { ldap: false, ldaps: '127.0.0.1:0', tls }],
    ['ldaps with certificates of clients', { ldap: false, ldaps: '127.0.0.1:0', tls: { ...tls, clientCaFile } }],
    ['ldapi', { ldap: false, ldapi: { path: socket } }],
  ] as const)
    await withProxy(upstream, { listen }, async ({ app, log }) => {
      const file = join(folder, 'jumpgate.yaml');
      const ports =
        app.ldapUrl !== undefined
          ? `ldap: ${hostOf(app.ldapUrl)}`
          : app.ldapsUrl !== undefined
            ? `ldap: false, ldaps: ${hostOf(app.ldapsUrl.replace('ldaps', 'http'))}`
            : 'ldap: false, ldapi: { path: ldapi }';
      writeFileSync(file, `ops: { http: false }\nlisten: { ${ports} }\n`);
      const before = log.length;
      t.match(await run(['healthcheck', '--config', file]), { code: 0, out: '', err: '' }, what);
      if (app.ldapUrl !== undefined) {
        const env = { JUMPGATE_OPS_HTTP: 'false', JUMPGATE_LISTEN_LDAP: hostOf(app.ldapUrl) };
        t.equal((await run(['healthcheck'], { env })).code, 0, 'by the environment');
        const set = ['--set', 'ops.http=false', '--set', `listen.ldap=${hostOf(app.ldapUrl)}`];
        t.equal((await run(['healthcheck', ...set])).code, 0, 'by flags');
      }
      await eventually(() => app.readiness().connections === 0);
      const loud = log.slice(before).filter((line) => !/"level":"?(debug|trace|10|20)/.test(line));
      if (!what.includes('certificates of clients')) t.same(loud, [], what);
    });
});

t.test('what does not answer as an LDAP server does is not well, and is not waited for', async (t) => {
  for (const [what, meet, complaint] of [
    ['a port that says nothing', () => {}, /no answer within 3000 ms/],
    ['a port that closes', (socket: Socket) => socket.destroy(), /closed|ECONNRESET/],
    ['a web server', (socket: Socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'), /no LDAP server/],
    [
      'an answer to nobody',
      (socket: Socket) => socket.end(Buffer.from('300c02010065070a010004000400', 'hex')),
      /no LDAP/,
    ],
  ] as const) {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      meet(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
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
