// Every reason in words: what it means, the rule behind it, who has to act, how to fix it, and how log, page, watch, learn, explain and the
// documentation show it. This is the only table of reasons: everything that has to tell one reason from another reads it here.
import { ResultCode } from '../../ldap/result-code.js';
import { shellWord } from '../../runtime/shell-word.js';
import type { Reason } from '../reason.js';

/** Names to fill into remedies. */
export interface Names {
  /** Of several, as `groupsText` writes them. */
  readonly group: string;
  /** The user's name in JumpCloud. */
  readonly user: string;
  /** What the client sent for a name, and how a user's DN is written here. Client text, as it came: to be made printable like the rest. */
  readonly sent?: string;
  readonly expected?: string;
}

/** Groups of which each lets people in, for the remedies: the first, and some of the others. */
export function groupsText([first = 'the group', ...others]: readonly string[]): string {
  const more = others.length - MOST_OTHERS;
  const named = others.slice(0, MOST_OTHERS).join(', ');
  return others.length === 0 ? first : `${first} (or ${named}${more > 0 ? ` and ${more} more` : ''})`;
}

const MOST_OTHERS = 3;

/** Who has to act. */
export type Party = 'nobody' | 'user' | 'application' | 'operator' | 'upstream';

/** The same in words, for people. */
export const PARTIES: Readonly<Record<Party, string>> = {
  nobody: 'nobody',
  user: 'the user',
  application: "the application's administrator",
  operator: "Jumpgate's operator",
  upstream: 'JumpCloud, or the network on the way to it',
};

/** The groups of reasons on the page, each with a colour, in the order in which bars are stacked. */
export const KINDS = ['ok', 'password', 'member', 'limit', 'upstream', 'here', 'client'] as const;
export type Kind = (typeof KINDS)[number];

/**
 * `done`: carried out. `refused`: decided, and the same request will get the same answer until somebody acts. `failed`: nothing was decided
 * about the request, so it may succeed later (`jumpgate explain` ends with 1 and not with 4; watch shows it in red).
 */
export type Outcome = 'done' | 'refused' | 'failed';

export interface ReasonText {
  /** One sentence. */
  readonly meaning: string;
  /** The section of an RFC that asks for it, or what JumpCloud does. */
  readonly basis: string;
  /** The result codes that the application may see. */
  readonly codes: readonly ResultCode[];
  readonly party: Party;
  readonly outcome: Outcome;
  /** Log level of a bind with this reason. Other operations are logged at debug, defects always at error. */
  readonly level: 'info' | 'warn' | 'error';
  readonly kind: Kind;
  /** How to fix it: which key here, or which setting in JumpCloud's console. */
  readonly remedy: (names: Names) => string;
  /** What `jumpgate learn` advises about a client whose operations end like this; undefined if that says nothing about the client. */
  readonly advice: string | undefined;
}

/** For texts about no user in particular. */
export const ANYBODY: Names = { group: 'wayk-users', user: 'NAME' };

const plain = (text: string) => () => text;
const CHECK = 'Run jumpgate check: it tests each step of the way to JumpCloud and names the one that fails.';
const PATTERN = "Fix the application's user DN pattern: uid=NAME, followed by local.users and local.baseDN.";
/** Characters of a client's name in a remedy. */
const LONGEST_SENT = 256;
const cut = (name: string) => (name.length > LONGEST_SENT ? `${name.slice(0, LONGEST_SENT)}…` : name);
const SWITCH_OFF = 'Switch the feature off in the application.';

const REFUSED = { outcome: 'refused', level: 'info' } as const;
/** Fixed in the application's settings. */
const APPLICATION = { ...REFUSED, party: 'application', kind: 'client' } as const;
/** The upstream could not be asked, or gave no usable answer. */
const UPSTREAM = { outcome: 'failed', level: 'warn', party: 'upstream', kind: 'upstream', advice: undefined } as const;

