// The PROXY protocol, versions 1 and 2: who the client behind a load balancer is. Bytes in, meaning out; no sockets.
import { isIP } from 'node:net';
import { canonicalAddress } from '../runtime/address.js';

/** What the first bytes of a connection say. */
export type ProxyHeader =
  /** More bytes are needed. */
  | { readonly kind: 'incomplete' }
  /**
   * The header is `length` bytes long; without an address it is the proxy's own connection (health checks). An address is canonical, because logs and
   * limits compare text.
   */
  | { readonly kind: 'header'; readonly length: number; readonly address?: string; readonly port?: number }
  | { readonly kind: 'invalid'; readonly why: string };

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
/** The longest first line of version 1, its end included. */
const LONGEST_LINE = 107;
/** Of version 2 with the additions that proxies send; anything longer is invalid. */
const LONGEST_BINARY = 4096;

const INCOMPLETE: ProxyHeader = { kind: 'incomplete' };
const invalid = (why: string): ProxyHeader => ({ kind: 'invalid', why });

/** Reads a header at the beginning of `octets` (HAProxy's "The PROXY protocol", 2.1 and 2.2). */
export function readProxyHeader(octets: Buffer): ProxyHeader {
  const start = octets.subarray(0, SIGNATURE.length);
  if (start.equals(SIGNATURE.subarray(0, start.length)) && start.length > 0)
    return start.length < SIGNATURE.length ? INCOMPLETE : readBinary(octets);
  return readLine(octets);
}

function readLine(octets: Buffer): ProxyHeader {
  const word = octets.subarray(0, 6).toString('latin1');
  if (!'PROXY '.startsWith(word)) return invalid('the connection does not begin with a PROXY header');
  const end = octets.indexOf('\r\n');
  if (end < 0) return octets.length >= LONGEST_LINE ? invalid('a PROXY line that is too long') : INCOMPLETE;
  if (end + 2 > LONGEST_LINE) return invalid('a PROXY line that is too long');
  const length = end + 2;
  const [, family, address = '', destination = '', port = '', destinationPort = '', ...more] = octets
    .toString('latin1', 0, end)
    .split(' ');
  if (family === 'UNKNOWN') return { kind: 'header', length };
  const wanted = family === 'TCP4' ? 4 : family === 'TCP6' ? 6 : -1;
  // A zone (fe80::1%eth0) belongs to one machine and to no header, though isIP takes it.
  const isRight = [address, destination].every((name) => isIP(name) === wanted && !name.includes('%'));
  if (!isRight || more.length > 0 || !isPort(port) || !isPort(destinationPort))
    return invalid('a PROXY line that cannot be read');
  return { kind: 'header', length, address: canonicalAddress(address), port: Number(port) };
}

function isPort(text: string): boolean {
  return /^(0|[1-9][0-9]{0,4})$/.test(text) && Number(text) <= 65_535;
}

function readBinary(octets: Buffer): ProxyHeader {
  if (octets.length < 16) return INCOMPLETE;
  const versionAndCommand = octets[12]!;
  const family = octets[13]!;
  const length = 16 + octets.readUInt16BE(14);
  if (versionAndCommand >> 4 !== 2) return invalid('a PROXY header of another version');
  if (length > LONGEST_BINARY) return invalid('a PROXY header that is too long');
  if (octets.length < length) return INCOMPLETE;
  const command = versionAndCommand & 0x0f;
  if (command > 1) return invalid('a PROXY header with another command');
  if (command === 0) return { kind: 'header', length };
  if (family === 0x11) {
    if (length < 16 + 12) return invalid('a PROXY header that is too short');
    return { kind: 'header', length, address: [...octets.subarray(16, 20)].join('.'), port: octets.readUInt16BE(24) };
  }
  if (family === 0x21) {
    if (length < 16 + 36) return invalid('a PROXY header that is too short');
    const groups = Array.from({ length: 8 }, (_, i) => octets.readUInt16BE(16 + 2 * i).toString(16));
    return { kind: 'header', length, address: canonicalAddress(groups.join(':')), port: octets.readUInt16BE(48) };
  }
  return { kind: 'header', length };
}
