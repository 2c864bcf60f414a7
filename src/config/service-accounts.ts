// The accounts that exist only here: written in the configuration, or in a file of their own.
import { dirname } from 'node:path';
import type { Document } from 'yaml';
import { dnKey, parseDN } from '../ldap/dn.js';
import { type ParsedApp, serviceAccounts } from './app-schema.js';
import type { Checks } from './checks.js';
import type { ServiceAccountConfig } from './config.js';
import { withWholePaths } from './layers.js';
import { parseYaml } from './parse-yaml.js';
import { isPasswordHash } from './password-hash.js';
import { Secret } from './secret.js';
import { shapeFaults } from './shape-faults.js';
import { PARSING } from './units.js';

type Accounts = Pick<ParsedApp, 'serviceAccounts' | 'serviceAccountsFile'>;
type Account = ParsedApp['serviceAccounts'][number];

/** Where each account's name was first written, by its key: a name may be there once in all apps, for attempts are counted by it. */
export type KnownAccounts = Map<string, string>;

/** Those of serviceAccounts, followed by those of serviceAccountsFile. `section`: where the two keys are, e.g. `local`. */
export function effectiveAccounts(
  { serviceAccounts: written, serviceAccountsFile: file }: Accounts,
  section: string,
  known: KnownAccounts,
  checks: Checks,
): readonly ServiceAccountConfig[] {
  const key = `${section}.serviceAccountsFile`;
  const read = file === undefined ? [] : accountsIn(file, key, checks);
  const all = [
    ...written.map((account, i) => ({ account, path: `${section}.serviceAccounts[${i}]` })),
    ...read.map((account, i) => ({ account, path: `${key}[${i}]` })),
  ];
  refuseTwins(all, known, checks);
  return all.map(({ account, path }) => effectiveAccount(account, path, checks));
}

/** Of two accounts with one name only one could log in. */
function refuseTwins(
  all: readonly { readonly account: Account; readonly path: string }[],
  known: KnownAccounts,
  checks: Checks,
): void {
  for (const { account, path } of all) {
    const dn = parseDN(account.dn);
    if (dn === undefined) continue;
    const name = dnKey(dn);
    const other = known.get(name);
    if (other === undefined) known.set(name, path);
    else checks.fault(`${path}.dn`, `is also the name of ${other}`, 'Keep one of the two accounts.', account.dn);
  }
}

/** YAML or JSON: a list of accounts. Faults quote nothing of it. */
function accountsIn(file: string, key: string, checks: Checks): readonly Account[] {
  const octets = checks.secretFile(key, file);
  if (octets === undefined) return [];
  const text = octets.toString('utf8');
  octets.fill(0);
  const { document, faults } = parseYaml(text, file);
  for (const { message, remedy } of faults) checks.fault(key, message, remedy, file);
  if (faults.length > 0) return [];
  const list = plain(document);
  const places = { folder: dirname(file), credentials: checks.surroundings.credentials };
  const parsed = serviceAccounts.safeParse(Array.isArray(list) ? withWholePaths({ list }, places).list : list, PARSING);
  if (parsed.success) return parsed.data;
  checks.add(...shapeFaults(parsed.error.issues, list, key.split('.')));
  return [];
}

function effectiveAccount(account: Account, path: string, checks: Checks): ServiceAccountConfig {
  const { dn, password, passwordFile, passwordHash } = account;
  checks.secretlessName(`${path}.dn`, dn);
  if (passwordHash === undefined)
    return {
      ...{ dn, passwordFile, passwordHash: undefined },
      password: checks.password(path, password, passwordFile),
    };
  if (password !== undefined || passwordFile !== undefined) {
    checks.fault(path, 'has a passwordHash and a password', 'Keep one of the two.');
  }
  if (!isPasswordHash(passwordHash))
    checks.fault(`${path}.passwordHash`, 'is not a hash', 'Make one with: jumpgate hash');
  return { dn, password: undefined, passwordFile: undefined, passwordHash: new Secret(passwordHash) };
}

/** Undefined where an alias leads nowhere. */
function plain(document: Document): unknown {
  try {
    return document.toJS() as unknown;
  } catch {
    return undefined;
  }
}
