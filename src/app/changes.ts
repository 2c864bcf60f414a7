// What a new configuration changes against the one at work.
import { createHash } from 'node:crypto';
import type { Config } from '../config/config.js';
import { Secret } from '../config/secret.js';

/** Text that is equal for equal parts, secrets included as digests. */
function fingerprint(part: unknown): string {
  return JSON.stringify(part, function (this: Record<string, unknown>, key, value: unknown) {
    // JSON.stringify has asked toJSON already; the secret itself is in its holder.
    const held = this[key];
    if (!(held instanceof Secret)) return value;
    return createHash('sha256').update(held.reveal()).digest('base64');
  });
}

const same = (a: unknown, b: unknown) => fingerprint(a) === fingerprint(b);

/** True if everything that talks to the upstream, and every name in the snapshot, can stay as it is. */
export function keepsUpstream(a: Config, b: Config): boolean {
  const part = ({ upstream, group, directory, local }: Config) => {
    const { baseDN, users, groups, groupClasses } = local;
    return { upstream, group, directory, baseDN, users, groups, groupClasses };
  };
  return same(part(a), part(b));
}

export function keepsMemory(a: Config, b: Config): boolean {
  return keepsUpstream(a, b) && same(a.binds, b.binds);
}

/** What a configuration is made of that no key says. */
const NO_KEYS = ['apps', 'files', 'source', 'origins', 'warnings'];
/** Keys that name the files whose octets these are. */
const CONTENTS: Readonly<Record<string, string>> = {
  ca: 'caFile',
  cert: 'certFile',
  key: 'keyFile',
  clientCa: 'clientCaFile',
};

/** The paths of the keys whose values differ, or the content of whose files does. No value is told. */
export function changedKeys(a: Config, b: Config): string[] {
  const walk = (left: unknown, right: unknown, path: readonly string[]): string[] => {
    if (same(left, right)) return [];
    if (!isSection(left) || !isSection(right)) return [path.join('.')];
    const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])];
    return keys
      .filter((key) => path.length > 0 || !NO_KEYS.includes(key))
      .flatMap((key) => walk(left[key], right[key], [...path, CONTENTS[key] ?? key]));
  };
  return [...new Set(walk(a, b, []))].sort();
}

/** Something below which there are keys: no list, octets or secret, and no address of a listener. */
function isSection(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return false;
  return !('host' in value && 'port' in value);
}

/** Keys whose new value waits for a restart: sockets and the log's stream are opened once. */
export function needsRestart(a: Config, b: Config): string[] {
  const pairs: [string, (config: Config) => unknown][] = [
    ['listen.ldap', ({ listen }) => listen.ldap],
    ['listen.ldaps', ({ listen }) => listen.ldaps],
    ['listen.ldapi', ({ listen: { ldapi } }) => [ldapi.path, ldapi.mode]],
    ['listen.proxyProtocol', ({ listen }) => listen.proxyProtocol],
    ['ops.http', ({ ops }) => ops.http],
    ['log.format', ({ log }) => log.format],
    ['log.audit', ({ log }) => log.audit],
  ];
  return pairs.filter(([, part]) => !same(part(a), part(b))).map(([key]) => key);
}
