// From settings of the right shape to the effective configuration: names parsed, files read, and what must fit each other compared.
import { X509Certificate } from 'node:crypto';
import { type DN, parseDN, type RDN } from '../ldap/dn.js';
import { isLoopbackHost } from '../runtime/loopback.js';
import { asksForSecondFactor } from '../upstream/endpoint.js';
import type { Config, ServiceAccountConfig } from './config.js';
import { formatDuration } from './durations.js';
import type { ConfigFault } from './fault.js';
import { looksLikePath, looseness, readNamedFile } from './files.js';
import { effectiveListen } from './listen.js';
import { isPasswordHash } from './password-hash.js';
import type { Parsed } from './schema.js';
import { Secret } from './secret.js';
import { secretText } from './secret-text.js';

/** The configuration that these settings make; what is wrong is added to `faults`, and the result is then not to be used. */
export function effectiveConfig(parsed: Parsed, trust: string | undefined, faults: ConfigFault[]): Config {
  return new Checker(parsed, trust, faults).config();
}

/** Milliseconds: a bind upstream, and one that waits for somebody to take the telephone out (JumpCloud's push lasts 60 s). */
const OPERATION_TIME = 10_000;
const SECOND_FACTOR_TIME = 65_000;
/** Characters of ops.token at least. */
const SHORTEST_TOKEN = 16;
/** Why a fault has no value. */
const HIDDEN = 'The value is not shown: it may be a secret.';
const ORG_SUFFIX: DN = parseDN('dc=jumpcloud,dc=com') ?? [];

class Checker {
  readonly warnings: ConfigFault[] = [];
  readonly files: string[] = [];

  constructor(
    private readonly parsed: Parsed,
    private readonly trust: string | undefined,
    private readonly faults: ConfigFault[],
  ) {}

  config(): Config {
    const { listen, upstream, group, local, directory, binds, ops, log } = this.parsed;
    const { orgId, baseDN } = this.organisation();
    const ca =
      this.trust === undefined
        ? upstream.caFile === undefined
          ? undefined
          : this.authorities('upstream.caFile', upstream.caFile)
        : Buffer.from(this.trust);
    this.checkUrls(upstream.urls, upstream.allowCleartext);
    return {
      listen: effectiveListen(listen, this),
      upstream: {
        ...upstream,
        operationTime: upstream.operationTime ?? operationTime(upstream.urls),
        orgId,
        baseDN,
        caFile: upstream.caFile,
        ca,
        reader: this.reader(),
      },
      group: this.group(group),
      local: {
        ...local,
        baseDN: local.baseDN === undefined ? undefined : this.name('local.baseDN', local.baseDN),
        users: this.rdn('local.users', local.users),
        groups: this.rdn('local.groups', local.groups),
        serviceAccounts: local.serviceAccounts.map((account, i) =>
          this.serviceAccount(account, `local.serviceAccounts.${i}`),
        ),
      },
      directory: this.checkDirectory(directory),
      binds,
      ops: this.opsPort(ops),
      log: {
        level: log.level,
        format: log.format === 'auto' ? (process.stdout.isTTY ? 'pretty' : 'json') : log.format,
        audit: log.audit,
      },
      files: this.files,
      warnings: this.warnings,
    };
  }

  /** Sessions that are open see what the last read brought: it has to be as fresh as the membership is to be. */
  private checkDirectory(directory: Parsed['directory']): Parsed['directory'] {
    const { refresh, membershipAge } = directory;
    if (refresh > membershipAge) {
      const remedy = `Set directory.membershipAge to ${formatDuration(refresh)} or more if whoever leaves the group may stay in for so long; or refresh more often.`;
      this.fault('directory.refresh', 'is longer than directory.membershipAge', remedy, formatDuration(refresh));
    }
    return directory;
  }

  fault(path: string, message: string, remedy: string, value?: string): void {
    this.faults.push({ path, message, remedy, ...(value === undefined ? {} : { value }) });
  }

  warn(path: string, message: string, remedy: string): void {
    this.warnings.push({ path, message, remedy });
  }

