// Why a read of the upstream failed, and how to fix it: the check, explain and the page say the same.
import type { ReadError } from '../../directory/reader.js';
import type { ReadFaultText } from '../../gate/explain/explain-bind.js';
import type { Names } from '../../gate/explain/reasons.js';

/** Whose affair a fault is. */
export type FaultClass = 'network' | 'configuration' | 'directory';

export interface ReadFault {
  readonly faultClass: FaultClass;
  readonly remedy: (names: Names) => string;
}

const BIND_DN = 'Users › NAME › User Security Settings › Enable as LDAP Bind DN';

/** Whose limit it is. */
const RAISE = (user: string) =>
  `Ask the operator of the directory to raise the limit for the reader ${user}: JumpCloud’s support; in OpenLDAP, limits dn.exact="<the reader’s DN>" size=unlimited time=unlimited.`;

/** What to do about a limit around which the directory is read in parts. */
export function searchLimitRemedy({ user }: Names): string {
  return `Nothing is missing. ${RAISE(user)} Each refresh then takes one search and not many.`;
}

/** What to do about a limit that one question of the check has met. */
export function questionLimitRemedy({ user }: Names): string {
  return `${RAISE(user)} The step “members” shows whether everything can still be read in parts.`;
}

/** A new kind of failure does not compile before it has its remedy. `user` in the names is the reader. */
export const READ_FAULTS: Readonly<Record<ReadError['kind'], ReadFault>> = {
  unreachable: {
    faultClass: 'network',
    remedy: () => 'Check upstream.urls, DNS, and that a firewall lets port 636 out.',
  },
  tls: {
    faultClass: 'network',
    remedy: () => 'Check the clock, upstream.caFile, upstream.tls, and whether a firewall opens TLS.',
  },
  refused: {
    faultClass: 'directory',
    remedy: ({ user }) =>
      `JumpCloud says the same to a wrong password, to a name that is not there and to another organisation. The hosts of another region than the account's say it as well (ldap.eu.jumpcloud.com, ldap.in.jumpcloud.com). Check upstream.urls, the reader's password (upstream.reader.passwordFile), upstream.reader.user (the user name, not the email address) and upstream.orgId; in the console, Users › ${user}: not suspended, not locked, password not expired, and ${BIND_DN.replace('NAME', user)}.`,
  },
  'no-base': {
    faultClass: 'configuration',
    remedy: () =>
      'Check upstream.orgId: 24 hexadecimal digits, in the JumpCloud console under Settings, or in the details of the LDAP directory behind o=.',
  },
  'no-group': {
    faultClass: 'directory',
    remedy: ({ group }) =>
      `Name the group as the console spells it (key group, or groups of the app). In JumpCloud: User Groups › ${group} › Directories › JumpCloud LDAP, and at least one user in it who is in the LDAP directory: a group without one is not shown.`,
  },
  'empty-group': {
    faultClass: 'directory',
    remedy: ({ group }) =>
      `Put somebody into it: User Groups › ${group} › Users; each of them bound to the directory: Users › NAME › Directories › JumpCloud LDAP.`,
  },
  shrunk: {
    faultClass: 'directory',
    remedy: ({ group }) =>
      `If the members really left, wait for directory.doubt; else look at User Groups › ${group} › Users.`,
  },
  partial: {
    faultClass: 'directory',
    remedy: () =>
      'Raise upstream.operationTime if the line is slow; look whether a firewall or a load balancer cuts connections that carry much.',
  },
  unseen: {
    faultClass: 'directory',
    remedy: ({ user }) =>
      `Each member must be bound: Users › NAME › Directories › JumpCloud LDAP; the reader needs ${BIND_DN.replace('NAME', user)}.`,
  },
  'size-limit': {
    faultClass: 'directory',
    remedy: ({ user }) =>
      `${RAISE(user)} Until then members log in, each by a look-up; searches are not answered, for they need the list.`,
  },
  'time-limit': {
    faultClass: 'directory',
    remedy: ({ user }) =>
      `Raise upstream.operationTime, which is sent to the directory as its time limit. If the directory ends searches sooner: ${RAISE(user)} Until then members log in, each by a look-up.`,
  },
  'admin-limit': {
    faultClass: 'directory',
    remedy: ({ user }) =>
      `${RAISE(user)} Where it is an index that is missing: uid, cn, member and memberOf need one for equality. Until then members log in, each by a look-up.`,
  },
  'too-large': {
    faultClass: 'directory',
    remedy: ({ group }) =>
      `If the directory really is so large, raise the key that is named (and the memory: a read needs about five times its bytes for a moment); otherwise look who answers at upstream.urls, for a photo or another value of that size, and at User Groups › ${group} › Users.`,
  },
  failed: {
    faultClass: 'directory',
    remedy: () =>
      'Code 51 (busy) or 52 (unavailable): wait until JumpCloud works again; Jumpgate keeps trying. If there are two groups of this name, rename one.',
  },
};

/** What to do about a reader that may bind and may not read. */
export function bindDnRemedy({ user }: Names): string {
  return `In JumpCloud: ${BIND_DN.replace('NAME', user)}. Without it JumpCloud answers the reader's searches with success and nothing.`;
}

/** A failed read as an explanation tells it. */
export function readFaultText(
  fault: { readonly cause: ReadError['kind']; readonly message: string } | undefined,
  names: Names,
): ReadFaultText | undefined {
  return fault === undefined ? undefined : { message: fault.message, remedy: READ_FAULTS[fault.cause].remedy(names) };
}
