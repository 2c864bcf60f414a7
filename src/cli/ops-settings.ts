// Where a running instance can be asked and what it wants to be shown, by file, environment and flags alone: to ask must not need the secrets
// that a whole configuration does, nor the time that it takes to read one.
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { credentialFile, credentialsIn, type Places } from '../config/credentials.js';
import { endpointFault } from '../config/endpoint.js';
import { ConfigError } from '../config/fault.js';
import { findConfigFile } from '../config/find-file.js';
import type { Tree } from '../config/sources.js';
import { variableText } from '../config/variable-text.js';
import type { ConfigArguments } from './arguments.js';
import type { CliIo } from './io.js';

/** What is written of an instance's ports: undefined where nothing is. */
export interface InstanceSettings {
  /** ops.http; false: there is none. */
  readonly http: unknown;
  readonly token: unknown;
  /** Where it can be opened. */
  readonly tokenFile: unknown;
  readonly ldap: unknown;
  readonly ldaps: unknown;
  /** Set: a client has to show a certificate to use TLS. */
  readonly clientCaFile: unknown;
  readonly ldapiPath: unknown;
  /** Whose connections begin with a PROXY header. */
  readonly proxyProtocol: unknown;
}

const KEYS = {
  http: ['ops', 'http'],
  token: ['ops', 'token'],
  tokenFile: ['ops', 'tokenFile'],
  ldap: ['listen', 'ldap'],
  ldaps: ['listen', 'ldaps'],
  clientCaFile: ['listen', 'tls', 'clientCaFile'],
  ldapiPath: ['listen', 'ldapi', 'path'],
  proxyProtocol: ['listen', 'proxyProtocol'],
} as const;

const VARIABLES: Readonly<Record<keyof typeof KEYS, string>> = {
  http: 'JUMPGATE_OPS_HTTP',
  token: 'JUMPGATE_OPS_TOKEN',
  tokenFile: 'JUMPGATE_OPS_TOKEN_FILE',
  ldap: 'JUMPGATE_LISTEN_LDAP',
  ldaps: 'JUMPGATE_LISTEN_LDAPS',
  clientCaFile: 'JUMPGATE_LISTEN_TLS_CLIENT_CA_FILE',
  ldapiPath: 'JUMPGATE_LISTEN_LDAPI_PATH',
  proxyProtocol: 'JUMPGATE_LISTEN_PROXY_PROTOCOL',
};

type Key = keyof typeof KEYS;

/**
 * The instance that the arguments mean: flags before the environment before the file. Throws ConfigError for a file that cannot be read and for an
 * address that cannot be used, unless `unread` takes it: then it is as if that were not there.
 */
export async function instanceSettings(
  { config, set = [] }: ConfigArguments,
  { env }: CliIo,
  unread?: (error: ConfigError) => void,
): Promise<InstanceSettings> {
  const { file } = findConfigFile(config, env);
  const tree = await treeOf(file, unread);
  const flags = new Map(set.map((assignment) => /^([^=]*)=(.*)$/s.exec(assignment)?.slice(1) as [string, string]));
  const places = { folder: dirname(resolve(file ?? '')), credentials: credentialsIn(env) };
  const variable = (name: string) => variableText(name, env[name]).text;
  const written = (key: Key) => flags.get(KEYS[key].join('.')) || variable(VARIABLES[key]) || inFile(tree, key, places);
  const keys = Object.keys(KEYS) as Key[];
  const read = Object.fromEntries(keys.map((key) => [key, written(key)])) as unknown as InstanceSettings;
  const settings = withAddress(read, unread);
  const hasGroup = tree.group !== undefined || isGroupNamed([...flags.keys()], env);
  const listen = hasGroup
    ? undefined
    : await firstOwnListen(flags.get('apps') || variable('JUMPGATE_APPS') || tree.apps);
  return listen === undefined ? settings : { ...settings, ...listenersIn(listen, places.folder) };
}

async function treeOf(file: string | undefined, unread: ((error: ConfigError) => void) | undefined): Promise<Tree> {
  if (file === undefined) return {};
  const { isTree, readYaml } = await import('../config/sources.js');
  const report = (error: unknown) => {
    if (unread === undefined || !(error instanceof ConfigError)) throw error;
    unread(error);
  };
  let tree: Tree = {};
  try {
    tree = readYaml(file);
  } catch (error) {
    report(error);
  }
  const odd = ['ops', 'listen'].filter((key) => tree[key] != null && !isTree(tree[key]));
  if (odd.length > 0) report(new ConfigError(odd.map((path) => ({ path, from: file, ...NO_KEYS }))));
  return Object.fromEntries(Object.entries(tree).filter(([key]) => !odd.includes(key)));
}

