// The embedded JumpCloud's people, groups and settings as its REST API shows them. More is in a record than anybody here needs, as with the real one.
import type { Accounts } from '../accounts.js';
import { enrolmentOf } from '../admission.js';
import { type Group, ORG_ID, type Person } from '../people.js';
import type { AccessPolicy, LockoutPolicy } from '../tenant.js';
import { groupId, policyId, SERVER_ID, userId } from './ids.js';

export type JsonRecord = Readonly<Record<string, unknown>>;

const iso = (time: number | undefined) => (time === undefined ? null : new Date(time).toISOString());
const CREATED = '2026-01-12T08:30:00.000Z';

function mfaRecords({ state }: Person): JsonRecord {
  const { totp, push } = enrolmentOf(state);
  const status = (isEnrolled: boolean) => (isEnrolled ? 'ENROLLED' : 'NOT_ENROLLED');
  const until = state.mfaExcludedUntil;
  return {
    mfa: {
      configured: totp,
      exclusion: until !== undefined,
      ...(until === undefined ? {} : { exclusionUntil: iso(until) }),
    },
    mfaEnrollment: {
      overallStatus: status(totp || push),
      totpStatus: status(totp),
      pushStatus: status(push),
      webAuthnStatus: 'NOT_ENROLLED',
      jcGoStatus: 'NOT_ENROLLED',
    },
    totp_enabled: totp,
  };
}

/** As a search answers it: without who decides about the password. */
export function userRecord(accounts: Accounts, person: Person): JsonRecord {
  const { uid, givenName, sn, number, state } = person;
  return {
    _id: userId(uid),
    organization: ORG_ID,
    username: uid,
    email: `${uid}@example.test`,
    firstname: givenName,
    lastname: sn,
    displayname: `${givenName} ${sn}`,
    jobTitle: person.title ?? '',
    department: person.department ?? '',
    employeeType: person.employeeType ?? '',
    employeeIdentifier: String(1000 + number),
    company: 'Fernhollow Test GmbH',
    addresses: [{ type: 'home', streetAddress: `${number} Fernhollow Lane`, locality: 'Oskandtal', country: 'DE' }],
    phoneNumbers: [{ type: 'mobile', number: `+1 202 555 01${String(number % 100).padStart(2, '0')}` }],
    attributes: [],
    ssh_keys: [],
    created: CREATED,
    unix_uid: 5000 + number,
    unix_guid: 5000 + number,
    sudo: false,
    state: state.suspended === true ? 'SUSPENDED' : state.staged === true ? 'STAGED' : 'ACTIVATED',
    activated: state.staged !== true && state.passwordNeverSet !== true,
    suspended: state.suspended === true,
    account_locked: state.locked === true,
    account_locked_date: iso(accounts.lockedAt(person)),
    badLoginAttempts: accounts.failuresOf(uid),
    password_expired: accounts.hasExpired(person),
    password_expiration_date: iso(accounts.expiresAt(person)),
    password_never_expires: state.passwordNeverExpires === true,
    password_date: state.passwordNeverSet === true ? null : CREATED,
    externally_managed: state.isDelegated === true,
    ldap_binding_user: state.bindDn === true,
    ...mfaRecords(person),
  };
}

/** As a list, or a look at one, answers it. */
export function fullUserRecord(accounts: Accounts, person: Person): JsonRecord {
  const { isDelegated } = person.state;
  const authority = isDelegated === true ? { id: userId('active-directory'), name: 'ActiveDirectory' } : null;
  return { ...userRecord(accounts, person), delegatedAuthority: authority };
}

/** Attributes of the association between a group and the LDAP directory. */
export const ldapAttributes = ({ name, ldapName }: Group): JsonRecord => ({ ldapGroups: [{ name: ldapName ?? name }] });

/** A group, as the API returns it. */
export function groupRecord(group: Group): JsonRecord {
  const { name, unix, isDynamic } = group;
  const posix = unix === undefined ? {} : { posixGroups: [{ id: unix.gid, name: unix.name }] };
  return {
    id: groupId(name),
    name,
    type: 'user_group',
    description: '',
    email: '',
    organizationObjectId: ORG_ID,
    attributes: { ...ldapAttributes(group), ...posix },
    membershipMethod: isDynamic === true ? 'DYNAMIC_AUTOMATED' : 'STATIC',
    ...(isDynamic === true
      ? {
          memberQuery: {
            queryType: 'Filter',
            filters: ['{"field":"department","operator":"eq","value":"Engineering"}'],
          },
        }
      : {}),
    memberSuggestionsNotify: false,
    suggestionCounts: { add: 0, remove: 0, total: 0 },
  };
}

/** The LDAP server, as the API returns it. */
export function serverRecord({ tenant }: Accounts): JsonRecord {
  const { name, onLockout, onExpiry } = tenant.ldap;
  return { id: SERVER_ID, name, userLockoutAction: onLockout, userPasswordExpirationAction: onExpiry };
}

/** A policy, as the API returns it. */
export function policyRecord(policy: AccessPolicy): JsonRecord {
  const { users = [], groups = [], exceptGroups = [] } = policy;
  const mfa = policy.action === 'allow' ? { obligations: { mfa: { required: policy.requiresMfa === true } } } : {};
  const exclusions =
    policy.includesBindUsers === true ? [] : [{ field: 'ldap_binding_user', operator: 'EQ', value: true }];
  return {
    id: policyId(policy.name),
    name: policy.name,
    description: '',
    type: 'ldap',
    disabled: policy.isDisabled === true,
    effect: { action: policy.action, ...mfa },
    targets: {
      resources: [{ type: 'ldap' }],
      users: { inclusions: users === 'ALL' ? ['ALL'] : users.map(userId) },
      userGroups: { inclusions: groups.map(groupId), exclusions: exceptGroups.map(groupId) },
      userAttributes: { inclusions: [], exclusions },
    },
  };
}

function passwordPolicyRecord({ attempts, lockedFor, countedFor }: LockoutPolicy): JsonRecord {
  return {
    enableMaxLoginAttempts: attempts !== undefined,
    ...(attempts === undefined ? {} : { maxLoginAttempts: attempts }),
    enableLockoutTimeInSeconds: lockedFor !== undefined,
    ...(lockedFor === undefined ? {} : { lockoutTimeInSeconds: lockedFor }),
    enableResetLockoutCounter: countedFor !== undefined,
    ...(countedFor === undefined ? {} : { resetLockoutCounterMinutes: Math.max(1, Math.round(countedFor / 60)) }),
    enableMinLength: true,
    minLength: 12,
    enablePasswordExpirationInDays: false,
  };
}

/** The organisation in the list of organisations. */
export const organisationListRecord = (): JsonRecord => ({
  _id: ORG_ID,
  displayName: 'Fernhollow Test GmbH',
  logoUrl: '',
});

/** The organisation with its settings. */
export function organisationRecord({ tenant }: Accounts, hasInsights: boolean): JsonRecord {
  return {
    ...organisationListRecord(),
    created: CREATED,
    settings: {
      name: 'Fernhollow Test GmbH',
      contactName: 'Kessia Tolbrand',
      contactEmail: 'kessia.tolbrand@example.test',
      disableLdap: false,
      features: { directoryInsights: { enabled: hasInsights } },
      passwordPolicy: passwordPolicyRecord(tenant.lockout),
    },
  };
}
