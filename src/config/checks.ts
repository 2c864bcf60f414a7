// What the parts of a configuration are checked with: faults and warnings gathered, names parsed, files read, secrets taken.
import { X509Certificate } from 'node:crypto';
import { isAbsolute } from 'node:path';
import { type DN, parseDN, type RDN } from '../ldap/dn.js';
import type { Inheritance } from '../server/inherited-sockets.js';
import { credentialFile, credentialName } from './credentials.js';
import type { ConfigFault } from './fault.js';
import { looksLikePath, looseness, readNamedFile } from './files.js';
import { type Layer, layerOf, writtenAt } from './layers.js';
import { Secret } from './secret.js';
import { secretText } from './secret-text.js';
import type { Tree } from './sources.js';

/** What is known of the settings beside their values. */
export interface Surroundings {
  /** Authorities to trust in place of upstream.caFile, in PEM. */
  readonly trust: string | undefined;
  readonly layers: readonly Layer[];
  readonly inherited: Inheritance;
  /** $CREDENTIALS_DIRECTORY. */
  readonly credentials: string | undefined;
  /** Milliseconds for which a pipe is waited for; undefined: as long as a start does. */
  readonly patience: number | undefined;
  /** What was written and has the right shape, without defaults. */
  readonly settings: Tree;
  /** Keys that were left out because their faults are reported already. */
  readonly dropped: readonly string[];
}

/** Why a fault has no value. */
const HIDDEN = 'The value is not shown: it may be a secret.';
/** What `jumpgate config` prints in place of a secret. */
const PLACEHOLDER = String(new Secret(''));

/** Collects errors and warnings while the parts of a configuration are read; nothing is thrown before all of them are known. */
export class Checks {
  readonly warnings: ConfigFault[] = [];
  /** The files that were read. */
  readonly files: string[] = [];

  constructor(
    readonly surroundings: Surroundings,
    private readonly faults: ConfigFault[],
  ) {}

  /** `about`: other keys that it compares. The consequences of a reported fault are not reported, and no fault is reported twice. */
  fault(path: string, message: string, remedy: string, value?: string, about: readonly string[] = []): void {
    const { dropped } = this.surroundings;
    const isBelow = (one: string, other: string) => one === other || one.startsWith(`${other}.`);
    const concerns = (key: string) => dropped.some((one) => isBelow(one, key) || isBelow(key, one));
    if ([path, ...about].some(concerns)) return;
    // Of a key that several apps inherit.
    if (this.faults.some((told) => told.path === path && told.message === message)) return;
    this.faults.push({ path, message, remedy, ...(value === undefined ? {} : { value }) });
  }

  add(...faults: readonly ConfigFault[]): void {
    this.faults.push(...faults);
  }

  warn(path: string, message: string, remedy: string): void {
    if (this.warnings.some((told) => told.path === path && told.message === message)) return;
    this.warnings.push({ path, message, remedy });
  }

  name(path: string, text: string): DN {
    const dn = parseDN(text);
    if (dn !== undefined && dn.length > 0) return dn;
    this.fault(path, 'is not a DN', 'Write it like dc=example,dc=com.', text);
    return [];
  }

  /** The same where a password might have been put by mistake: what has nothing of a DN is not shown. */
  secretlessName(path: string, text: string): void {
    if (text.includes('=')) this.name(path, text);
    else this.fault(path, 'is not a DN', `Write it like uid=ldap-reader,ou=Users,dc=example,dc=com. ${HIDDEN}`);
  }

  rdn(path: string, text: string): RDN {
    const dn = parseDN(text);
    const [rdn] = dn ?? [];
    if (dn?.length === 1 && rdn?.length === 1) return rdn;
    this.fault(path, 'is not one name relative to local.baseDN', 'Write it like ou=Users.', text);
    return [];
  }

  /** The bytes of a file; undefined, and a fault, if it cannot be read. */
  file(path: string, file: string): Buffer | undefined {
    return this.read(path, file, true);
  }

