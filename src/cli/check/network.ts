// The check's way to the upstream: names, addresses, connections and TLS, for each URL.
import { lookup } from 'node:dns/promises';
import { statSync } from 'node:fs';
import { connect as connectTcp, isIP } from 'node:net';
import { connect as connectTls, type PeerCertificate, type TLSSocket } from 'node:tls';
import { upstreamTlsOf } from '../../app/names.js';
import type { Config } from '../../config/config.js';
import { withinTime } from '../../runtime/within-time.js';
import { securedLater } from '../../upstream/dialer.js';
import { endpointName, type UpstreamEndpoint } from '../../upstream/endpoint.js';
import { regionOf, strayHostHint } from '../../upstream/regions.js';
import { pinOf, tlsOptions } from '../../upstream/upstream-tls.js';
import { type CertificateFacts, judgeDates, tlsRemedy } from './certificates.js';
import { type Finding, failed, ok, type Report, warning } from './report.js';

const MINUTE = 60_000;

/**
 * The machine's time against the only other times there are without a network: those of the configuration's files, which cannot be newer. That
 * it is right nobody says here; the TLS step compares it with the dates of the upstream's certificate.
 */
export async function checkClock({ files }: Config, now = new Date()): Promise<Finding> {
  const newest = Math.max(0, ...files.map((file) => statSync(file).mtimeMs));
  const text = now.toISOString();
  if (files.length === 0) return ok(`${text} (not compared: there is no file to compare with)`);
  if (newest <= now.getTime() + MINUTE)
    return ok(`${text} (compared with the configuration’s files only: none is newer)`);
  return warning(
    `${text}, but a file of the configuration is from ${new Date(newest).toISOString()}`,
    'Set the clock.',
  );
}

/** Follows one URL; false if it cannot be used. */
export async function checkEndpoint(endpoint: UpstreamEndpoint, config: Config, report: Report): Promise<boolean> {
  const { connectTime } = config.upstream;
  let addresses: readonly string[] = [];
  const isNamed = await report.run('DNS', 'network', async () => {
    const found = await resolve(endpoint.host, connectTime);
    if ('status' in found) return found;
    addresses = found.addresses;
    const region = regionOf(endpoint.host);
    const where = region === undefined ? '' : ` (JumpCloud, region ${region.name}: accounts of ${region.console})`;
    return ok(
      isIP(endpoint.host) === 0
        ? `${endpoint.host} is ${addresses.join(', ')}${where}`
        : `${endpoint.host} is an address`,
    );
  });
  const later = endpoint.tls ? ['TCP', 'TLS'] : ['TCP'];
  if (!isNamed) {
    report.skip(later, 'there is no address');
    return false;
  }
  let alive: readonly string[] = [];
  const isReached = await report.run('TCP', 'network', async () => {
    const tries = await Promise.all(addresses.map((address) => reach(address, endpoint.port, connectTime)));
    alive = tries.filter(({ fault }) => fault === undefined).map(({ address }) => address);
    return judgeTries(tries, endpoint, connectTime);
  });
  if (!isReached) {
    report.skip(later.slice(1), 'there is no connection');
    return false;
  }
  return !endpoint.tls || report.run('TLS', 'network', () => shakeHands(endpoint, alive[0]!, config));
}

async function resolve(host: string, time: number): Promise<Finding | { addresses: readonly string[] }> {
  const hint = strayHostHint(host);
  const remedy = `${hint === undefined ? '' : `${hint} `}Check upstream.urls and the DNS of this machine (/etc/resolv.conf; in a container, its network).`;
  try {
    const found = await withinTime(lookup(host, { all: true }), time);
    if (found === undefined) return failed(`${host}: no answer about this name within ${time} ms`, remedy);
    return { addresses: [...new Set(found.map(({ address }) => address))] };
  } catch (error) {
    return failed(`${host} cannot be resolved: ${(error as Error).message}`, remedy);
  }
}

interface Try {
  readonly address: string;
  readonly ms: number;
  readonly fault?: string;
}

