// What a bind request brings: a name and a password, by simple bind or SASL PLAIN, or the socket itself (SASL EXTERNAL on ldapi).
import type { Authentication, BindRequest, LDAPResult } from '../../ldap/message.js';
import { ResultCode } from '../../ldap/result-code.js';
import { invalidCredentials, result } from '../answer.js';
import type { Reason } from '../reason.js';
import type { Session } from '../session.js';

export type Credentials =
  | { readonly kind: 'anonymous' }
  | {
      readonly kind: 'password';
      readonly name: string;
      readonly password: Buffer;
      /** Whom SASL PLAIN asks to act as, a name like `name`: it has to lead to the same account. */
      readonly actsAs?: string;
    }
  /** A client that could open the socket file is this account. */
  | { readonly kind: 'external'; readonly dn: string }
  | { readonly kind: 'refused'; readonly answer: LDAPResult; readonly reason: Reason };

export interface CredentialRules {
  readonly requireTls: boolean;
  /** The account that SASL EXTERNAL on ldapi leads to; undefined: not offered. */
  readonly externalDN: string | undefined;
}

const refused = (answer: LDAPResult, reason: Reason): Credentials => ({ kind: 'refused', answer, reason });
const NOT_OFFERED = refused(result(ResultCode.authMethodNotSupported), 'method-not-offered');
const TLS_REQUIRED = refused(result(ResultCode.confidentialityRequired, 'TLS is required for a bind'), 'tls-required');
const PLAIN_IN_CLEAR = refused(result(ResultCode.authMethodNotSupported), 'tls-required');

/** Reads a request as far as that can be done without knowing anybody: version, method, protection, shape. */
export function readCredentials(request: BindRequest, session: Session, rules: CredentialRules): Credentials {
  const { version, name, authentication } = request;
  if (version !== 3)
    return refused(result(ResultCode.protocolError, 'this server speaks LDAPv3 only'), 'protocol-version');
  switch (authentication.method) {
    case 'simple':
      if (name === '') {
        return authentication.password.length === 0
          ? { kind: 'anonymous' }
          : refused(invalidCredentials, 'password-without-name');
      }
      return withPassword(name, authentication.password, session, rules.requireTls);
    case 'sasl':
      return sasl(authentication.mechanism, authentication.credentials, session, rules);
    case 'unknown':
      return NOT_OFFERED;
  }
}

function withPassword(name: string, password: Buffer, session: Session, needsTls: boolean): Credentials {
  if (password.length === 0) {
    const text = 'unauthenticated bind (DN with no password) disallowed';
    return refused(result(ResultCode.unwillingToPerform, text), 'empty-password');
  }
  return needsTls && session.channel === 'clear' ? TLS_REQUIRED : { kind: 'password', name, password };
}

function sasl(mechanism: string, octets: Buffer | undefined, session: Session, rules: CredentialRules): Credentials {
  switch (mechanism) {
    case 'PLAIN': {
      // Not offered in cleartext: a client chooses its mechanism, and has no reason to choose this one there (R15).
      if (session.channel === 'clear') return PLAIN_IN_CLEAR;
      const plain = readPlain(octets);
      if (plain === undefined) return refused(invalidCredentials, 'malformed-credentials');
      const read = withPassword(plain.name, plain.password, session, rules.requireTls);
      return read.kind === 'password' && plain.actsAs !== undefined ? { ...read, actsAs: plain.actsAs } : read;
    }
    case 'EXTERNAL':
      if (session.channel !== 'ldapi' || rules.externalDN === undefined) return NOT_OFFERED;
      // Some clients name who they want to be; there is only one here to be.
      if (octets !== undefined && octets.length > 0 && octets.toString('utf8') !== `dn:${rules.externalDN}`)
        return refused(invalidCredentials, 'authorization-denied');
      return { kind: 'external', dn: rules.externalDN };
    default:
      return NOT_OFFERED;
  }
}

/**
 * [authzid] NUL authcid NUL passwd (RFC 4616 2). Both names may be authorization identities (RFC 4513 5.2.1.8), or names as in a simple bind.
 * Undefined for what has another shape.
 */
function readPlain(
  octets: Buffer | undefined,
): { name: string; password: Buffer; actsAs: string | undefined } | undefined {
  const first = octets?.indexOf(0) ?? -1;
  const second = octets?.indexOf(0, first + 1) ?? -1;
  if (octets === undefined || first < 0 || second < 0) return undefined;
  const authzid = octets.toString('utf8', 0, first);
  const name = nameIn(octets.toString('utf8', first + 1, second));
  if (name === '') return undefined;
  const actsAs = authzid === '' ? undefined : nameIn(authzid);
  return { name, password: octets.subarray(second + 1), actsAs };
}

/** The name in a request, as far as its method has one; '' where there is none. */
export function bindNameOf({ name, authentication }: BindRequest): string {
  const isPlain = authentication.method === 'sasl' && authentication.mechanism === 'PLAIN';
  return isPlain ? (readPlain(authentication.credentials)?.name ?? '') : name;
}

/** What follows `dn:` or `u:`. */
function nameIn(identity: string): string {
  return identity.replace(/^(dn|u):/, '');
}

/** The password's bytes came from the socket; they need not stay in memory. */
export function wipe(authentication: Authentication): void {
  if (authentication.method === 'simple') authentication.password.fill(0);
  else if (authentication.method === 'sasl') authentication.credentials?.fill(0);
}
