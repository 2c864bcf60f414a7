// Whether an LDAP port answers: for instances without an ops port. Octets by hand, for a health check should load next to nothing.
import { connect, type Socket } from 'node:net';
import type { InstanceSettings } from './ops-settings.js';

const TIME = 3000;

/** A search for the root DSE, which everybody may read, without attributes (RFC 4511 4.5.1); message 1. */
const QUESTION = Buffer.from(
  '302a02010163250400' + '0a01000a0100020100020100010100' + '870b6f626a656374436c617373' + '30050403312e31',
  'hex',
);
/** An UnbindRequest; message 2. */
const FAREWELL = Buffer.from('30050201024200', 'hex');
/** A SearchResultEntry or SearchResultDone of message 1. */
const ANSWER = /^30(..|81..|82....)020101(64|65)/;

export interface LdapPlace {
  /** As somebody would write it. */
  readonly url: string;
  readonly open: () => Socket | Promise<Socket>;
}

/** The first listener of an instance; undefined if it has none. */
export function ldapPlace({ ldap = '127.0.0.1:1389', ldaps, ldapiPath }: InstanceSettings): LdapPlace | undefined {
  if (!isOff(ldap)) {
    const at = nearby(String(ldap));
    return { url: `ldap://${written(at)}`, open: () => connect(at) };
  }
  if (ldaps !== undefined && !isOff(ldaps)) {
    const at = nearby(String(ldaps));
    // Nothing is told on it, so whose certificate it is does not matter.
    const open = async () => (await import('node:tls')).connect({ ...at, rejectUnauthorized: false });
    return { url: `ldaps://${written(at)}`, open };
  }
  if (typeof ldapiPath !== 'string') return undefined;
  return { url: `ldapi://${encodeURIComponent(ldapiPath)}`, open: () => connect(ldapiPath) };
}

/** Resolves if it answers as an LDAP server does, within three seconds; rejects with an Error that says why not. */
export async function askLdap({ open }: LdapPlace): Promise<void> {
  const socket = await open();
  return new Promise((resolve, reject) => {
    let answer = '';
    const end = (error?: Error) => {
      clearTimeout(late);
      socket.destroy();
      if (error === undefined) resolve();
      else reject(error);
    };
    const late = setTimeout(() => end(new Error(`no answer within ${TIME} ms`)), TIME);
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // It lives, and wants to see a certificate of ours.
      end(/CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE/.test(error.code ?? '') ? undefined : error);
    });
    socket.on('close', () => end(new Error('the connection was closed without an answer')));
    socket.on('data', (octets: Buffer) => {
      answer += octets.toString('hex');
      if (ANSWER.test(answer)) socket.removeAllListeners('data').end(FAREWELL, () => end());
      else if (answer.length > 16) end(new Error('what answers there is no LDAP server'));
    });
    socket.write(QUESTION);
  });
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
