// What the upstream says about a password beyond yes or no, as text for the operator.
import type { PolicyNews } from '../../ldap/message.js';

/** To follow a decision; '' without news. */
export function policyText(news: PolicyNews | undefined): string {
  if (news === undefined) return '';
  const { secondsLeft, logInsLeft, error } = news;
  return [
    secondsLeft === undefined ? '' : `, the password expires in ${secondsLeft} s`,
    logInsLeft === undefined ? '' : `, the password has expired: ${logInsLeft} logins left`,
    error === undefined ? '' : `, password policy: ${POLICY_ERRORS[error] ?? error}`,
  ].join('');
}

/** draft-behera-ldap-password-policy-10, 6.2. */
const POLICY_ERRORS: readonly string[] = [
  'passwordExpired',
  'accountLocked',
  'changeAfterReset',
  'passwordModNotAllowed',
  'mustSupplyOldPassword',
  'insufficientPasswordQuality',
  'passwordTooShort',
  'passwordTooYoung',
  'passwordInHistory',
];
