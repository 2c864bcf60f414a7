// Why an operation ended as it did: a closed list for the operator. Clients see only the LDAP result.
import { ResultCode } from '../ldap/result-code.js';

/** Each reason is one decision. `ok` is the only one that goes with success. Its words are in reasons.ts. */
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
  | 'canceled'
  | 'time-limit'
  | 'size-limit'
  | 'admin-limit'
  | 'busy-here'
  | 'not-bound-in-time'
  | 'shutting-down'
  | 'defect';

/**
 * The reason for the result code with which a search or compare ended. Only for operations that were carried out: a bind's 49 has many
 * reasons, and who refuses an operation says why itself. A code that no search or compare ends with is a defect of ours.
 */
export function reasonOfEnd(code: number): Reason {
  switch (code) {
    case ResultCode.success:
    case ResultCode.compareFalse:
    case ResultCode.compareTrue:
    case ResultCode.noSuchAttribute:
    case ResultCode.undefinedAttributeType:
    case ResultCode.inappropriateMatching:
    case ResultCode.invalidAttributeSyntax:
      return 'ok';
    case ResultCode.timeLimitExceeded:
      return 'time-limit';
    case ResultCode.sizeLimitExceeded:
      return 'size-limit';
    case ResultCode.adminLimitExceeded:
      return 'admin-limit';
    case ResultCode.unavailableCriticalExtension:
      return 'critical-control';
    case ResultCode.noSuchObject:
      return 'not-found';
    case ResultCode.invalidDNSyntax:
      return 'invalid-name';
    case ResultCode.busy:
      return 'busy-here';
    case ResultCode.canceled:
      return 'canceled';
    case ResultCode.assertionFailed:
      return 'assertion-failed';
    default:
      return 'defect';
  }
}
