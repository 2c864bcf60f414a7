// The effective configuration: everything parsed, defaulted, checked and read; what the rest of the product is built from.
import type { DN, RDN } from '../ldap/dn.js';
import type { TlsVersion } from '../server/client-tls.js';
import type { InheritedSocket } from '../server/inherited-sockets.js';
import type { ConfigFault } from './fault.js';
import type { Origin } from './layers.js';
import type { Parsed } from './schema.js';
import type { Secret } from './secret.js';

export interface ServiceAccountConfig {
  readonly dn: string;
  /** One of password and passwordHash is there. */
  readonly password: Secret | undefined;
  /** Where the password comes from, if it is from a file. */
  readonly passwordFile: string | undefined;
  readonly passwordHash: Secret | undefined;
}

/** What an app's entries look like: as JumpCloud's own, as a POSIX directory, or as Active Directory. */
export type Face = Parsed['local']['face'];

/** Where applications connect: what an app may have of its own. Certificate, TLS settings and limits are one for all. */
export type AppListen = Pick<Config['listen'], 'ldap' | 'ldaps' | 'ldapi' | 'inherited'>;

/**
 * One attribute rule as written, by the name of the attribute that it makes: the name of another attribute, a template (`{givenName} {sn}`),
 * `false` (hidden), or the long form of either or of a constant, with whom it is for.
 */
export type AttributeRuleText =
  | string
  | false
  | { readonly from: string; readonly for?: AttributeRuleScope }
  | { readonly value: string | readonly string[]; readonly for?: AttributeRuleScope };
export type AttributeRuleScope = 'users' | 'groups' | 'all';

/** One application's gate, view and names. */
export interface AppConfig {
  /** `[a-z0-9][a-z0-9-]{0,31}`, unique. `default` is the app of the top-level keys, which has no name in the configuration. */
  readonly name: string;
  /** False for the app of the top-level keys alone. */
  readonly isNamed: boolean;
  /** Upstream groups by their names: a member of any gets in. At least one, except with `everyone`, which makes them count for nothing. */
  readonly groups: readonly string[];
  readonly everyone: boolean;
  /** Its own listeners, or the top level's, which all such apps share. */
  readonly listen: AppListen | 'shared';
  readonly local: Config['local'];
  readonly attributes: Readonly<Record<string, AttributeRuleText>>;
  /** Never shown in this app; those of `directory.hiddenAttributes` are among them. */
  readonly hiddenAttributes: readonly string[];
  /** What each app counts for itself: attempts per account are counted for all apps together. */
  readonly binds: Pick<Config['binds'], 'failuresPerAddress' | 'window'>;
}

/** Who Jumpgate is to JumpCloud's REST API, and where that is. */
export interface ApiConfig {
  readonly clientId: string | undefined;
  readonly clientSecret: Secret | undefined;
  /** Where the secret comes from, if it is from a file. */
  readonly clientSecretFile: string | undefined;
  readonly key: Secret | undefined;
  readonly keyFile: string | undefined;
  readonly region: 'standard' | 'eu' | 'in';
  /** Without a slash at the end. */
  readonly urls: { readonly console: string; readonly api: string; readonly token: string };
  /** Of a tenant among several of one administrator. */
  readonly orgId: string | undefined;
}

/** The store that instances share. */
export interface FleetConfig {
  /** `rediss://`, or to this machine alone `redis://` or `unix://`; without a name or a password. */
  readonly url: string;
  readonly user: string | undefined;
  readonly password: Secret | undefined;
  /** Where the password comes from, if it is from a file. */
  readonly passwordFile: string | undefined;
  /** Undefined only in a configuration with faults. */
  readonly key: Secret | undefined;
  readonly keyFile: string | undefined;
  readonly caFile: string | undefined;
  readonly ca: Buffer | undefined;
  /** Milliseconds that a decision waits for the store. */
  readonly decisionTime: number;
  /** Accepted passwords are shared as well. */
  readonly verdicts: boolean;
  readonly prefix: string;
  /** How others call this instance. */
  readonly instance: string;
}