  /** The same for a file of secrets: its name is shown only if it cannot be one itself, and others should not be able to read it. */
  secretFile(path: string, named: string): Buffer | undefined {
    const written = this.written(path);
    // In a list that came as text nobody has looked for names of files.
    const places = { folder: this.folderOf(path), credentials: this.surroundings.credentials };
    const file = credentialFile(named, places) ?? named;
    const isShown =
      credentialName(written ?? named) !== undefined ||
      (written !== undefined && looksLikePath(written, places.folder));
    const octets = this.read(path, file, isShown);
    const loose = octets === undefined ? undefined : looseness(file);
    if (loose !== undefined) this.warn(path, loose.message, loose.remedy);
    return octets;
  }

  /** PEM with at least one certificate. */
  authorities(path: string, file: string): Buffer | undefined {
    const pem = this.file(path, file);
    if (pem === undefined) return undefined;
    try {
      new X509Certificate(pem);
    } catch {
      this.fault(path, 'holds no certificate', 'It is a PEM file that begins with BEGIN CERTIFICATE.', file);
    }
    return pem;
  }

  password(path: string, password: string | undefined, file: string | undefined): Secret | undefined {
    if (password === undefined && file === undefined)
      this.fault(`${path}.password`, 'is missing', `Set ${path}.passwordFile (or .password).`, undefined, [
        `${path}.passwordFile`,
      ]);
    return this.secret(path, 'password', password, file);
  }

  /** A secret that is written down or in a file; undefined if it is neither. */
  secret(
    path: string,
    name: 'password' | 'token' | 'clientSecret' | 'key',
    written: string | undefined,
    file: string | undefined,
  ): Secret | undefined {
    if (written !== undefined && file !== undefined)
      this.fault(path, `has both ${name} and ${name}File`, 'Keep one of the two.');
    if (written === PLACEHOLDER) {
      const remedy = `Write the ${name} itself into a file, and set ${path}.${name}File to its path.`;
      this.fault(`${path}.${name}`, `is ${PLACEHOLDER}, which \`jumpgate config\` prints in place of a secret`, remedy);
    }
    if (written !== undefined) return new Secret(written);
    if (file === undefined) return undefined;
    const key = `${path}.${name}File`;
    const octets = this.secretFile(key, file);
    if (octets === undefined) return undefined;
    const read = secretText(octets, name);
    octets.fill(0);
    if ('fault' in read) {
      this.fault(key, read.fault.message, read.fault.remedy, file);
      return undefined;
    }
    if (read.warning !== undefined) this.warn(key, read.warning.message, read.warning.remedy);
    return new Secret(read.text);
  }

  private read(path: string, file: string, isShown: boolean): Buffer | undefined {
    this.files.push(file);
    const read = readNamedFile(file, this.surroundings.patience);
    if (Buffer.isBuffer(read)) return read;
    const remedy = `${read.remedy}${this.whereItIs(this.written(path) ?? file, path)}`;
    if (isShown) this.fault(path, read.message, remedy, file);
    else this.fault(path, read.message, `${remedy} ${HIDDEN}`);
    return undefined;
  }

  /** What a name in a configuration, as it is written, is relative to. */
  private whereItIs(written: string, path: string): string {
    const credential = credentialName(written);
    if (credential !== undefined) {
      const unit = `LoadCredential=${credential}:FILE in systemd’s unit`;
      if (this.surroundings.credentials !== undefined) return ` Pass it with ${unit}.`;
      return ` systemd passes no credentials to this process, so Jumpgate looks for it beside the configuration; pass it with ${unit}.`;
    }
    return isAbsolute(written) ? '' : ` Relative paths start at ${this.folderOf(path)}.`;
  }

  /** A path as somebody wrote it, before it was made whole. */
  private written(path: string): string | undefined {
    const keys = keysOf(path);
    const layer = layerOf(this.surroundings.layers, keys);
    const value = layer === undefined ? undefined : writtenAt(layer.tree, keys);
    return typeof value === 'string' ? value : undefined;
  }

  private folderOf(path: string): string {
    return layerOf(this.surroundings.layers, keysOf(path))?.folder ?? process.cwd();
  }
}

/** Of `local.serviceAccounts[0].dn`. */
function keysOf(path: string): string[] {
  return path.split(/\]?[.[]|\]/).filter((key) => key !== '');
}
