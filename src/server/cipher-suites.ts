// Which cipher suites are offered to clients: the list of our own, or one that is configured, in OpenSSL's notation for TLS 1.2.
import { createSecureContext } from 'node:tls';

/** Forward secrecy and authenticated encryption only (RFC 9325, 4.2); what Java 8, OpenSSL 1.0.1 and GnuTLS 3 speak is among them. */
const TLS_1_2 = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/** Those of TLS 1.3 are all good, and the same for everybody. */
const TLS_1_3 = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'].join(':');

/** What no list brings back (R62), and what needs no certificate. */
const NEVER = '!aNULL:!eNULL:!EXPORT:!LOW:!RC4:!DES:!3DES:!MD5:!PSK:!SRP';

/** The suites in OpenSSL's notation, those of TLS 1.3 first. `list`: of TLS 1.2, as configured; our own without one. */
export function cipherSuites(list: string | undefined): string {
  return `${TLS_1_3}:${list === undefined ? TLS_1_2 : `${list}:${NEVER}`}`;
}

export interface CipherFault {
  readonly message: string;
  readonly remedy: string;
}

/** Why a list cannot be used, or undefined. OpenSSL ignores unknown words; here each must name at least one suite. */
export function cipherListFault(list: string): CipherFault | undefined {
  for (const word of list.split(':')) {
    if (!/^[!+-]?[\w+-]+$/.test(word))
      return { message: `${JSON.stringify(word)} is not a cipher suite name`, remedy: HOW };
    if (word.startsWith('TLS_'))
      return { message: `${word} is a suite of TLS 1.3`, remedy: 'Leave it out: TLS 1.3 always has its own suites.' };
    // What is taken away need not be there.
    if (word.startsWith('!') || word.startsWith('-')) continue;
    const name = word.startsWith('+') ? word.slice(1) : word;
    if (!admitsAny(name)) return { message: `OpenSSL does not know the cipher suite ${name}`, remedy: HOW };
    if (!admitsAny(`${name}:${NEVER}`))
      return {
        message: `${name} is never offered: suites need encryption and a certificate, and no RC4, DES or MD5`,
        remedy: HOW,
      };
  }
  if (!admitsAny(`${list}:${NEVER}`)) return { message: 'no cipher suite is left of it', remedy: HOW };
  return undefined;
}

/** What suites of a list lack that our own have, in words; undefined if nothing. The list is one that can be used. */
export function cipherListWeakness(list: string): string | undefined {
  const lacks = [
    admitsAny(`${list}:${NEVER}:!kECDHE:!kDHE`) ? 'forward secrecy' : undefined,
    admitsAny(`${list}:${NEVER}:!AESGCM:!AESCCM:!CHACHA20:!ARIAGCM`) ? 'authenticated encryption (AEAD)' : undefined,
  ].filter((what) => what !== undefined);
  return lacks.length === 0 ? undefined : `admits suites without ${lacks.join(' and without ')}`;
}

const HOW =
  'Write names that openssl ciphers -v lists, with colons between them, like ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-SHA; or leave the key out.';

/** Whether a list has any suite of TLS 1.2; OpenSSL says no by an error. */
function admitsAny(list: string): boolean {
  try {
    createSecureContext({ ciphers: list, maxVersion: 'TLSv1.2' });
    return true;
  } catch {
    return false;
  }
}
