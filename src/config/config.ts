// The effective configuration: everything parsed, defaulted, checked and read; what the rest of the product is built from.
import type { DN, RDN } from '../ldap/dn.js';
import type { TlsVersion } from '../server/client-tls.js';
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

export interface Config {
  readonly listen: Omit<Parsed['listen'], 'tls' | 'proxyProtocol'> & {
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
  readonly upstream: Omit<Parsed['upstream'], 'orgId' | 'baseDN' | 'reader' | 'caFile' | 'operationTime' | 'tls'> & {
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
      /** What stands in the two files. */
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
  readonly group: Parsed['group'];
  readonly local: Omit<Parsed['local'], 'baseDN' | 'users' | 'groups' | 'serviceAccounts'> & {
    readonly baseDN: DN | undefined;
    readonly users: RDN;
    readonly groups: RDN;
    readonly serviceAccounts: readonly ServiceAccountConfig[];
  };
  readonly directory: Parsed['directory'];
  readonly binds: Parsed['binds'];
  readonly ops: Pick<Parsed['ops'], 'http'> & {
    /** Whoever asks has to show it; undefined: only this machine may ask. */
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