function reach(address: string, port: number, time: number): Promise<Try> {
  return new Promise((resolveTry) => {
    const startedAt = performance.now();
    const socket = connectTcp({ host: address, port, timeout: time });
    const end = (fault?: string) => {
      socket.destroy();
      const ms = Math.round(performance.now() - startedAt);
      resolveTry(fault === undefined ? { address, ms } : { address, ms, fault });
    };
    socket.once('connect', () => end());
    socket.once('timeout', () => end(`no answer within ${time} ms (upstream.connectTime)`));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
}

function judgeTries(tries: readonly Try[], endpoint: UpstreamEndpoint, time: number): Finding {
  const where = endpointName(endpoint);
  const remedy = `Check upstream.urls, and that a firewall lets port ${endpoint.port} out.`;
  const dead = tries.filter(({ fault }) => fault !== undefined);
  const alive = tries.filter(({ fault }) => fault === undefined);
  const deadText = dead.map(({ address, fault }) => `${address}: ${fault}`).join('; ');
  if (alive.length === 0) return failed(`${where} cannot be reached within ${time} ms: ${deadText}`, remedy);
  const text = `${where} answers from ${alive.map(({ address, ms }) => `${address} in ${ms} ms`).join(', ')}`;
  if (dead.length === 0) return ok(text);
  // A machine without IPv6, or a host that listens by one family only, is nothing to worry about.
  const isFamilyAlive = dead.some((one) => alive.some(({ address }) => isIP(address) === isIP(one.address)));
  return isFamilyAlive ? warning(`${text}; not ${deadText}`, remedy) : ok(`${text} (not ${deadText})`);
}

async function shakeHands(endpoint: UpstreamEndpoint, address: string, config: Config): Promise<Finding> {
  const { ca, caFile } = config.upstream;
  const now = new Date();
  const renew = 'The upstream has to renew its certificate; ask its administrator.';
  try {
    const socket = await secured(endpoint, address, config, true);
    const certificate = socket.getPeerCertificate(true);
    const facts = factsOf(certificate);
    const protocol = `${socket.getProtocol() ?? '?'}${endpoint.startTLS ? ' by StartTLS' : ''}`;
    socket.destroy();
    const pinned = config.upstream.tls.pin.length > 0 ? ', which is pinned' : '';
    return judgeDates(facts, now, `${protocol}, key ${pinOf(certificate.raw)}${pinned}`, renew);
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    // Once more without belief, to see whose certificate it is: nothing is sent on this connection.
    const seen = await secured(endpoint, address, config, false).catch(() => undefined);
    const facts = seen === undefined ? undefined : factsOf(seen.getPeerCertificate(true));
    seen?.destroy();
    const whose =
      facts === undefined ? '' : `; the certificate is of ${facts.name} by ${facts.issuer}, ${period(facts)}`;
    const remedy = tlsRemedy(code, facts, ca === undefined ? undefined : (caFile ?? 'the authority given'), now);
    return failed(`${endpointName(endpoint)}: ${message}${whose}`, remedy);
  }
}

function period({ from, to }: CertificateFacts): string {
  return `valid from ${from.toISOString().slice(0, 10)} to ${to.toISOString().slice(0, 10)}`;
}

function secured(endpoint: UpstreamEndpoint, address: string, config: Config, isVerified: boolean): Promise<TLSSocket> {
  const { connectTime } = config.upstream;
  return new Promise((resolveSocket, reject) => {
    const where = { host: address, port: endpoint.port };
    const options = { ...tlsOptions(endpoint, upstreamTlsOf(config)), rejectUnauthorized: isVerified };
    const over = endpoint.startTLS ? securedLater(address, connectTcp(where)) : where;
    const socket = connectTls({ ...over, ...options });
    const late = setTimeout(
      () => fail(new Error(`no TLS handshake within ${connectTime} ms (upstream.connectTime)`)),
      connectTime,
    );
    const fail = (error: Error) => {
      clearTimeout(late);
      socket.destroy();
      reject(error);
    };
    socket.once('secureConnect', () => {
      clearTimeout(late);
      resolveSocket(socket);
    });
    socket.on('error', fail);
  });
}

type ChainLink = PeerCertificate & { readonly issuerCertificate?: ChainLink };

/** Of the whole chain, the narrowest period: it is what counts. */
function factsOf(certificate: ChainLink): CertificateFacts {
  const chain = new Set<ChainLink>();
  for (
    let next: ChainLink | undefined = certificate;
    next !== undefined && !chain.has(next);
    next = next.issuerCertificate
  )
    chain.add(next);
  const issuers = [...new Set([...chain].map(({ issuer }) => nameIn(issuer?.CN ?? issuer?.O)))];
  const name = nameIn(certificate.subject?.CN);
  return {
    name,
    issuer: issuers.join(', by '),
    authority: issuers.at(-1) ?? '?',
    names: certificate.subjectaltname ?? name,
    from: new Date(Math.max(...[...chain].map((link) => Date.parse(link.valid_from)))),
    to: new Date(Math.min(...[...chain].map((link) => Date.parse(link.valid_to)))),
  };
}

function nameIn(name: string | string[] | undefined): string {
  return Array.isArray(name) ? name.join(' ') : (name ?? '?');
}
