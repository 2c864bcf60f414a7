// Every reason that JumpCloud's own API gives, in words: what reasons.ts is for the reasons that Jumpgate finds itself. The switches are named
// as the console names them.

import type { Reason } from '../reason.js';
import type { CloudFinding, CloudReason } from './cloud-reason.js';
import type { Names, ReasonText } from './reasons.js';

/** Refusals that JumpCloud can say more about; true: it was JumpCloud that refused the credentials. */
export const ASKED_ABOUT: ReadonlyMap<Reason, boolean> = new Map<Reason, boolean>([
  ['wrong-password', true],
  ['unknown-name', false],
  ['not-a-member', false],
]);

/** A finding is not the outcome of an operation, so it has no result code and no level of its own. */
export type CloudReasonText = Pick<ReasonText, 'meaning' | 'basis' | 'party' | 'kind' | 'remedy'>;

/**
 * What it means for the user's binds. `now`: they are refused, whatever the password; `soon`: they will be, when LDAP follows the console; `no`:
 * nothing is known against the next one.
 */
export type Refuses = 'now' | 'soon' | 'no';

interface JudgedReasonText extends CloudReasonText {
  readonly refuses: Refuses;
}

const plain = (text: string) => () => text;
const USER = (settings: string) => (names: Names) => `In the console, Users › ${names.user}: ${settings}`;

/** The console does not have the member any more; LDAP may not know it yet. */
const MEMBER = { kind: 'member', party: 'upstream', refuses: 'soon' } as const;
const PASSWORD = { kind: 'password', party: 'user', refuses: 'no' } as const;
const ADMINISTRATOR = { kind: 'password', party: 'upstream', refuses: 'now' } as const;

/** A new reason does not compile until it has all of this. */
export const CLOUD_REASONS: Readonly<Record<CloudReason, JudgedReasonText>> = {
  'no-such-user': {
    ...MEMBER,
    refuses: 'now',
    meaning: 'JumpCloud has no user with this name.',
    basis: 'No record has this user name or this email address.',
    party: 'user',
    remedy: plain('Log in with the user name that the console shows under Users.'),
  },
  'name-is-mail': {
    ...PASSWORD,
    meaning: 'JumpCloud knows this name as an email address, not as a user name.',
    basis: 'JumpCloud’s LDAP only accepts the user name.',
    remedy: plain('Log in with the user name instead of the email address.'),
  },
  staged: {
    ...ADMINISTRATOR,
    meaning: 'The user is staged: it has no access to anything yet.',
    basis: 'A user in any state but active has no resources, whatever the password.',
    remedy: USER('set the user state to Active.'),
  },
  suspended: {
    ...ADMINISTRATOR,
    meaning: 'The user is suspended.',
    basis: 'A user in any state but active has no resources, whatever the password.',
    remedy: USER('if this was not intended, set the user state to Active.'),
  },
  'password-never-set': {
    ...PASSWORD,
    refuses: 'now',
    meaning: 'The user has never set a password.',
    basis: 'Without a password there is nothing to bind with.',
    remedy: USER('resend the activation email, or specify an initial password.'),
  },
  locked: {
    ...ADMINISTRATOR,
    meaning: 'The account is locked.',
    basis: 'Too many failed logins, an expired password, or an expired MFA enrolment lock an account.',
    remedy: USER(
      'unlock the account, and run jumpgate purge NAME if the password is still refused. Unlocking does not renew an expired password.',
    ),
  },
  'password-expired': {
    ...PASSWORD,
    refuses: 'now',
    meaning: 'The password has expired.',
    basis: "The organisation's password settings; its LDAP settings say whether the user vanishes from LDAP meanwhile.",
    remedy: plain('Choose a new password in the User Portal.'),
  },
  'password-elsewhere': {
    ...ADMINISTRATOR,
    refuses: 'no',
    meaning: 'Another directory decides about the password, not JumpCloud.',
    basis: "The user's password authority is delegated, for example to Active Directory.",
    remedy: plain('Check in that directory that the account is active and not locked, and set the password there.'),
  },
  'not-in-ldap': {
    ...MEMBER,
    meaning: 'The user is not bound to JumpCloud LDAP.',
    basis: 'Users are in LDAP only if they are bound to it, directly or through a group.',
    remedy: USER('tick JumpCloud LDAP under Directories, or do so in one of the groups that the user is in.'),
  },
  'not-in-group': {
    ...MEMBER,
    meaning: 'The user is not in a group that may log in.',
    basis: 'Jumpgate lets the members of the configured groups in.',
    remedy: (names) => `In the console, User Groups › ${names.group} › Users: tick ${names.user}.`,
  },
  'group-rule': {
    ...MEMBER,
    meaning: "The group's membership is dynamic, and its rule does not match this user.",
    basis: 'A dynamic group has the members that its rule finds.',
    remedy: (names) =>
      `In the console, User Groups › ${names.group} › Details: change the rule or the attribute of ${names.user} that it tests.`,
  },
  'group-not-in-ldap': {
    ...MEMBER,
    meaning: 'The group is not bound to JumpCloud LDAP.',
    basis: 'A group and its members are in LDAP only if it is bound to it.',
    remedy: (names) => `In the console, User Groups › ${names.group} › Directories: tick JumpCloud LDAP.`,
  },
  'push-unanswered': {
    ...PASSWORD,
    meaning: 'The password was right; the push was not confirmed.',
    basis: "JumpCloud's record of this bind: the password passed and JumpCloud Protect did not.",
    remedy: plain('Confirm the push on the phone, and have the application wait long enough for it.'),
  },
  'code-wrong': {
    ...PASSWORD,
    meaning: 'The password was right; the code was not.',
    basis: "JumpCloud's record of this bind: the password passed and the code did not.",
    remedy: plain('Enter the password, a comma and the current code; check the clock of the phone.'),
  },
  'second-factor-missing': {
    ...PASSWORD,
    meaning: 'The password was right; the second factor was missing.',
    basis: "JumpCloud's record of this bind: the password passed, and no second factor was tried.",
    remedy: plain('Enter the password, a comma and the current code, or set up JumpCloud Protect.'),
  },
  'not-enrolled': {
    ...PASSWORD,
    refuses: 'now',
    meaning: 'A policy requires a second factor, and the user has not set one up.',
    basis: 'A conditional access policy for LDAP requires MFA.',
    remedy: plain('Set up a second factor in the User Portal, Security.'),
  },
  'policy-denies': {
    ...MEMBER,
    refuses: 'now',
    meaning: 'A conditional access policy denies this user access to LDAP.',
    basis: 'A policy for LDAP that applies to the user has the action deny.',
    remedy: plain('In the console, Conditional Policies: remove the user from the policy, or change its action.'),
  },
  'mfa-host': {
    refuses: 'now',
    kind: 'upstream',
    party: 'operator',
    meaning: 'A policy requires a second factor, and the LDAP host in use does not accept one.',
    basis: 'JumpCloud asks for second factors only on a separate hostname.',
    remedy: plain('Name the MFA host of your region in upstream.urls, for example ldap-mfa.jumpcloud.com.'),
  },
  'still-processing': {
    refuses: 'no',
    kind: 'upstream',
    party: 'upstream',
    meaning: 'JumpCloud has not applied the membership to LDAP yet.',
    basis: 'The user is in the group in the console, but not in LDAP.',
    remedy: plain('Wait; if it takes more than an hour, check status.jumpcloud.com.'),
  },
  'password-wrong': {
    ...PASSWORD,
    meaning: 'The password was wrong: nothing else keeps this user out.',
    basis: "JumpCloud's record of this bind, or by elimination.",
    remedy: plain('Enter the JumpCloud password, or choose a new one in the User Portal.'),
  },
  'not-known': {
    refuses: 'no',
    kind: 'upstream',
    party: 'operator',
    meaning: 'JumpCloud did not say why.',
    basis: 'Its API did not answer, or did not answer every question.',
    remedy: plain('Run jumpgate check: it tests each step of the way to JumpCloud and names the one that fails.'),
  },
};

