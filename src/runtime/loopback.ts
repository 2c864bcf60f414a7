// Which addresses and hosts are this machine's own.
import { isIP } from 'node:net';
import { canonicalAddress } from './address.js';

/** True for 127.0.0.0/8, also as an IPv4-mapped address, and for ::1. A name does not count: `127.example.net` may be anybody's. */
export function isLoopback(address = ''): boolean {
  const plain = canonicalAddress(address);
  return plain === '::1' || (isIP(plain) === 4 && plain.startsWith('127.'));
}

/** The same for a host as it is written; of all names only `localhost` is this machine's own everywhere (RFC 6761 6.3). */
export function isLoopbackHost(host: string): boolean {
  return host.toLowerCase() === 'localhost' || isLoopback(host);
}