export interface Config {
  /** At least one; that of the top-level keys first if it is there, then the others in the order of the file. */
  readonly apps: readonly AppConfig[];
  readonly listen: Omit<Parsed['listen'], 'tls' | 'proxyProtocol'> & {
    /** Sockets that systemd has passed for these listeners; `ldap` and `ldaps` have the first one's address then. No key says them. */
    readonly inherited: readonly InheritedSocket[];
    /** Addresses and networks whose connections begin with a PROXY header. */
    readonly proxyProtocol: readonly string[] | undefined;
    readonly tls:
      | {
          readonly certFile: string;
          readonly keyFile: string;
          readonly clientCaFile: string | undefined;
          readonly minVersion: TlsVersion;
          readonly maxVersion: TlsVersion;
          /** OpenSSL's notation; undefined: our own list. */
          readonly ciphers: string | undefined;
          readonly cert: Buffer;
          readonly key: Buffer;
          /** Authorities of clients' certificates; undefined: none is asked for. */
          readonly clientCa: Buffer | undefined;
        }
      | undefined;
  };
  readonly upstream: Omit<
    Parsed['upstream'],
    'orgId' | 'baseDN' | 'reader' | 'caFile' | 'operationTime' | 'tls' | 'api'
  > & {
    /** JumpCloud's REST API; undefined: it is not asked. */
    readonly api: ApiConfig | undefined;
    /** Milliseconds. */
    readonly operationTime: number;
    readonly orgId: string;
    /** The organisation's base, `o=<orgId>,dc=jumpcloud,dc=com`. */
    readonly baseDN: DN;
    readonly caFile: string | undefined;
    readonly ca: Buffer | undefined;
    readonly tls: {
      readonly certFile: string | undefined;
      readonly keyFile: string | undefined;
      /** SHA-256 of public keys, in base64. */
      readonly pin: readonly string[];
      /** The content of the two files. */
      readonly identity: { readonly cert: Buffer; readonly key: Buffer } | undefined;
    };
    readonly reader: {
      readonly user: string | undefined;
      readonly dn: string | undefined;
      readonly password: Secret;
      /** Where the password comes from, if it is from a file. */
      readonly passwordFile: string | undefined;
    };
  };
  /** The gate of the first app. */
  readonly group: Parsed['group'];
  /** The names of the first app. */
  readonly local: Omit<Parsed['local'], 'baseDN' | 'users' | 'groups' | 'serviceAccounts'> & {
    readonly baseDN: DN | undefined;
    readonly users: RDN;
    readonly groups: RDN;
    readonly serviceAccounts: readonly ServiceAccountConfig[];
  };
  readonly directory: Parsed['directory'];
  readonly binds: Parsed['binds'];
  /** Undefined: this instance is alone. */
  readonly fleet: FleetConfig | undefined;
  readonly ops: Pick<Parsed['ops'], 'http'> & {
    /** Clients have to show it; undefined: only this machine may ask. */
    readonly token: Secret | undefined;
    /** Where the token comes from, if it is from a file. */
    readonly tokenFile: string | undefined;
  };
  readonly log: {
    readonly level: Parsed['log']['level'];
    readonly format: 'json' | 'pretty' | 'logfmt';
    /** The audit stream's file. */
    readonly audit: string | undefined;
  };
  /** The file as faults name it, or in words where none was found; undefined where none was looked for. */
  readonly source: string | undefined;
  /** Where each key was written that is not at its default, by its path. */
  readonly origins: ReadonlyMap<string, Origin>;
  /** The files that it was made from: a change of one of them may change it. */
  readonly files: readonly string[];
  /** Allowed, but worth a word at the start. */
  readonly warnings: readonly ConfigFault[];
}
