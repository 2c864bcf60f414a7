// Answers of the API as the records that are needed of them. Fields by JumpCloud's published specifications; what is not read is not kept.
import { createHash } from 'node:crypto';
import {
  type CloudBinding,
  type CloudEvent,
  type CloudGroup,
  type CloudLdapServer,
  type CloudLockout,
  type CloudPolicy,
  type CloudUser,
  type Enrolment,
  TOO_LONG,
} from '../ports.js';
import {
  countOf,
  flagIn,
  flagOf,
  type Json,
  listIn,
  numberIn,
  OddField,
  objectIn,
  objectOf,
  textIn,
  textsOf,
  timeIn,
} from './json.js';

/** Undefined for what has no ID. Throws OddField for a state or a flag of another kind: its reason would be a wrong one. */
export function userIn(value: unknown): CloudUser | undefined {
  const user = objectIn(value);
  const id = idIn(user._id);
  if (id === undefined) return undefined;
  const enrolment = objectIn(user.mfaEnrollment);
  return {
    id,
    username: textIn(user.username) ?? '',
    email: textIn(user.email) ?? '',
    state: stateOf(user),
    isActivated: flagOf(user, 'activated') ?? true,
    isSuspended: flagOf(user, 'suspended') ?? false,
    isLocked: flagOf(user, 'account_locked') ?? false,
    lockedAt: timeIn(user.account_locked_date),
    isPasswordExpired: flagOf(user, 'password_expired') ?? false,
    passwordExpiresAt: timeIn(user.password_expiration_date),
    passwordNeverExpires: flagOf(user, 'password_never_expires') ?? false,
    authority: textIn(objectOf(user, 'delegatedAuthority').name),
    isBindUser: flagOf(user, 'ldap_binding_user') ?? false,
    mfa: {
      overall: enrolmentIn(enrolment.overallStatus),
      totp: enrolmentIn(enrolment.totpStatus),
      push: enrolmentIn(enrolment.pushStatus),
      exclusionUntil: timeIn(objectIn(user.mfa).exclusionUntil),
    },
  };
}

/** 24 hexadecimal digits in all that was seen; whatever becomes a part of an address must not be anything else. */
export function idIn(value: unknown): string | undefined {
  const text = textIn(value, 64);
  return text !== undefined && /^[A-Za-z0-9_-]+$/.test(text) ? text : undefined;
}

/** Not every answer has one. One that is not known here could be another way of shutting a user out. */
function stateOf(user: Json): CloudUser['state'] {
  const { state: given } = user;
  if (given === undefined || given === null) return 'unknown';
  const state = textIn(given)?.toLowerCase();
  if (state === 'staged' || state === 'activated' || state === 'suspended') return state;
  throw new OddField('state is none of STAGED, ACTIVATED and SUSPENDED');
}

function enrolmentIn(value: unknown): Enrolment {
  switch (textIn(value)?.toUpperCase()) {
    case 'ENROLLED':
      return 'enrolled';
    case 'NOT_ENROLLED':
    case 'DISABLED':
      return 'not-enrolled';
    case 'IN_ENROLLMENT':
    case 'PENDING_ACTIVATION':
      return 'pending';
    default:
      return 'unknown';
  }
}

/** The LDAP server of an answer; undefined without an ID. */
export function ldapServerIn(value: unknown): CloudLdapServer | undefined {
  const { id: given, name, userPasswordExpirationAction: expiry, userLockoutAction: lockout } = objectIn(value);
  const id = idIn(given);
  return id === undefined
    ? undefined
    : { id, name: textIn(name) ?? '', onExpiry: actionIn(expiry), onLockout: actionIn(lockout) };
}

function actionIn(value: unknown): CloudLdapServer['onExpiry'] {
  return value === 'disable' || value === 'remove' ? value : 'unknown';
}

/** The group of an answer; undefined without an ID. */
export function groupIn(value: unknown): CloudGroup | undefined {
  const { id: given, name, membershipMethod, attributes } = objectIn(value);
  const id = idIn(given);
  if (id === undefined) return undefined;
  const ldapNames = listIn(objectIn(attributes).ldapGroups).flatMap((one) => textIn(objectIn(one).name) ?? []);
  return {
    id,
    name: textIn(name) ?? '',
    isDynamic: textIn(membershipMethod)?.startsWith('DYNAMIC_') ?? false,
    ldapNames,
  };
}

/** A path leads over groups; the last step is the directory itself. */
export function bindingIn(value: unknown): CloudBinding | undefined {
  const { id: given, paths } = objectIn(value);
  const serverId = idIn(given);
  if (serverId === undefined) return undefined;
  const steps = listIn(paths, 1000).flatMap((path) => listIn(path, 100));
  const through = steps.flatMap((step) => {
    const to = objectIn(objectIn(step).to);
    return to.type === 'user_group' ? (idIn(to.id) ?? []) : [];
  });
  return { serverId, through: [...new Set(through)] };
}

/** The ID of what a connection of the graph, or an object with its paths, is about. */
export function targetIn(value: unknown): string | undefined {
  const one = objectIn(value);
  return idIn(objectIn(one.to).id) ?? idIn(one.id);
}