  /** A group is named as the console spells it; a form of another product may have had its DN. */
  private group(group: Parsed['group']): Parsed['group'] {
    const { name, everyone } = group;
    if (everyone) return group;
    if (name.trim() === '') {
      const remedy = 'Name the JumpCloud group whose members get in, or set group.everyone: true on purpose.';
      this.fault('group', 'is empty', remedy);
    }
    const dn = parseDN(name) ?? [];
    const [first] = dn[0] ?? [];
    const top = dn.at(-1)?.[0]?.type.toLowerCase();
    if (first === undefined || first.type.toLowerCase() !== 'cn') return group;
    const remedy = `Write only the name: ${first.value}`;
    if (top === 'dc' || top === 'o') this.fault('group', 'is a DN', remedy, name);
    else this.warn('group', `${name} looks like a part of a DN`, `If it is one, write only the name: ${first.value}`);
    return group;
  }

  /** orgId and baseDN say the same; either is enough. `ou=Users,` in front of the base is how some forms have it. */
  private organisation(): { orgId: string; baseDN: DN } {
    const { orgId, baseDN: written } = this.parsed.upstream;
    if (written === undefined) {
      if (orgId === undefined) {
        const remedy =
          'Set upstream.orgId (JUMPGATE_UPSTREAM_ORG_ID): in the JumpCloud console under Settings, 24 hex digits.';
        this.fault('upstream.orgId', 'is missing', remedy);
        return { orgId: '', baseDN: [] };
      }
      if (!/^[A-Za-z0-9_-]{1,64}$/.test(orgId)) {
        this.fault(
          'upstream.orgId',
          'is no organisation ID',
          'It consists of 24 hex digits, without o= in front.',
          orgId,
        );
      }
      return { orgId, baseDN: [[{ type: 'o', value: orgId }], ...ORG_SUFFIX] };
    }
    let baseDN = this.name('upstream.baseDN', written);
    const [first] = baseDN[0] ?? [];
    if (first?.type.toLowerCase() === 'ou' && first.value.toLowerCase() === 'users') baseDN = baseDN.slice(1);
    const [org] = baseDN[0] ?? [];
    if (org !== undefined && org.type.toLowerCase() !== 'o') {
      const remedy = 'It reads o=<organisation ID>,dc=jumpcloud,dc=com.';
      this.fault('upstream.baseDN', 'does not begin with the organisation', remedy, written);
    }
    const derived = org?.value ?? '';
    if (orgId !== undefined && orgId.toLowerCase() !== derived.toLowerCase()) {
      this.fault('upstream.orgId', `does not agree with upstream.baseDN (${derived})`, 'Keep one of the two.', orgId);
    }
    return { orgId: derived, baseDN };
  }

  private reader(): Config['upstream']['reader'] {
    const { user, dn, password, passwordFile } = this.parsed.upstream.reader;
    if ((user === undefined) === (dn === undefined)) {
      const what = user === undefined ? 'is missing' : 'is given twice, as user and as dn';
      const remedy = 'Set upstream.reader.user (or .dn) to a JumpCloud user with "Enable as LDAP Bind DN".';
      this.fault('upstream.reader', what, remedy);
    }
    if (dn !== undefined) this.secretlessName('upstream.reader.dn', dn);
    const [first] = parseDN(user ?? '')?.[0] ?? [];
    if (first !== undefined && /^(uid|cn|mail)$/i.test(first.type)) {
      const remedy = `Write only the name (${first.value}), or the whole DN as upstream.reader.dn.`;
      this.fault('upstream.reader.user', 'is a DN', remedy, user);
    }
    return { user, dn, password: this.password('upstream.reader', password, passwordFile) ?? new Secret('') };
  }

  private password(path: string, password: string | undefined, file: string | undefined): Secret | undefined {
    if (password === undefined && file === undefined)
      this.fault(`${path}.password`, 'is missing', `Set ${path}.passwordFile (or .password).`);
    return this.secret(path, 'password', password, file);
  }

  /** A secret that is written down or in a file; undefined if it is neither. */
  private secret(
    path: string,
    name: 'password' | 'token',
    written: string | undefined,
    file: string | undefined,
  ): Secret | undefined {
    if (written !== undefined && file !== undefined)
      this.fault(path, `has both ${name} and ${name}File`, 'Keep one of the two.');
    if (written !== undefined) return new Secret(written);
    if (file === undefined) return undefined;
    const key = `${path}.${name}File`;
    const octets = this.file(key, file, looksLikePath(file));
    if (octets === undefined) return undefined;
    const loose = looseness(file);
    if (loose !== undefined) this.warn(key, loose.message, loose.remedy);
    const read = secretText(octets, name);
    octets.fill(0);
    if ('fault' in read) {
      this.fault(key, read.fault.message, read.fault.remedy, file);
      return undefined;
    }
    if (read.warning !== undefined) this.warn(key, read.warning.message, read.warning.remedy);
    return new Secret(read.text);
  }