/** The words of a reason that another process sent; undefined if that one knows reasons that this one does not. */
export function textOfCloudReason(reason: string): JudgedReasonText | undefined {
  return Object.hasOwn(CLOUD_REASONS, reason) ? CLOUD_REASONS[reason as CloudReason] : undefined;
}

/** What another process's finding means for the next bind: it may be older and not say, or newer and know further reasons. */
export function refusesOf(told: { readonly reason: string; readonly refuses?: Refuses } | undefined): Refuses {
  return told === undefined ? 'no' : (told.refuses ?? textOfCloudReason(told.reason)?.refuses ?? 'no');
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (value: number) => String(value).padStart(2, '0');
const clockOf = (time: Date) => `${two(time.getUTCHours())}:${two(time.getUTCMinutes())}`;

/** With the year only if it differs from that of `now`. */
function dayOf(time: Date, now: Date): string {
  const day = `${time.getUTCDate()} ${MONTHS[time.getUTCMonth()] ?? ''}`;
  return time.getUTCFullYear() === now.getUTCFullYear() ? day : `${day} ${time.getUTCFullYear()}`;
}

/** Undefined for numbers that are not times. */
function timeOf(milliseconds: number | undefined): Date | undefined {
  const time = milliseconds === undefined ? undefined : new Date(milliseconds);
  return time === undefined || Number.isNaN(time.getTime()) ? undefined : time;
}

/** What a finding says, in one or two sentences; times are in UTC. Holds no client text and nothing of the user's record but times. */
export function sentenceOf(finding: CloudFinding): string {
  const sentence = datedSentence(finding) ?? CLOUD_REASONS[finding.reason].meaning;
  return finding.isRemoved === true ? `${sentence} JumpCloud has taken the user out of LDAP meanwhile.` : sentence;
}

function datedSentence({ reason, foundAt, fault, ...times }: CloudFinding): string | undefined {
  const now = new Date(foundAt);
  const since = timeOf(times.since);
  const until = timeOf(times.until);
  if (reason === 'locked' && since !== undefined) {
    const from = `Locked since ${dayOf(since, now)} ${clockOf(since)}`;
    if (until === undefined) return `${from} UTC.`;
    const day = dayOf(until, now) === dayOf(since, now) ? '' : `${dayOf(until, now)} `;
    return `${from} UTC; unlocks automatically at ${day}${clockOf(until)}.`;
  }
  if (reason === 'password-expired' && since !== undefined)
    return `The password expired on ${dayOf(since, now)} ${clockOf(since)} UTC.`;
  if (reason === 'not-known' && fault === 'budget')
    return 'JumpCloud did not say why: it was not asked, because this hour’s calls are used up (budget).';
  if (reason === 'not-known' && fault !== undefined)
    return `JumpCloud did not say why: its API was not usable (${fault}).`;
  return undefined;
}
