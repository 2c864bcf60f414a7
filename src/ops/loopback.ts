// Which addresses are this machine's own.
import { isIP } from 'node:net';

/** True for 127.0.0.0/8, also as an IPv4-mapped address, and for ::1. */
export function isLoopback(address = ''): boolean {
  const plain = address.replace(/^::ffff:/, '');
  return plain === '::1' || (isIP(plain) === 4 && plain.startsWith('127.'));
}