/** Undefined for a policy of something else than LDAP. Throws OddField where it could apply to others than it seems. */
export function policyIn(value: unknown): CloudPolicy | undefined {
  const policy = objectIn(value);
  const id = idIn(policy.id);
  if (policy.type !== 'ldap') return undefined;
  if (id === undefined) throw new OddField('a policy has no ID');
  const { action } = objectOf(policy, 'effect');
  const mfa = objectOf(objectOf(objectOf(policy, 'effect'), 'obligations'), 'mfa');
  const targets = objectOf(policy, 'targets');
  const groups = objectOf(targets, 'userGroups');
  return {
    id,
    name: textIn(policy.name) ?? '',
    isDisabled: flagOf(policy, 'disabled') ?? false,
    action: action === 'allow' || action === 'deny' ? action : 'unknown',
    requiresMfa: flagOf(mfa, 'required') ?? false,
    users: textsOf(objectOf(targets, 'users'), 'inclusions'),
    groups: textsOf(groups, 'inclusions'),
    exceptGroups: textsOf(groups, 'exclusions'),
  };
}

/** Of an organisation's record. Throws OddField for one that does not say when it locks: not that it never does. */
export function lockoutIn(value: unknown): CloudLockout {
  const organisation = objectIn(value);
  const settings = objectOf(organisation, 'settings');
  const place = (settings.passwordPolicy ?? undefined) === undefined ? organisation : settings;
  if ((place.passwordPolicy ?? undefined) === undefined) throw new OddField('there is no passwordPolicy');
  const policy = objectOf(place, 'passwordPolicy');
  const where = (flag: string, field: string) => {
    if (flagOf(policy, flag) !== true) return undefined;
    const count = countOf(policy, field);
    if (count === undefined) throw new OddField(`${flag} without ${field}`);
    return count;
  };
  const minutes = where('enableResetLockoutCounter', 'resetLockoutCounterMinutes');
  return {
    attempts: where('enableMaxLoginAttempts', 'maxLoginAttempts'),
    lockedFor: where('enableLockoutTimeInSeconds', 'lockoutTimeInSeconds'),
    countedFor: minutes === undefined ? undefined : minutes * 60,
  };
}

/** Undefined for what has no time. */
export function eventIn(value: unknown): CloudEvent | undefined {
  const event = objectIn(value);
  const at = timeIn(event.timestamp);
  if (at === undefined) return undefined;
  const resource = objectIn(event.resource);
  const isOfUser = resource.type === undefined || resource.type === 'user' || resource.type === 'system_user';
  const named = textIn(event.username) || (isOfUser && textIn(resource.username)) || undefined;
  const renamed = renamedIn(event.changes);
  // The last one is the name of now.
  const username = named ?? renamed?.at(-1);
  const service = textIn(event.service) ?? '';
  const type = textIn(event.event_type) ?? '';
  const subject = idIn(resource.id) ?? connectedIn(event.association);
  const methods = objectIn(objectIn(event.auth_meta).auth_methods);
  const factor = (name: string) => flagIn(objectIn(methods[name]).success);
  return {
    id:
      textIn(event.id) ??
      [
        at,
        type,
        username ?? '',
        subject ?? '',
        textIn(event.connection_id) ?? '',
        numberIn(event.operation_number) ?? '',
      ].join(' '),
    at,
    service,
    type,
    username,
    ...(renamed === undefined ? {} : { renamed }),
    subject,
    success: flagIn(event.success),
    errorMessage: textIn(event.error_message),
    factors: {
      ...optional('password', factor('password')),
      ...optional('totp', factor('totp')),
      ...optional('push', factor('jumpcloud_protect') ?? factor('push')),
    },
  };
}

/** Of an event that is too long: the same text has the same ID. */
export function longEventOf(edges: string, at: number): CloudEvent {
  const id = `${TOO_LONG} ${createHash('sha256').update(edges).digest('base64')}`;
  const nothing = { username: undefined, subject: undefined, success: undefined, errorMessage: undefined, factors: {} };
  return { id, at, service: '', type: TOO_LONG, ...nothing };
}

/** Of an association that comes or goes: the user, whichever side it is on. */
function connectedIn(value: unknown): string | undefined {
  const { from, to } = objectIn(objectIn(value).connection);
  const sides = [objectIn(from), objectIn(to)];
  return idIn((sides.find(({ type }) => type === 'user') ?? sides[1])?.object_id);
}

/** Undefined where the user name is not among the fields that have changed. */
function renamedIn(value: unknown): readonly string[] | undefined {
  const renames = listIn(value).flatMap((one) => {
    const change = objectIn(one);
    return change.field === 'username' ? [change] : [];
  });
  if (renames.length === 0) return undefined;
  return renames.flatMap(({ from, to }) => [from, to].flatMap((name) => textIn(name) || []));
}

function optional<Key extends string>(key: Key, value: boolean | undefined): { [Each in Key]?: boolean } {
  return value === undefined ? {} : ({ [key]: value } as { [Each in Key]?: boolean });
}
