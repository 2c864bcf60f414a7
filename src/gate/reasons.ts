// Every reason in words: what it means, what it rests on, what the application sees, and what mends it. Log, explain, check, docs and page use these.
import type { Reason } from './reason.js';

/** Names that remedies are told with. */
export interface Names {
  readonly group: string;
  /** The user's name in JumpCloud. */
  readonly user: string;
}

export interface ReasonText {
  /** One sentence. */
  readonly meaning: string;
  /** The section of an RFC that asks for it, or what JumpCloud does. */
  readonly basis: string;
  /** The result codes that the application may see. */
  readonly codes: readonly number[];
  /** Which key here, or which switch in JumpCloud's console. */
  readonly remedy: (names: Names) => string;
}

/** For texts that are about nobody in particular. */
export const ANYBODY: Names = { group: 'wayk-users', user: 'NAME' };

const said = (text: string) => () => text;
const CHECK = 'Run jumpgate check: it follows the way to JumpCloud and names the fault.';
const PATTERN = "Mend the application's user DN pattern: uid=NAME, and then local.users and local.baseDN.";
const SWITCH_OFF = 'Switch the feature off in the application.';

/** A new reason does not compile before it has its words. */
export const REASONS: Readonly<Record<Reason, ReasonText>> = {
  ok: {
    meaning: 'It was done, a search or compare as far as its limits and the entry allow.',
    basis: 'RFC 4511 4.1.9',
    codes: [0, 3, 4, 5, 6, 16, 17],
    remedy: said('Nothing to mend.'),
  },
  'wrong-password': {
    meaning: 'JumpCloud refused the password now, or had refused the same one less than binds.refusedTtl ago.',
    basis:
      'RFC 4511 4.2.2. JumpCloud gives this one code to a wrong password and to users who are suspended, locked or expired, and to a missing or wrong code where MFA is asked for.',
    codes: [49],
    remedy: ({ user }) =>
      `Try the password in JumpCloud's user portal. In the console, Users › ${user}: is the user suspended or locked, has the password expired? At ldap-mfa.jumpcloud.com with MFA the password is written with the code behind a comma: password,123456. After a change, jumpgate purge ${user}.`,
  },
  'unknown-name': {
    meaning: 'There is no such account in the LDAP directory.',
    basis: 'JumpCloud shows over LDAP only users who are bound to the LDAP directory.',
    codes: [49],
    remedy: ({ user }) =>
      `Mend the name; or bind the user to the directory: Users › ${user} › Directories › JumpCloud LDAP, or through a group that is bound to it.`,
  },
  'not-a-member': {
    meaning: 'The account is there, and not in the group that gets in.',
    basis: 'The key group names the one group whose members get in; JumpCloud has no nested groups.',
    codes: [49],
    remedy: ({ group, user }) =>
      `Add the user to the group: User Groups › ${group} › Users › ${user}; or name another group (key group).`,
  },
  'ambiguous-name': {
    meaning: 'The name leads to more than one person.',
    basis: 'RFC 4513 5.1.3: a name is to be that of one object. Two accounts may share an address or a full name.',
    codes: [49],
    remedy: said(
      'Log in with the user name (uid); or give each account its own e-mail address; or take mail out of local.names.',
    ),
  },
  'not-a-user-name': {
    meaning: 'It is a DN of no person: of a group, of a container, below another base, or with other attributes.',
    basis: 'JumpCloud keeps people as uid=NAME directly below ou=Users, and only names of this form are bound there.',
    codes: [49],
    remedy: said(PATTERN),
  },
  'invalid-name': {
    meaning: 'It is neither a DN nor a user name.',
    basis: 'RFC 4511 4.1.3, RFC 4514; 34 is invalidDNSyntax.',
    codes: [34],
    remedy: said(`${PATTERN} Commas, quotes and backslashes within a value need a backslash.`),
  },
  'malformed-credentials': {
    meaning: 'A SASL PLAIN message without name and password in it.',
    basis: 'RFC 4616 2',
    codes: [49],
    remedy: said('Set the application to simple binds.'),
  },
  'authorization-denied': {
    meaning: 'Somebody would log in as one person to act for another.',
    basis: 'RFC 4513 5.2.1.8: to act for another needs a permission, and there are none here.',
    codes: [49],
    remedy: said('Leave the authorization identity in the application empty.'),
  },
  'empty-password': {
    meaning: 'A name came without a password.',
    basis: 'RFC 4513 5.1.2: such a bind proves nothing, and an application may take its success for a log-in.',
    codes: [53],
    remedy: said('Mend the application: it must ask for a password before it binds.'),
  },
  'password-without-name': {
    meaning: 'A password came without a name.',
    basis: 'RFC 4513 5.1.1: a bind without a name is anonymous, whatever else it brings.',
    codes: [49],
    remedy: said(PATTERN),
  },
  'too-many-attempts': {
    meaning:
      'More wrong passwords than binds.failuresPerAccount (or wrong passwords, or unknown names, than failuresPerAddress) came within binds.window; JumpCloud was not asked about this one.',
    basis: 'RFC 4513 6.3.1. JumpCloud locks accounts after failed log-ins; Jumpgate stops before that.',
    codes: [49],
    remedy: ({ user }) =>
      `Wait for binds.window, or run jumpgate purge ${user}; and look in the log which address keeps sending an old password. Many users behind one address: raise binds.failuresPerAddress.`,
  },
  'tls-required': {
    meaning: 'The password came in clear, and listen.requireTls is on; or it came by SASL PLAIN in clear.',
    basis: 'RFC 4513 6.3.1; 13 is confidentialityRequired, 7 authMethodNotSupported.',
    codes: [13, 7],
    remedy: said('Set the application to ldaps:// or StartTLS; or switch listen.requireTls off on a loopback address.'),
  },
  'protocol-version': {
    meaning: 'The application does not speak LDAPv3.',
    basis: 'RFC 4511 4.2: version 3 is the only one.',
    codes: [2],
    remedy: said('Set the application to LDAPv3.'),
  },
  'method-not-offered': {
    meaning: 'The application asked for a SASL mechanism that is not offered on this connection.',
    basis: 'RFC 4513 5.2.1; the root DSE lists what is offered (supportedSASLMechanisms).',
    codes: [7],
    remedy: said('Set the application to simple binds; PLAIN works over TLS, EXTERNAL with listen.ldapi.external.'),
  },
  'critical-control': {
    meaning: 'The application insists on a control that is not offered, or on a sort that cannot be had.',
    basis: 'RFC 4511 4.1.11: what is critical and unknown must be refused.',
    codes: [12],
    remedy: said(SWITCH_OFF),
  },
  'no-snapshot': {
    meaning: 'JumpCloud could not be read yet, or the group has been gone for longer than directory.doubt.',
    basis:
      'Searches are answered from the mirror alone, and who is a member is known from it; only while it is read for the first time are names looked up one by one. 52 is unavailable (RFC 4511 A.2).',
    codes: [52],
    remedy: said(CHECK),
  },
  'stale-snapshot': {
    meaning: 'JumpCloud could not be read for longer than directory.maxStale.',
    basis: 'An older copy of JumpCloud no longer says who is a member. 52 is unavailable (RFC 4511 A.2).',
    codes: [52],
    remedy: said(`${CHECK} Raise directory.maxStale if outages last longer.`),
  },
  'upstream-unreachable': {
    meaning: 'There is no connection to JumpCloud.',
    basis:
      'JumpCloud listens on ldap.jumpcloud.com, port 636. 52 is unavailable (RFC 4511 A.2), never a wrong password.',
    codes: [52],
    remedy: said(`Look at network, DNS and firewall: port 636 outwards, upstream.urls. ${CHECK}`),
  },
  'upstream-timeout': {
    meaning: 'JumpCloud gave no answer within upstream.operationTime.',
    basis:
      'With MFA by push JumpCloud waits up to 60 s for the user to confirm. 3 is timeLimitExceeded (RFC 4511 A.2).',
    codes: [3, 52],
    remedy: said(
      'With MFA by push set upstream.operationTime to 65s, and the time limit of the application higher; else look at the network.',
    ),
  },
  'upstream-busy': {
    meaning: 'JumpCloud said that it is busy, or no connection to it came free in time.',
    basis: 'RFC 4511 A.2: 51 is busy, and a client may try again.',
    codes: [51],
    remedy: said('Raise upstream.bindConnections; if JumpCloud itself is busy, wait.'),
  },
  'upstream-error': {
    meaning: 'JumpCloud answered the bind with something that is neither success nor a refusal.',
    basis: 'RFC 4511 4.2.2: only 0 is success; only 49 speaks of the password.',
    codes: [80, 52, 11, 3],
    remedy: said('The step says with what. If it lasts, ask JumpCloud.'),
  },
  'upstream-tls': {
    meaning: "JumpCloud's certificate was not accepted, or the handshake failed.",
    basis: 'RFC 4513 3.1.3: a client must verify the name. JumpCloud’s certificate is publicly trusted.',
    codes: [52],
    remedy: said(`Look at the clock, at upstream.caFile, and for a firewall that opens TLS. ${CHECK}`),
  },
  'read-only': {
    meaning: 'The application would change something.',
    basis: 'JumpCloud’s LDAP directory is read-only; RFC 4511 A.2: 53 is unwillingToPerform.',
    codes: [53],
    remedy: said(
      'Make the change in the JumpCloud console, a new password in the user portal; switch it off in the application.',
    ),
  },
  'unknown-operation': {
    meaning: 'An extended operation that is not offered, or one that was asked in a wrong form.',
    basis: 'RFC 4511 4.12: protocolError; RFC 4511 4.14.1: operationsError where StartTLS does not fit in.',
    codes: [1, 2],
    remedy: said(SWITCH_OFF),
  },
  'not-found': {
    meaning: 'There is no entry of this name in the sight of who asks.',
    basis: 'RFC 4511 A.2: 32 is noSuchObject; hidden entries and missing ones are answered alike.',
    codes: [32, 119],
    remedy: said(
      'Mend the base or the name in the application: local.baseDN, local.users, local.groups; a user sees what local.search.users says, and anonymous nothing.',
    ),
  },
  'assertion-failed': {
    meaning: 'The assertion control that came along is not true of the entry.',
    basis: 'RFC 4528 3',
    codes: [122],
    remedy: said('The application asked for it; there is nothing to mend here.'),
  },
  'unknown-page': {
    meaning: 'A further page of a search that is over, is somebody else’s, or was asked otherwise.',
    basis: 'RFC 2696 3',
    codes: [53],
    remedy: said('Let the application begin the search anew; it must page on one connection and under one name.'),
  },
  'malformed-control': {
    meaning: 'A control whose value cannot be read.',
    basis: 'RFC 4511 4.1.11',
    codes: [2],
    remedy: said('Mend the application, or what stands between.'),
  },
  'busy-here': {
    meaning: 'Too many requests are under way here.',
    basis: 'RFC 4511 A.2: 51 is busy.',
    codes: [51],
    remedy: said('Raise the limit that the answer names (listen.limits).'),
  },
  canceled: {
    meaning: 'The application took the operation back.',
    basis: 'RFC 3909 2',
    codes: [118],
    remedy: said('Nothing to mend.'),
  },
};
