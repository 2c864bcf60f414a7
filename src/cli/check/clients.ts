// The check's look at the side of the applications: ports that are free or ours, and the certificate that they are shown.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { constants } from 'node:fs';
import { access, lstat } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { dirname } from 'node:path';
import { Client } from 'ldapts';
import type { Config } from '../../config/config.js';
import { listenersOf } from '../../config/listeners.js';
import { inheritedText, schemeOf } from '../../server/inherited-sockets.js';
import { ask } from '../ask.js';
import { judgeDates } from './certificates.js';
import { type Finding, failed, ok, type Report, warning } from './report.js';

/** Milliseconds for the program that listens on a port to identify itself. */
const TIME = 2000;

interface Address {
  readonly host: string;
  readonly port: number;
}

/** All of it, whatever the upstream is like. */
export async function checkClients(config: Config, report: Report): Promise<void> {
  const { tls } = config.listen;
  const { ops } = config;
  const run = (step: string, work: () => Promise<Finding | readonly Finding[]>) =>
    report.run(step, 'configuration', work);
  for (const { key, listen } of listenersOf(config)) {
    for (const socket of listen.inherited)
      report.add(`${key}.${schemeOf(socket)}`, 'configuration', ok(`passed by systemd as ${inheritedText(socket)}`));
    for (const scheme of ['ldap', 'ldaps'] as const) {
      const at = listen[scheme];
      if (at === undefined || listen.inherited.some((socket) => schemeOf(socket) === scheme)) continue;
      const port = `${key}.${scheme}`;
      await run(port, () => checkPort(port, at, () => isOurLdap(scheme, at)));
    }
    const { path } = listen.ldapi;
    const hasPassed = listen.inherited.some((socket) => schemeOf(socket) === 'ldapi');
    if (path !== undefined && !hasPassed) await run(`${key}.ldapi`, () => checkSocketFile(path, `${key}.ldapi.path`));
  }
  if (ops.http !== undefined) await run('ops.http', () => checkPort('ops.http', ops.http!, () => isOurOps(ops.http!)));
  if (tls !== undefined) await run('listen.tls', async () => checkCertificate(tls, new Date()));
}

async function checkPort(key: string, { host, port }: Address, isOurs: () => Promise<boolean>): Promise<Finding> {
  const where = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const code = await tryToListen({ host, port });
  switch (code) {
    case undefined:
      return ok(port === 0 ? `${where}: the system chooses a port` : `${where} is free`);
    case 'EADDRINUSE':
      if (await isOurs()) return ok(`${where}: a Jumpgate is running there`);
      return failed(
        `${where} is taken by another program`,
        `Find it (ss -ltnp 'sport = :${port}') and stop it, or choose another port (${key}).`,
      );
    case 'EACCES':
      return failed(`${where}: not permitted`, `Ports below 1024 need privileges: choose a higher one (${key}).`);
    case 'EADDRNOTAVAIL':
      return failed(`${where}: this machine has no such address`, `Choose one that it has, or 127.0.0.1 (${key}).`);
    default:
      return failed(`${where}: ${code}`, `Choose another address (${key}).`);
  }
}

/** The system's error code, or undefined if one can listen there. */
function tryToListen({ host, port }: Address): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/** Where somebody on this machine reaches it. */
function near({ host, port }: Address): string {
  const local = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `${local.includes(':') ? `[${local}]` : local}:${port}`;
}

/** The root DSE is open to everybody. Whose certificate it is does not matter: only a name is read. */
async function isOurLdap(scheme: 'ldap' | 'ldaps', address: Address): Promise<boolean> {
  const tlsOptions = scheme === 'ldaps' ? { tlsOptions: { rejectUnauthorized: false } } : {};
  const client = new Client({
    url: `${scheme}://${near(address)}`,
    connectTimeout: TIME,
    timeout: TIME,
    ...tlsOptions,
  });
  try {
    const { searchEntries } = await client.search('', {
      scope: 'base',
      filter: '(objectClass=*)',
      attributes: ['vendorName'],
    });
    return searchEntries[0]?.vendorName === 'Jumpgate';
  } catch {
    return false;
  } finally {
    if (client.isConnected) await client.unbind().catch(() => {});
  }
}

async function isOurOps(address: Address): Promise<boolean> {
  const answer = await ask(`http://${near(address)}/healthz`, 'GET', { time: TIME }).catch(() => undefined);
  return answer?.status === 200 && answer.body.includes('"alive"');
}

async function checkSocketFile(path: string, key: string): Promise<Finding> {
  const folder = dirname(path);
  try {
    await access(folder, constants.W_OK | constants.X_OK);
  } catch {
    return failed(
      `${folder} is not there, or nothing can be made in it`,
      `Make the folder, or choose another (${key}).`,
    );
  }
  const there = await lstat(path).catch(() => undefined);
  if (there === undefined) return ok(`${path} can be made`);
  if (!there.isSocket()) return failed(`${path} exists and is not a socket`, `Remove it, or choose another (${key}).`);
  return ok(
    (await answers(path)) ? `${path}: somebody is listening there` : `${path} was left behind, and is taken over`,
  );
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (isAnswered: boolean) => {
      socket.destroy();
      resolve(isAnswered);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}

function checkCertificate(
  { cert, key, certFile }: NonNullable<Config['listen']['tls']>,
  now: Date,
): Finding | Finding[] {
  const certificate = new X509Certificate(cert);
  const renew = `Renew ${certFile}: Jumpgate takes a new one up without a restart.`;
  if (!certificate.checkPrivateKey(createPrivateKey(key)))
    return failed(
      `${certFile} does not belong to the key`,
      'Name both in listen.tls, the certificate of the key first in its file.',
    );
  const names = certificate.subjectAltName;
  const issuer = /CN=([^\n]*)/.exec(certificate.issuer)?.[1] ?? '?';
  const facts = {
    name: /CN=([^\n]*)/.exec(certificate.subject)?.[1] ?? names ?? '?',
    issuer,
    authority: issuer,
    names: names ?? '',
    from: new Date(certificate.validFrom),
    to: new Date(certificate.validTo),
  };
  const dates = judgeDates(facts, now, certFile, renew);
  if (names !== undefined) return dates;
  return [
    dates,
    warning(
      'it has no subject alternative name',
      'Applications look there for the host’s name: make a new one with it.',
    ),
  ];
}
