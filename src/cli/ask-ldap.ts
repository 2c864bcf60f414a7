// Whether an LDAP port answers: for instances without an ops port. The messages are written out as bytes, so a health check loads almost no code.
import { connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { itemsOf } from '../config/list-text.js';
import { canonicalAddress } from '../runtime/address.js';
import { isListed, networkList } from '../runtime/networks.js';
import type { InstanceSettings } from './ops-settings.js';

const TIME = 3000;
const CLOSED = 'the connection was closed without an answer';

/** A search for the root DSE, which everybody may read, without attributes (RFC 4511 4.5.1); message 1. */
const QUESTION = Buffer.from(
  '302a02010163250400' + '0a01000a0100020100020100010100' + '870b6f626a656374436c617373' + '30050403312e31',
  'hex',
);
/** An UnbindRequest; message 2. */
const FAREWELL = Buffer.from('30050201024200', 'hex');
/** A SearchResultEntry or SearchResultDone of message 1. */
const ANSWER = /^30(..|81..|82....)020101(64|65)/;

/** For when its own address is one of a load balancer's: it connects for no other client (HAProxy's "The PROXY protocol", 2.1). */
const PROXY_HEADER = 'PROXY UNKNOWN\r\n';
/** A TLS record with a handshake message or an alert, in hexadecimal digits. */
const TLS_ANSWER = /^1[56]03/;

export interface LdapPlace {
  /** As somebody would write it. */
  readonly url: string;
  readonly at: { readonly host: string; readonly port: number } | { readonly path: string };
  readonly tls: 'none' | 'spoken' | 'wants a certificate';
  /** Addresses and networks whose connections begin with a PROXY header. */
  readonly proxies: readonly string[];
}

/** The first listener of an instance; undefined if it has none. */
export function ldapPlace({ ldap = '127.0.0.1:1389', ...settings }: InstanceSettings): LdapPlace | undefined {
  const { ldaps, clientCaFile, ldapiPath } = settings;
  const proxies = listOf(settings.proxyProtocol);
  if (!isOff(ldap)) {
    const at = nearby(String(ldap));
    return { url: `ldap://${written(at)}`, at, tls: 'none', proxies };
  }
  if (ldaps !== undefined && !isOff(ldaps)) {
    const at = nearby(String(ldaps));
    const tls = typeof clientCaFile === 'string' ? 'wants a certificate' : 'spoken';
    return { url: `ldaps://${written(at)}`, at, tls, proxies };
  }
  if (typeof ldapiPath !== 'string') return undefined;
  return { url: `ldapi://${encodeURIComponent(ldapiPath)}`, at: { path: ldapiPath }, tls: 'none', proxies: [] };
}

/**
 * Resolves if it answers as an LDAP server does, or, where that takes a certificate, as one that speaks TLS, within three seconds; rejects
 * with an Error that says why not.
 */
export async function askLdap({ at, tls, proxies }: LdapPlace): Promise<void> {
  const trusted = networkList(proxies);
  const { connect: connectTls } = tls === 'none' ? {} : await import('node:tls');
  return new Promise((resolve, reject) => {
    const raw = connect(at);
    const end: End = (error) => {
      clearTimeout(late);
      // What the server said before counts; after a reset it does not report a failed handshake.
      if (tls === 'wants a certificate' && !raw.connecting) raw.resetAndDestroy();
      else raw.destroy();
      if (error === undefined) resolve();
      else reject(error);
    };
    const late = setTimeout(() => end(new Error(`no answer within ${TIME} ms`)), TIME);
    raw.on('error', end);
    raw.on('close', () => end(new Error(CLOSED)));
    raw.once('connect', () => {
      if (isListed(trusted, canonicalAddress(raw.localAddress ?? ''))) raw.write(PROXY_HEADER);
      if (connectTls === undefined) return converse(raw, end);
      // Nothing confidential is sent, so the certificate is not checked.
      if (tls === 'spoken') {
        // The TLS layer reports an alert, and does so after `close`.
        raw.removeAllListeners('close');
        return converse(connectTls({ socket: raw, rejectUnauthorized: false }), end);
      }
      connectTls({ socket: mouth(raw), rejectUnauthorized: false }).on('error', end);
      awaitAnswer(raw, TLS_ANSWER, 'what answers there does not speak TLS', () => end(), end);
    });
  });
}

type End = (error?: Error) => void;

function converse(socket: Socket, end: End): void {
  socket.on('error', (error: NodeJS.ErrnoException) => {
    // It lives, and wants to see a certificate of ours.
    end(/certificate.required|handshake.failure/i.test(`${error.code} ${error.message}`) ? undefined : error);
  });
  socket.on('close', () => end(new Error(CLOSED)));
  const answered = () => socket.end(FAREWELL, () => end());
  awaitAnswer(socket, ANSWER, 'what answers there is not an LDAP server', answered, end);
  socket.write(QUESTION);
}

function awaitAnswer(socket: Socket, wanted: RegExp, complaint: string, answered: () => void, end: End): void {
  let answer = '';
  socket.on('data', (octets: Buffer) => {
    answer += octets.toString('hex');
    if (wanted.test(answer)) {
      socket.removeAllListeners('data');
      answered();
    } else if (answer.length > 16) end(new Error(complaint));
  });
}

/** A stream that writes to the socket and never reads from it. */
function mouth(socket: Socket): Duplex {
  return new Duplex({ read: () => {}, write: (octets: Buffer, _, done) => socket.write(octets, done) });
}

/** As the configuration takes a list: false, a list, or a text with commas. */
function listOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.map(String);
  return typeof value !== 'string' || isOff(value) ? [] : itemsOf(value);
}

function isOff(value: unknown): boolean {
  return value === false || value === 'false';
}

/** Where this machine reaches an address that is listened on; a port alone is one of this machine. */
function nearby(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, Math.max(colon, 0)).replace(/^\[|\]$/g, '');
  const near = host === '0.0.0.0' || host === '' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return { host: near, port: Number(address.slice(colon + 1)) };
}

function written({ host, port }: { host: string; port: number }): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
