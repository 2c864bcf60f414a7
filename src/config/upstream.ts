// The part of the configuration that says how the upstream is reached, and by what both sides know each other.
import { regionOf } from '../upstream/regions.js';
import type { Checks } from './checks.js';
import type { Config } from './config.js';
import { looseness } from './files.js';
import { keyPairFault } from './private-key.js';
import type { Parsed } from './schema.js';

type Upstream = Parsed['upstream'];

/** The upstream's addresses: whether each can be used, and whether they fit each other. */
export function checkUrls({ urls, allowCleartext, startTLS }: Upstream, checks: Checks): void {
  if (urls.length === 0)
    checks.fault('upstream.urls', 'is empty', 'Leave it out for JumpCloud, or name an ldaps:// URL.');
  if (startTLS && allowCleartext) {
    const remedy = 'Leave upstream.allowCleartext out: with StartTLS nothing is sent in cleartext.';
    checks.fault('upstream.allowCleartext', 'contradicts upstream.startTLS', remedy, 'true');
  }
  const parts = urls.map(tryUrl);
  for (const [i, { protocol, hostname, username, password }] of parts.entries()) {
    if (username !== '' || password !== '') {
      // Not shown: a part of it is a secret.
      const remedy =
        'Write only the host, like ldaps://ldap.jumpcloud.com:636; the reader’s password belongs in upstream.reader.';
      checks.fault('upstream.urls', 'has a name or a password before the host', remedy);
    } else checkUrl(urls[i]!, protocol, hostname, { allowCleartext, startTLS }, checks);
  }
  if (startTLS && parts.every(({ protocol }) => protocol === 'ldaps:'))
    checks.warn(
      'upstream.startTLS',
      'has no ldap:// URL',
      'It is for ldap://HOST:389; on ldaps:// TLS comes first anyway.',
    );
  const regions = new Set(parts.map(({ hostname }) => regionOf(hostname)?.name).filter((name) => name !== undefined));
  if (regions.size > 1) {
    const remedy =
      'An account belongs to one region; hosts of other regions refuse it (49). Keep those of your console.';
    checks.warn('upstream.urls', `are of several regions (${[...regions].join(', ')})`, remedy);
  }
}

function checkUrl(
  url: string,
  protocol: string,
  hostname: string,
  { allowCleartext, startTLS }: Pick<Upstream, 'allowCleartext' | 'startTLS'>,
  checks: Checks,
): void {
  if ((protocol !== 'ldaps:' && protocol !== 'ldap:') || hostname === '') {
    const host = /^[a-z0-9.-]+(:[0-9]+)?$/i.test(url) ? url : 'ldap.jumpcloud.com:636';
    checks.fault('upstream.urls', 'is not an LDAP URL', `Write it like ldaps://${host}.`, url);
  } else if (protocol === 'ldaps:' || startTLS) return;
  else if (!allowCleartext) {
    const remedy =
      'Use ldaps://, or set upstream.startTLS: true; or upstream.allowCleartext: true if you are sure that nobody can read the traffic.';
    const about = ['upstream.startTLS', 'upstream.allowCleartext'];
    checks.fault('upstream.urls', 'would send passwords in cleartext', remedy, url, about);
  } else {
    const message = `passwords go to ${url} in cleartext (upstream.allowCleartext)`;
    checks.warn('upstream.urls', message, 'Keep it only if nobody can read the traffic.');
  }
}

/** The parts of a URL; empty for text that is not a URL. */
export function tryUrl(text: string): Pick<URL, 'protocol' | 'hostname' | 'username' | 'password'> {
  try {
    return new URL(text);
  } catch {
    return { protocol: '', hostname: '', username: '', password: '' };
  }
}

/** Our own certificate, and the upstream's keys. */
export function effectiveUpstreamTls(
  { certFile, keyFile, pin }: Upstream['tls'],
  checks: Checks,
): Config['upstream']['tls'] {
  const pins = pin.map((written) => written.replace(/^sha256\/{1,2}/, ''));
  for (const [i, one] of pins.entries()) {
    if (/^[A-Za-z0-9+/]{43}=$/.test(one)) continue;
    const remedy =
      'It is the SHA-256 of the public key in base64, 44 characters; `jumpgate check` prints that of the upstream.';
    checks.fault('upstream.tls.pin', 'is not a pin', remedy, pin[i]!);
  }
  return { certFile, keyFile, pin: pins, identity: identity(certFile, keyFile, checks) };
}

function identity(
  certFile: string | undefined,
  keyFile: string | undefined,
  checks: Checks,
): Config['upstream']['tls']['identity'] {
  if (certFile === undefined && keyFile === undefined) return undefined;
  if (certFile === undefined || keyFile === undefined) {
    const missing = certFile === undefined ? 'certFile' : 'keyFile';
    checks.fault(`upstream.tls.${missing}`, 'is missing', 'Set both, or neither: a certificate needs its key.');
    return undefined;
  }
  const cert = checks.file('upstream.tls.certFile', certFile);
  const key = checks.file('upstream.tls.keyFile', keyFile);
  if (cert === undefined || key === undefined) return undefined;
  const loose = looseness(keyFile);
  if (loose !== undefined) {
    const message = `${loose.message}: a key that anybody can read protects nothing`;
    checks.fault('upstream.tls.keyFile', message, loose.remedy, keyFile);
  }
  const fault = keyPairFault(cert, key, { certFile, keyFile }, 'upstream.tls');
  if (fault !== undefined) checks.fault(fault.path, fault.message, fault.remedy, fault.value);
  return { cert, key };
}
