// The part of the configuration that says where applications connect.
import { isIP } from 'node:net';
import { isLoopbackHost } from '../runtime/loopback.js';
import { cipherListFault, cipherListWeakness } from '../server/cipher-suites.js';
import { schemeOf } from '../server/inherited-sockets.js';
import type { Checks } from './checks.js';
import type { AppListen, Config } from './config.js';
import { looseness } from './files.js';
import { addressOr, inheritedFor, type Section } from './inherited.js';
import { keyPairFault } from './private-key.js';
import type { Parsed } from './schema.js';
import { isTree } from './sources.js';

type Listen = Parsed['listen'];

/** The top level's listeners, and what all listeners have in common. `isUsed`: an app is served there; otherwise none of them is opened. */
export function effectiveListen(listen: Listen, isUsed: boolean, checks: Checks): Config['listen'] {
  const { tls, requireTls } = listen;
  if (tls === undefined && requireTls)
    checks.fault('listen.requireTls', 'needs a certificate', CERTIFICATE, undefined, ['listen.tls']);
  const section = { key: 'listen', owner: undefined };
  const own = isUsed ? checkedListeners(listen, listen, section, checks) : unusedListeners(listen, checks);
  return {
    ...listen,
    ...own,
    tls: certificate(tls, checks),
    proxyProtocol: trustedProxies(listen.proxyProtocol, checks),
  };
}

const CERTIFICATE = 'Set listen.tls.certFile and listen.tls.keyFile.';

/** The listeners of one section, with what all of them have in common. */
export function checkedListeners(
  own: Pick<Listen, 'ldap' | 'ldaps' | 'ldapi'>,
  { tls, requireTls }: Pick<Listen, 'tls' | 'requireTls'>,
  section: Section,
  checks: Checks,
): AppListen {
  const { key } = section;
  const { ldapi } = own;
  const inherited = inheritedFor(section, checks);
  const ldap = addressOr(own.ldap, 'ldap', inherited);
  const ldaps = addressOr(own.ldaps, 'ldaps', inherited);
  if (ldap === undefined && ldaps === undefined && ldapi.path === undefined && inherited.length === 0) {
    const leave = key === 'listen' ? '' : ' Or leave it out: the app then shares the listeners of the top level.';
    checks.fault(key, 'has neither ldap nor ldaps', `Set ${key}.ldap, ${key}.ldaps or ${key}.ldapi.path.${leave}`);
  }
  if (tls === undefined && ldaps !== undefined)
    checks.fault(`${key}.ldaps`, 'needs a certificate', CERTIFICATE, undefined, ['listen.tls']);
  const inClear = inherited.flatMap((socket) => (schemeOf(socket) === 'ldap' && socket.at ? [socket.at] : []));
  const outside = [...inClear, ...(ldap === undefined ? [] : [ldap])].find(({ host }) => !isLoopbackHost(host));
  if (outside !== undefined && !requireTls) {
    const message = `${outside.host} is reachable from outside and passwords may come in cleartext`;
    checks.warn(`${key}.ldap`, message, 'Set listen.requireTls, or listen on loopback.');
  }
  if (tls?.clientCaFile !== undefined && ldap !== undefined && !requireTls) {
    const message = `clients in cleartext on ${key}.ldap are not asked for a certificate`;
    checks.warn('listen.tls.clientCaFile', message, 'Set listen.requireTls.');
  }
  if (ldapi.external !== undefined) checks.name(`${key}.ldapi.external`, ldapi.external);
  return { ldap, ldaps, ldapi, inherited };
}

/** Every app has listeners of its own. */
function unusedListeners({ ldapi }: Listen, checks: Checks): AppListen {
  const { settings } = checks.surroundings;
  const written = isTree(settings.listen) ? settings.listen : {};
  for (const key of ['ldap', 'ldaps', 'ldapi']) {
    const isOff = written[key] === undefined || written[key] === false || written[key] === 'false';
    if (isOff) continue;
    const remedy = 'Remove it, or leave listen out of the app that should be there.';
    checks.warn(`listen.${key}`, 'is not opened: every app has listeners of its own', remedy);
  }
  return { ldap: undefined, ldaps: undefined, ldapi: { ...ldapi, path: undefined }, inherited: [] };
}

function certificate(tls: Listen['tls'], checks: Checks): Config['listen']['tls'] {
  if (tls === undefined) return undefined;
  const { certFile, keyFile, clientCaFile } = tls;
  checkProtocol(tls, checks);
  const cert = checks.file('listen.tls.certFile', certFile);
  const key = checks.file('listen.tls.keyFile', keyFile);
  const clientCa = clientCaFile === undefined ? undefined : checks.authorities('listen.tls.clientCaFile', clientCaFile);
  if (cert === undefined || key === undefined) return undefined;
  const loose = looseness(keyFile);
  if (loose !== undefined) {
    const message = `${loose.message}: a key that anybody can read protects nothing`;
    checks.fault('listen.tls.keyFile', message, loose.remedy, keyFile);
  }
  const fault = keyPairFault(cert, key, tls);
  if (fault !== undefined) checks.fault(fault.path, fault.message, fault.remedy, fault.value);
  return { ...tls, clientCaFile, ciphers: tls.ciphers, cert, key, clientCa };
}

function checkProtocol({ minVersion, maxVersion, ciphers }: NonNullable<Listen['tls']>, checks: Checks): void {
  if (minVersion > maxVersion) {
    const remedy = 'Leave one of them out: TLSv1.2 and TLSv1.3 are then offered.';
    checks.fault('listen.tls.maxVersion', `is below listen.tls.minVersion (${minVersion})`, remedy, maxVersion);
  }
  if (ciphers === undefined) return;
  const path = 'listen.tls.ciphers';
  const fault = cipherListFault(ciphers);
  if (fault !== undefined) return checks.fault(path, fault.message, fault.remedy, ciphers);
  const weakness = cipherListWeakness(ciphers);
  if (weakness !== undefined) {
    const remedy =
      'Leave the key out once no client needs them any more; `openssl ciphers -v LIST` shows what the list admits.';
    checks.warn(path, weakness, remedy);
  }
  if (minVersion === 'TLSv1.3')
    checks.warn(path, 'is for TLS 1.2, which listen.tls.minVersion excludes', 'Leave it out.');
}

/** Addresses and networks, e.g. `10.0.0.0/8`. */
function trustedProxies(written: Listen['proxyProtocol'], checks: Checks): readonly string[] | undefined {
  if (written === false || written === 'false') return undefined;
  for (const entry of written) {
    const [address = '', bits, ...more] = entry.split('/');
    const family = isIP(address);
    const most = family === 4 ? 32 : 128;
    const isNetwork = bits === undefined || (/^[0-9]{1,3}$/.test(bits) && Number(bits) <= most);
    if (family === 0 || !isNetwork || more.length > 0) {
      const remedy = 'Write the addresses of your load balancers, like [10.0.0.5, 192.168.0.0/16, "fd00::/8"].';
      checks.fault('listen.proxyProtocol', 'is not an address or network', remedy, entry);
    }
  }
  return written;
}