/** A new reason does not compile until it has all of this. */
export const REASONS: Readonly<Record<Reason, ReasonText>> = {
  ok: {
    meaning: 'The operation was carried out.',
    basis: 'RFC 4511 4.1.9. 5, 6, 16, 17, 18 and 21 are the answers to a compare.',
    codes: [
      ResultCode.success,
      ResultCode.compareFalse,
      ResultCode.compareTrue,
      ResultCode.noSuchAttribute,
      ResultCode.undefinedAttributeType,
      ResultCode.inappropriateMatching,
      ResultCode.invalidAttributeSyntax,
    ],
    party: 'nobody',
    outcome: 'done',
    level: 'info',
    kind: 'ok',
    remedy: plain('Nothing to fix.'),
    advice: undefined,
  },
  'wrong-password': {
    meaning: 'JumpCloud refused the password, now or when it was tried before.',
    basis:
      'RFC 4511 4.2.2. JumpCloud sends this one code for a wrong password, for suspended, locked and expired users, and for a missing or wrong MFA code.',
    codes: [ResultCode.invalidCredentials],
    ...REFUSED,
    party: 'user',
    kind: 'password',
    remedy: ({ user }) =>
      `Try the password in JumpCloud's user portal. In the console, Users › ${user}: check whether the user is suspended or locked, or the password has expired. With MFA (ldap-mfa.jumpcloud.com), append the code to the password after a comma: password,123456. After a change, run jumpgate purge ${shellWord(user)}.`,
    advice: undefined,
  },
  'unknown-name': {
    meaning: 'The LDAP directory has no such account.',
    basis: 'JumpCloud shows only those users over LDAP who are bound to the LDAP directory.',
    codes: [ResultCode.invalidCredentials],
    ...REFUSED,
    party: 'user',
    kind: 'member',
    remedy: ({ user }) =>
      `Correct the name; or bind the user to the directory: Users › ${user} › Directories › JumpCloud LDAP, or through a group that is bound to it.`,
    advice:
      'Some of its names match no account: they are misspelt, or “JumpCloud LDAP” is missing under Users › NAME › Directories.',
  },
  'not-a-member': {
    meaning: 'The account exists but is not a member of the required group.',
    basis: 'Only members of the configured group get in, or of any of an app’s groups; JumpCloud has no nested groups.',
    codes: [ResultCode.invalidCredentials],
    ...REFUSED,
    party: 'operator',
    kind: 'member',
    remedy: ({ group, user }) =>
      `Add the user to the group: User Groups › ${group} › Users › ${user}; or configure another group (key group, or groups of the app).`,
    advice: undefined,
  },
  'ambiguous-name': {
    meaning: 'The name matches more than one user.',
    basis:
      'RFC 4513 5.1.3: a bind name identifies one object. Two accounts may share an email address, a full name, or a user name that JumpCloud tells apart and Jumpgate does not (jumpgate check names them).',
    codes: [ResultCode.invalidCredentials],
    ...REFUSED,
    party: 'user',
    kind: 'member',
    remedy: plain(
      'Log in with the user name (uid); or give each account its own email address; or remove mail from local.names.',
    ),
    advice: 'One of its names matches two users: log in with the user name.',
  },
  'not-a-user-name': {
    meaning:
      'The DN does not name a user: it names a group or a container, has another base, or uses another attribute.',
    basis: 'JumpCloud keeps users as uid=NAME directly below ou=Users, and only such names can bind there.',
    codes: [ResultCode.invalidCredentials],
    ...APPLICATION,
    remedy: ({ sent, expected }) =>
      sent === undefined || expected === undefined
        ? PATTERN
        : `Fix the application's user DN pattern: it sent ${cut(sent)}, expected is ${expected} (local.users and local.baseDN).`,
    advice:
      'Its bind names do not name users: the user DN pattern is uid=…, followed by the users’ container (jumpgate recipe shows it).',
  },
  'invalid-name': {
    meaning: 'The name is neither a DN nor a user name.',
    basis: 'RFC 4511 4.1.3, RFC 4514; 34 is invalidDNSyntax.',
    codes: [ResultCode.invalidDNSyntax],
    ...APPLICATION,
    remedy: plain(`${PATTERN} Commas, quotes and backslashes within a value need a backslash.`),
    advice:
      'Its names cannot be parsed: use a DN (uid=…, followed by the users’ container), the user name or the email address.',
  },
  'malformed-credentials': {
    meaning: 'The SASL PLAIN message does not contain a name and a password.',
    basis: 'RFC 4616 2',
    codes: [ResultCode.invalidCredentials],
    ...APPLICATION,
    remedy: plain('Set the application to simple binds.'),
    advice: 'Its SASL credentials cannot be parsed: set it to simple binds.',
  },
  'authorization-denied': {
    meaning: 'The client asked to log in as one user and act as another.',
    basis: 'RFC 4513 5.2.1.8: acting as another user needs a permission, and Jumpgate grants none.',
    codes: [ResultCode.invalidCredentials],
    ...APPLICATION,
    remedy: plain('Leave the authorization identity in the application empty.'),
    advice: 'It asks to act as another user: leave the SASL authorization identity empty.',
  },
  'empty-password': {
    meaning: 'The bind has a name but no password.',
    basis: 'RFC 4513 5.1.2: such a bind proves nothing, and an application may mistake its success for a login.',
    codes: [ResultCode.unwillingToPerform],
    ...REFUSED,
    party: 'application',
    kind: 'password',
    remedy: plain('Fix the application: it must ask for a password before it binds.'),
    advice: 'It sends binds with an empty password. They are refused; it must not treat the answer as a login.',
  },
  'password-without-name': {
    meaning: 'The bind has a password but no name.',
    basis: 'RFC 4513 5.1.1: a bind without a name is anonymous, whatever else it carries.',
    codes: [ResultCode.invalidCredentials],
    ...APPLICATION,
    remedy: plain(PATTERN),
    advice: 'It sends a password without a name: its user DN pattern is empty.',
  },
  'too-many-attempts': {
    meaning:
      'Too many wrong passwords: binds.failuresPerAccount of this account within binds.accountWindow, or binds.failuresPerAddress wrong passwords or unknown names from this address within binds.window; or too many names are being looked up. JumpCloud was not asked.',
    basis: 'RFC 4513 6.3.1. JumpCloud locks accounts after failed logins; Jumpgate stops before that.',
    codes: [ResultCode.invalidCredentials],
    ...REFUSED,
    party: 'user',
    kind: 'limit',
    remedy: ({ user }) =>
      `Wait (binds.accountWindow at most), or run jumpgate purge ${shellWord(user)}; find the address that keeps sending an old password in the log. If many users share one address, raise binds.failuresPerAddress.`,
    advice: 'It repeats wrong passwords: an old one is stored somewhere (jumpgate watch --reason too-many-attempts).',
  },
  'tls-required': {
    meaning: 'The password came in cleartext although listen.requireTls is on, or by SASL PLAIN in cleartext.',
    basis: 'RFC 4513 6.3.1; 13 is confidentialityRequired, 7 authMethodNotSupported.',
    codes: [ResultCode.confidentialityRequired, ResultCode.authMethodNotSupported],
    ...APPLICATION,
    remedy: plain(
      'Set the application to ldaps:// or StartTLS; or switch listen.requireTls off on a loopback address.',
    ),
    advice:
      'It binds in cleartext, which listen.requireTls forbids: switch StartTLS or ldaps:// on in the application.',
  },
  'protocol-version': {
    meaning: 'The application does not use LDAPv3.',
    basis: 'RFC 4511 4.2: version 3 is the only one.',
    codes: [ResultCode.protocolError],
    ...APPLICATION,
    remedy: plain('Set the application to LDAPv3.'),
    advice: 'It uses LDAPv2: set it to version 3.',
  },
  'method-not-offered': {
    meaning: 'The application asked for a SASL mechanism that this connection does not offer.',
    basis: 'RFC 4513 5.2.1; the root DSE lists the mechanisms on offer (supportedSASLMechanisms).',
    codes: [ResultCode.authMethodNotSupported],
    ...APPLICATION,
    remedy: plain('Set the application to simple binds; PLAIN works over TLS, EXTERNAL with listen.ldapi.external.'),
    advice: 'It asks for a SASL mechanism that is not offered: set it to simple binds.',
  },
  'critical-control': {
    meaning: 'The request has a critical control that is not supported, or asks for a sort that is not possible.',
    basis: 'RFC 4511 4.1.11: a request with an unsupported critical control must be refused.',
    codes: [ResultCode.unavailableCriticalExtension],
    ...APPLICATION,
    remedy: plain(SWITCH_OFF),
    advice:
      'It sends a critical control that is not supported: switch the feature off (often sorting by a rule, VLV or proxied authorization).',
  },
  'no-snapshot': {
    meaning: 'JumpCloud has not been read yet, or the groups have been missing for longer than directory.doubt.',
    basis:
      'Searches are answered from the mirror, which also decides who is a member; names are looked up one by one only during the first read, and while JumpCloud answers but its list cannot be read. 52 is unavailable (RFC 4511 A.2).',
    codes: [ResultCode.unavailable],
    ...UPSTREAM,
    remedy: plain(CHECK),
  },
  'stale-snapshot': {
    meaning: 'JumpCloud could not be read for longer than directory.maxStale.',
    basis: 'A copy of JumpCloud that is too old no longer tells who is a member. 52 is unavailable (RFC 4511 A.2).',
    codes: [ResultCode.unavailable],
    ...UPSTREAM,
    remedy: plain(`${CHECK} Raise directory.maxStale if outages last longer.`),
  },
  'upstream-unreachable': {
    meaning: 'There is no connection to JumpCloud.',
    basis:
      'JumpCloud listens on ldap.jumpcloud.com, port 636. 52 is unavailable (RFC 4511 A.2), never a wrong password.',
    codes: [ResultCode.unavailable],
    ...UPSTREAM,
    remedy: plain(`Check the network, DNS and the firewall: outbound port 636, upstream.urls. ${CHECK}`),
  },
  'upstream-timeout': {
    meaning: 'JumpCloud did not answer within upstream.operationTime.',
    basis:
      'With MFA by push JumpCloud waits up to 60 s for the user to confirm. 3 is timeLimitExceeded (RFC 4511 A.2).',
    codes: [ResultCode.timeLimitExceeded, ResultCode.unavailable],
    ...UPSTREAM,
    remedy: plain(
      'With MFA by push, set upstream.operationTime to 65s and a longer time limit in the application; otherwise check the network.',
    ),
  },
  'upstream-busy': {
    meaning: 'JumpCloud reported that it is busy, or no connection to it became free in time.',
    basis: 'RFC 4511 A.2: 51 is busy, and a client may try again.',
    codes: [ResultCode.busy],
    ...UPSTREAM,
    remedy: plain('Raise upstream.bindConnections; if JumpCloud itself is busy, wait.'),
    advice: 'The queue to JumpCloud is full: raise upstream.bindConnections.',
  },
  'upstream-error': {
    meaning: 'JumpCloud answered the bind with a code that means neither success nor a wrong password.',
    basis: 'RFC 4511 4.2.2: only 0 is success; only 49 is about the password.',
    codes: [ResultCode.other, ResultCode.unavailable, ResultCode.adminLimitExceeded, ResultCode.timeLimitExceeded],
    ...UPSTREAM,
    remedy: plain('The step in the log has the code. If it persists, contact JumpCloud.'),
  },
  'upstream-tls': {
    meaning: "JumpCloud's certificate was not accepted, or the TLS handshake failed.",
    basis: "RFC 4513 3.1.3: a client must verify the name. JumpCloud's certificate is publicly trusted.",
    codes: [ResultCode.unavailable],
    ...UPSTREAM,
    remedy: plain(`Check the clock, upstream.caFile, and whether a firewall intercepts TLS. ${CHECK}`),
  },
  'read-only': {
    meaning: 'The application tried to change something.',
    basis: "JumpCloud's LDAP directory is read-only; RFC 4511 A.2: 53 is unwillingToPerform.",
    codes: [ResultCode.unwillingToPerform],
    ...APPLICATION,
    remedy: plain(
      'Make the change in the JumpCloud console (a new password: in the user portal); switch writing off in the application.',
    ),
    advice:
      'It tries to write, but the directory is read-only: switch that off (password changes belong in JumpCloud).',
  },
  'unknown-operation': {
    meaning: 'The extended operation is not supported, was malformed, or is not allowed at this point.',
    basis: 'RFC 4511 4.12: protocolError; RFC 4511 4.14.1: operationsError for StartTLS at the wrong time.',
    codes: [ResultCode.operationsError, ResultCode.protocolError],
    ...APPLICATION,
    remedy: plain(SWITCH_OFF),
    advice: undefined,
  },
  'not-found': {
    meaning: 'There is no such entry, or the client may not see it.',
    basis: 'RFC 4511 A.2: 32 is noSuchObject; hidden and missing entries get the same answer.',
    codes: [ResultCode.noSuchObject, ResultCode.noSuchOperation],
    ...APPLICATION,
    remedy: plain(
      'Correct the base or the name in the application: local.baseDN, local.users, local.groups. A user sees what local.search.users allows, an anonymous client nothing.',
    ),
    advice: undefined,
  },
  'assertion-failed': {
    meaning: 'The assertion control in the request is not true of the entry.',
    basis: 'RFC 4528 3',
    codes: [ResultCode.assertionFailed],
    ...REFUSED,
    party: 'nobody',
    kind: 'client',
    remedy: plain('The application asked for this check; there is nothing to fix here.'),
    advice: undefined,
  },
  'unknown-page': {
    meaning:
      'The next page was requested of a search that is over, belongs to another session, or had other parameters.',
    basis: 'RFC 2696 3',
    codes: [ResultCode.unwillingToPerform],
    ...APPLICATION,
    remedy: plain('Restart the search in the application; all pages need the same connection and the same login.'),
    advice: 'It asks for pages that no longer exist: it binds between two pages, or takes too long.',
  },
  'malformed-control': {
    meaning: 'The value of a control cannot be parsed.',
    basis: 'RFC 4511 4.1.11',
    codes: [ResultCode.protocolError],
    ...APPLICATION,
    remedy: plain('Fix the application, or any proxy before it.'),
    advice: 'It sends a control that cannot be parsed.',
  },
  canceled: {
    meaning: 'The application canceled the operation.',
    basis: 'RFC 3909 2',
    codes: [ResultCode.canceled],
    ...REFUSED,
    party: 'nobody',
    kind: 'client',
    remedy: plain('Nothing to fix.'),
    advice: undefined,
  },
  'time-limit': {
    meaning: "The search took longer than the client's own time limit or listen.limits.searchTime.",
    basis: 'RFC 4511 4.5.1.5; 3 is timeLimitExceeded (RFC 4511 A.2).',
    codes: [ResultCode.timeLimitExceeded],
    party: 'application',
    outcome: 'failed',
    level: 'info',
    kind: 'limit',
    remedy: plain(
      'Make the filter or the base narrower; if the client set the limit, raise it in the application, otherwise raise listen.limits.searchTime.',
    ),
    advice: 'Its searches run into a time limit: make them narrower, or raise its own time limit.',
  },
  'size-limit': {
    meaning:
      "More entries match than the client's own size limit or listen.limits.searchEntries; the first of them were sent.",
    basis: 'RFC 4511 4.5.1.4; 4 is sizeLimitExceeded (RFC 4511 A.2).',
    codes: [ResultCode.sizeLimitExceeded],
    ...REFUSED,
    party: 'application',
    kind: 'limit',
    remedy: plain(
      'Make the filter narrower, or use paged results; if the client set the limit, raise it in the application, otherwise raise listen.limits.searchEntries.',
    ),
    advice: undefined,
  },
  'admin-limit': {
    meaning:
      'The operation reached a limit of Jumpgate, such as the work of one search, the entries to sort, or the parts of a filter.',
    basis: 'RFC 4511 A.2: 11 is adminLimitExceeded. The text of the answer names the limit.',
    codes: [ResultCode.adminLimitExceeded],
    ...REFUSED,
    party: 'application',
    kind: 'limit',
    remedy: plain(
      'Simplify the search in the application: fewer filter parts and sort keys, a narrower base. If the application needs it, raise the limit that the answer names (listen.limits).',
    ),
    advice: 'Its searches are too costly: use fewer filter parts and sort keys, or a narrower base.',
  },
  'busy-here': {
    meaning: 'Too many operations or password hashes are already waiting in Jumpgate.',
    basis: 'RFC 4511 A.2: 51 is busy, and a client may try again. The text of the answer names the limit.',
    codes: [ResultCode.busy],
    party: 'operator',
    outcome: 'failed',
    level: 'warn',
    kind: 'here',
    remedy: plain(
      'Look in the log for the address that sends so many requests; if they are legitimate, raise the limit that the answer names (listen.limits).',
    ),
    advice: 'It sends more requests at a time than Jumpgate accepts: make its connection pool smaller.',
  },
  'not-bound-in-time': {
    meaning: 'The connection was closed: it did not bind within listen.limits.unboundTime.',
    basis: 'RFC 4511 4.4.1: a server may end a connection with a Notice of Disconnection; 52 is unavailable (A.2).',
    codes: [ResultCode.unavailable],
    ...REFUSED,
    party: 'application',
    kind: 'limit',
    remedy: plain(
      'Have the application open its connections when it needs them, or bind them immediately; otherwise raise listen.limits.unboundTime.',
    ),
    advice: 'It keeps connections open without a bind: have it bind immediately, or raise listen.limits.unboundTime.',
  },
  'shutting-down': {
    meaning: 'Jumpgate is being stopped or restarted.',
    basis: 'RFC 4511 A.2: 52 is unavailable; 4.4.1: Notice of Disconnection.',
    codes: [ResultCode.unavailable],
    party: 'nobody',
    outcome: 'failed',
    level: 'info',
    kind: 'here',
    remedy: plain('Nothing to fix: connect again after the restart.'),
    advice: undefined,
  },
  defect: {
    meaning: 'Jumpgate itself failed; the connection was closed, others are not affected.',
    basis: 'RFC 4511 A.2: 80 is other; 4.4.1: Notice of Disconnection.',
    codes: [ResultCode.other],
    party: 'operator',
    outcome: 'failed',
    level: 'error',
    kind: 'here',
    remedy: plain('This is a bug: report it with the log line, which contains no passwords.'),
    advice: undefined,
  },
};

/** The words of a reason that another process sent; undefined if that one knows reasons that this one does not. */
export function textOfReason(reason: string): ReasonText | undefined {
  return Object.hasOwn(REASONS, reason) ? REASONS[reason as Reason] : undefined;
}
