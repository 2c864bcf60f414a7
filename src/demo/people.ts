// The invented people of the embedded upstream, their groups and their states.

export const ORG_ID = '5f1c0a9e7b3d4c2a8e6f9d10';

/** What somebody does when a push arrives. */
export type PushAnswer = 'approve' | 'deny' | 'ignore';

export interface PersonState {
  /** Cannot authenticate; the entry stays. */
  suspended: boolean;
  /** Not activated yet: has no resource at all, so is not in the LDAP directory. */
  staged: boolean;
  /** Invited, without a password so far: no password is right. */
  passwordNeverSet: boolean;
  locked: boolean;
  /** Milliseconds since 1970; of a locked account without it, twenty minutes before the stand-in began, or the time of the switch. */
  lockedAt: number;
  passwordExpired: boolean;
  /** Milliseconds since 1970: expired from then on, unless the password never expires. */
  passwordExpiresAt: number;
  passwordNeverExpires: boolean;
  /** Active Directory decides about the password. */
  isDelegated: boolean;
  /** What the standard policy asks for: a code behind the password (`password,123456`), or a push to a phone that takes its time. */
  mfa: 'none' | 'code' | 'push';
  /** The factors that are set up; what `mfa` needs unless it is said here. */
  enrolled: { readonly totp: boolean; readonly push: boolean };
  pushAnswer: PushAnswer;
  /** Milliseconds since 1970: excluded from MFA until then. */
  mfaExcludedUntil: number;
  /** False: not bound to the LDAP directory in any way, so neither seen nor able to bind. */
  inDirectory: boolean;
  /** False: bound to the LDAP directory only through groups that are. */
  boundDirectly: boolean;
  /** "Enable as LDAP Bind DN": may search, and is excluded from MFA. */
  bindDn: boolean;
}

/** The switches to move; undefined: back to the default. */
export type Switches = { readonly [Name in keyof PersonState]?: PersonState[Name] | undefined };

export interface Person {
  readonly uid: string;
  readonly givenName: string;
  readonly sn: string;
  readonly number: number;
  readonly title?: string;
  readonly department?: string;
  readonly employeeType?: string;
  readonly password: string;
  readonly state: Readonly<Partial<PersonState>>;
}

type Row = readonly [
  uid: string,
  given: string,
  sn: string,
  title: string,
  department: string,
  type: string,
  state?: Partial<PersonState>,
];

const ROWS: readonly Row[] = [
  ['quillon.varrek', 'Quillon', 'Varrek', 'Platform Engineer', 'Infrastructure', 'employee'],
  ['mirelle.oskand', 'Mirelle', 'Oskand', 'Site Reliability Lead', 'Infrastructure', 'employee'],
  ['tavian.bruskel', 'Tavian', 'Bruskel', 'Support Technician', 'Support', 'employee'],
  ['yselda.mornwick', 'Yselda', 'Mornwick', 'Support Lead', 'Support', 'employee', { mfa: 'code' }],
  ['corvane.thessly', 'Corvane', 'Thessly', 'Accountant', 'Finance', 'employee'],
  ['liora.penhadrin', 'Liora', 'Penhadrin', 'Finance Director', 'Finance', 'employee', { bindDn: true }],
  ['bastel.ironquay', 'Bastel', 'Ironquay', 'Field Technician', 'Support', 'contractor'],
  ['odrienne.faltz', 'Odrienne', 'Faltz', 'Designer', 'Product', 'employee'],
  ['emrick.solvane', 'Emrick', 'Solvane', 'Product Manager', 'Product', 'employee', { suspended: true }],
  ['nahlia.grevost', 'Nahlia', 'Grevost', 'Security Analyst', 'Security', 'employee', { mfa: 'push' }],
  ['joreth.pellmar', 'Joreth', 'Pellmar', 'Developer', 'Engineering', 'employee'],
  ['svenja.ulmarik', 'Svenja', 'Ülmarik', 'Developer', 'Engineering', 'employee'],
  ['daxon.wyrmell', 'Daxon', 'Wyrmell', 'Developer', 'Engineering', 'contractor', { passwordExpired: true }],
  ['philo.estrande', 'Philo', 'Estrande', 'Intern', 'Engineering', 'intern', { locked: true }],
  ['kessia.tolbrand', 'Kessia', 'Tolbrand', 'Office Manager', 'Operations', 'employee'],
];

export const READER: Person = {
  uid: 'ldap-reader',
  givenName: 'LDAP',
  sn: 'Reader',
  number: 0,
  password: 'reader-secret-5000',
  state: { bindDn: true, passwordNeverExpires: true },
};

export const PEOPLE: readonly Person[] = [
  READER,
  ...ROWS.map(([uid, givenName, sn, title, department, employeeType, state], i) => ({
    uid,
    givenName,
    sn,
    number: i + 1,
    title,
    department,
    employeeType,
    password: `user-secret-${5001 + i}`,
    state: state ?? {},
  })),
];

export interface Group {
  readonly name: string;
  readonly members: readonly string[];
  /** The name in the LDAP directory, where it differs. */
  readonly ldapName?: string;
  /** False: not bound to the LDAP directory, so that neither it nor its membership is seen there. */
  readonly isInLdap?: boolean;
  /** A rule decides who is a member. */
  readonly isDynamic?: boolean;
  /** The separate posixGroup that "Create Linux group" makes. */
  readonly unix?: { readonly name: string; readonly gid: number };
}

const memberSets = new WeakMap<readonly string[], ReadonlySet<string>>();

/** True if `uid` is a member of the group; in constant time after the first question. */
export function isIn({ members }: Group, uid: string): boolean {
  const set = memberSets.get(members) ?? new Set(members);
  memberSets.set(members, set);
  return set.has(uid);
}

/** What may be changed of a group, beside its members. */
export type GroupSwitches = Partial<Pick<Group, 'ldapName' | 'isInLdap' | 'isDynamic'>>;

const at = (...numbers: readonly number[]) => numbers.map((n) => ROWS[n - 1]![0]);

export const GROUPS: readonly Group[] = [
  { name: 'wayk-users', members: at(1, 2, 3, 4, 7, 10, 12, 13, 14) },
  { name: 'Engineering', members: at(1, 2, 11, 12, 13, 14), unix: { name: 'engineering_unix', gid: 7001 } },
  { name: 'VPN (Full Tunnel)', members: at(2, 10, 6) },
  { name: 'Finance', members: at(5, 6), unix: { name: 'finance_unix', gid: 7002 } },
];
