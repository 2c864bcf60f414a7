// `fleet`: the store that several instances share, who this instance is to it, and the key under which nothing of it can be read.
import { hostname } from 'node:os';
import { isLoopbackHost } from '../runtime/loopback.js';
import type { Checks } from './checks.js';
import type { FleetConfig } from './config.js';
import type { Parsed } from './schema.js';
import type { Secret } from './secret.js';
import { tryUrl } from './upstream.js';

/** Characters of the key at least: 32 bytes in hexadecimal are twice as many. */
const SHORTEST_KEY = 32;
const SHORTEST_HEX = 64;
/** A text of fewer different characters is one that somebody typed. */
const FEWEST_CHARACTERS = 8;

/** Undefined where no store is named: then nothing is shared. */
export function effectiveFleet(fleet: Parsed['fleet'], checks: Checks): FleetConfig | undefined {
  if (fleet === undefined) return undefined;
  const { url, user, password, passwordFile, key, keyFile, caFile, decisionTime, verdicts, prefix, instance } = fleet;
  const secret = checks.secret('fleet', 'password', password, passwordFile);
  const fleetKey = checks.secret('fleet', 'key', key, keyFile);
  const { protocol } = tryUrl(url);
  checkUrl(url, checks);
  if (key === undefined && keyFile === undefined) {
    const remedy = 'Set fleet.keyFile, the same for all instances: openssl rand -hex 32';
    checks.fault('fleet.keyFile', 'is missing', remedy, undefined, ['fleet.key']);
  } else if (fleetKey !== undefined) checkKey(fleetKey, key === undefined ? 'fleet.keyFile' : 'fleet.key', checks);
  if (user !== undefined && password === undefined && passwordFile === undefined)
    checks.fault(
      'fleet.passwordFile',
      'is missing',
      'A user of the store has a password: set it, or leave fleet.user out.',
    );
  if (caFile !== undefined && protocol !== 'rediss:')
    checks.fault('fleet.caFile', 'is only for rediss://', 'Write fleet.url with rediss://, or leave fleet.caFile out.');
  return {
    url,
    user,
    password: secret,
    passwordFile: password === undefined ? passwordFile : undefined,
    key: fleetKey,
    keyFile: key === undefined ? keyFile : undefined,
    caFile,
    ca: caFile === undefined ? undefined : checks.authorities('fleet.caFile', caFile),
    decisionTime,
    verdicts,
    prefix,
    instance: instance ?? hostname(),
  };
}

/** In cleartext to this machine alone: failed logins are counted there, and anyone who can change the counts can lock everybody out. */
function checkUrl(url: string, checks: Checks): void {
  const { protocol, hostname: host, username, password } = tryUrl(url);
  const isNamed = host !== '' && /^[a-z]+:\/\/[^/?#]+(\/[0-9]{0,3})?$/i.test(url);
  if (username !== '' || password !== '') {
    // Not shown: a part of it is a secret.
    checks.fault(
      'fleet.url',
      'has a name or a password before the host',
      'Set fleet.user and fleet.passwordFile instead.',
    );
  } else if (protocol === 'unix:' && unixPath(url) !== undefined) return;
  else if (protocol === 'rediss:' && isNamed) return;
  else if (protocol === 'redis:' && isNamed) {
    if (isLoopbackHost(host.replace(/^\[|\]$/g, ''))) return;
    const remedy =
      'Use rediss://, with fleet.caFile if the authority is your own. Cleartext is only allowed to this machine: 127.0.0.1, or unix:///path.';
    checks.fault('fleet.url', 'would go over the network in cleartext', remedy, url);
  } else
    checks.fault(
      'fleet.url',
      'is not an address of a store',
      'Write it like rediss://valkey.example.com:6379, redis://127.0.0.1:6379 or unix:///run/valkey/valkey.sock.',
      url,
    );
}

/** The path of `unix:///path`; undefined for anything else. */
export function unixPath(url: string): string | undefined {
  const [, path] = /^unix:\/\/(\/[^?#]+)$/.exec(url) ?? [];
  return path === undefined ? undefined : decodeURI(path);
}

function checkKey(key: Secret, path: string, checks: Checks): void {
  const text = key.reveal();
  const shortest = /^[0-9a-f]*$/i.test(text) ? SHORTEST_HEX : SHORTEST_KEY;
  const remedy = 'Make 32 random bytes, and give all instances the same: openssl rand -hex 32';
  if (text.length < shortest) checks.fault(path, `is too short: ${shortest} characters or more`, remedy);
  else if (new Set(text).size < FEWEST_CHARACTERS) checks.fault(path, 'can be guessed', remedy);
}