const NO_KEYS = { message: 'has no keys', remedy: 'Write its keys with their values on lines of their own.' };

/** An answer from another address than the one that is written would mislead its reader. */
function withAddress(settings: InstanceSettings, unread: ((error: ConfigError) => void) | undefined): InstanceSettings {
  const { http } = settings;
  const message = http === undefined ? undefined : endpointFault(http);
  if (message === undefined) return settings;
  const remedy = 'Correct it where it is set: in the file, in JUMPGATE_OPS_HTTP or with --set.';
  const error = new ConfigError([{ path: 'ops.http', value: JSON.stringify(http), message, remedy }]);
  if (unread === undefined) throw error;
  unread(error);
  return { ...settings, http: undefined };
}

/** The top-level keys are an app, which is served at the top level's listeners. */
function isGroupNamed(flags: readonly string[], env: CliIo['env']): boolean {
  const variables = Object.keys(env).filter((name) => variableText(name, env[name]).text !== '');
  return flags.some((key) => /^group(\.|$)/.test(key)) || variables.some((name) => /^JUMPGATE_GROUP(_|$)/.test(name));
}

/** The listeners of the first app where every app has its own: the top level's are not opened then. */
async function firstOwnListen(written: unknown): Promise<Tree | undefined> {
  const apps = typeof written === 'string' ? await listIn(written) : written;
  if (!Array.isArray(apps) || apps.length === 0) return undefined;
  const own = (apps as readonly (Tree | null)[]).map((app) => app?.listen as Tree | null | undefined);
  return own.every((listen) => typeof listen === 'object' && listen !== null) ? (own[0] as Tree) : undefined;
}

/** Of a variable or a flag. Text that is not YAML is refused where the whole configuration is read. */
async function listIn(text: string): Promise<unknown> {
  try {
    return (await import('yaml')).parse(text);
  } catch {
    return undefined;
  }
}

function listenersIn({ ldap = false, ldaps, ldapi }: Tree, folder: string) {
  const path = (ldapi as Tree | null | undefined)?.path;
  return { ldap, ldaps, ldapiPath: typeof path === 'string' ? resolve(folder, path) : undefined };
}

/** Relative paths belong to the file's folder. */
function inFile(tree: Tree, key: Key, places: Places & { readonly folder: string }): unknown {
  const value = KEYS[key].reduce<unknown>((node, part) => (node as Tree | null | undefined)?.[part], tree);
  const isPath = key === 'tokenFile' || key === 'ldapiPath';
  if (!isPath || typeof value !== 'string') return value;
  return credentialFile(value, places) ?? resolve(places.folder, value);
}

/** There is no ops port to ask. */
export class NoOpsPort extends Error {}

/** The ops port's URL. Throws NoOpsPort, and ConfigError for a file that cannot be read. */
export async function opsUrl(args: ConfigArguments, io: CliIo): Promise<string> {
  const url = opsUrlOf(await instanceSettings(args, io));
  if (url !== undefined) return url;
  const remedy = 'Set ops.http, or name the port of another instance with --url';
  throw new NoOpsPort(`ops.http is false, so there is no port that could be asked. ${remedy}`);
}

/** Undefined: it has none. A port alone is one of this machine. */
export function opsUrlOf({ http = '127.0.0.1:9389' }: Pick<InstanceSettings, 'http'>): string | undefined {
  if (http === false || http === 'false') return undefined;
  const address = String(http);
  return `http://${/^[0-9]+$/.test(address) ? `127.0.0.1:${address}` : address}`;
}

/** The ops port's token: from --token-file, else as it is configured; undefined if none is set. Throws an Error for an unreadable file. */
export async function opsToken(
  tokenFile: string | undefined,
  args: ConfigArguments,
  io: CliIo,
): Promise<string | undefined> {
  if (tokenFile !== undefined) return readToken(tokenFile);
  const { token, tokenFile: configured } = await instanceSettings(args, io);
  if (typeof token === 'string') return token;
  if (typeof configured !== 'string') return undefined;
  return readToken(credentialFile(configured, { credentials: credentialsIn(io.env) }) ?? configured);
}

function readToken(file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new Error(`the token cannot be read: ${(error as Error).message}`);
  }
}
