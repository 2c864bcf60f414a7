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
  | 'not-found';
