// What Active Directory says about a refused login, for applications that show it to their users: only if configured.
import type { LDAPResult, PolicyNews } from '../../ldap/message.js';
import type { Reason } from '../reason.js';

/** The Windows error codes, in hexadecimal, that a domain controller writes into the diagnostic message of a 49. */
type Code = '525' | '52e' | '532' | '773' | '775';

/** By the error of the password policy control (draft-behera-ldap-password-policy-10, 6.2): expired, locked, to be changed. */
const BY_POLICY: readonly (Code | undefined)[] = ['532', '775', '773'];

/** Unknown names, and users outside the application's groups: both are unknown to it. */
const UNKNOWN: readonly Reason[] = ['unknown-name', 'not-a-member', 'ambiguous-name', 'not-a-user-name'];

/** A refusal's code. JumpCloud does not report times, workstations or expired accounts, so 530, 531, 533 and 701 are not used. */
function codeOf(reason: Reason, policy: PolicyNews | undefined): Code {
  if (UNKNOWN.includes(reason)) return '525';
  if (reason === 'too-many-attempts') return '775';
  return (policy?.error === undefined ? undefined : BY_POLICY[policy.error]) ?? '52e';
}

/** The same answer with the reason in its diagnostic message, in the form that applications take apart. */
export function withRefusalText(answer: LDAPResult, reason: Reason, policy: PolicyNews | undefined): LDAPResult {
  const code = codeOf(reason, policy);
  return {
    ...answer,
    text: `80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data ${code}, v3839`,
  };
}