  private serviceAccount(account: Parsed['local']['serviceAccounts'][number], path: string): ServiceAccountConfig {
    const { dn, password, passwordFile, passwordHash } = account;
    this.secretlessName(`${path}.dn`, dn);
    if (passwordHash === undefined)
      return { dn, password: this.password(path, password, passwordFile), passwordHash: undefined };
    if (password !== undefined || passwordFile !== undefined) {
      this.fault(path, 'has a passwordHash and a password', 'Keep one of the two.');
    }
    if (!isPasswordHash(passwordHash)) this.fault(`${path}.passwordHash`, 'is no hash', 'Make one with: jumpgate hash');
    return { dn, password: undefined, passwordHash: new Secret(passwordHash) };
  }

  name(path: string, text: string): DN {
    const dn = parseDN(text);
    if (dn !== undefined && dn.length > 0) return dn;
    this.fault(path, 'is not a DN', 'Write it like dc=example,dc=com.', text);
    return [];
  }

  /** The same where a password might have been put by mistake: what has nothing of a DN is not shown. */
  private secretlessName(path: string, text: string): void {
    if (text.includes('=')) this.name(path, text);
    else this.fault(path, 'is not a DN', `Write it like uid=ldap-reader,ou=Users,dc=example,dc=com. ${HIDDEN}`);
  }

  private rdn(path: string, text: string): RDN {
    const dn = parseDN(text);
    const [rdn] = dn ?? [];
    if (dn?.length === 1 && rdn?.length === 1) return rdn;
    this.fault(path, 'is not one name relative to local.baseDN', 'Write it like ou=Users.', text);
    return [];
  }

  /** `isShown`: false for a name that may be a secret in the wrong place. */
  file(path: string, file: string, isShown = true): Buffer | undefined {
    this.files.push(file);
    const read = readNamedFile(file);
    if (Buffer.isBuffer(read)) return read;
    if (isShown) this.fault(path, read.message, read.remedy, file);
    else this.fault(path, read.message, `${read.remedy} ${HIDDEN}`);
    return undefined;
  }

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

  private checkUrls(urls: readonly string[], allowCleartext: boolean): void {
    if (urls.length === 0)
      this.fault('upstream.urls', 'is empty', 'Leave it out for JumpCloud, or name an ldaps:// URL.');
    for (const url of urls) {
      const { protocol, hostname } = tryUrl(url);
      if ((protocol !== 'ldaps:' && protocol !== 'ldap:') || hostname === '') {
        this.fault('upstream.urls', 'is no LDAP URL', 'Write it like ldaps://ldap.jumpcloud.com:636.', url);
      } else if (protocol === 'ldap:' && !allowCleartext) {
        const remedy = 'Use ldaps://, or set upstream.allowCleartext: true if you know that nobody listens.';
        this.fault('upstream.urls', 'would send passwords in clear', remedy, url);
      } else if (protocol === 'ldap:')
        this.warn(
          'upstream.urls',
          `passwords go to ${url} in clear (upstream.allowCleartext)`,
          'Do it only if nobody listens.',
        );
    }
  }

  private opsPort({ http, token, tokenFile }: Parsed['ops']): Config['ops'] {
    const secret = this.secret('ops', 'token', token, tokenFile);
    if (secret !== undefined && secret.bytes().length < SHORTEST_TOKEN)
      this.fault('ops.token', 'can be guessed', `Take ${SHORTEST_TOKEN} characters or more: openssl rand -hex 32`);
    if (http !== undefined && !isLoopbackHost(http.host) && secret === undefined) {
      const remedy = 'Choose 127.0.0.1 or [::1], or set ops.tokenFile (or .token), which everybody then has to show.';
      this.fault('ops.http', 'is reachable from outside', remedy, http.host);
    }
    return { http, token: secret };
  }
}

function operationTime(urls: readonly string[]): number {
  return urls.some((url) => asksForSecondFactor(tryUrl(url).hostname)) ? SECOND_FACTOR_TIME : OPERATION_TIME;
}

function tryUrl(text: string): { protocol: string; hostname: string } {
  try {
    return new URL(text);
  } catch {
    return { protocol: '', hostname: '' };
  }
}
