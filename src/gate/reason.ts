// Why an operation was refused: a closed list for the operator. Clients see only the LDAP result.

/** Each reason is one decision of the gate. `ok` is the only one that goes with success. */
export type Reason =
  | 'ok'
  | 'wrong-password'
  | 'unknown-name'
  | 'not-a-member'
  | 'ambiguous-name'
  | 'not-a-user-name'
  | 'invalid-name'
  | 'malformed-credentials'
  | 'authorization-denied'
  | 'empty-password'
  | 'password-without-name'
  | 'too-many-attempts'
  | 'tls-required'
  | 'protocol-version'
  | 'method-not-offered'
  | 'critical-control'
  | 'no-snapshot'
  | 'stale-snapshot'
  | 'upstream-unreachable'
  | 'upstream-timeout'
  | 'upstream-busy'
  | 'upstream-error'
  | 'upstream-tls'
  | 'read-only'
  | 'unknown-operation'
  | 'not-found'
  | 'assertion-failed'
  | 'unknown-page'
  | 'malformed-control'
  | 'busy-here'
  | 'canceled';

/** The reason that goes with the end of a search or compare that was carried out. */
export function reasonOfEnd(code: number): Reason {
  switch (code) {
    case 32:
      return 'not-found';
    case 34:
      return 'invalid-name';
    default:
      return 'ok';
  }
}
