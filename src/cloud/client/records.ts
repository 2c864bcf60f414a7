// Answers of the API as the records that are needed of them. Fields by JumpCloud's published specifications; what is not read is not kept.
import type {
  CloudBinding,
  CloudEvent,
  CloudGroup,
  CloudLdapServer,
  CloudLockout,
  CloudPolicy,
  CloudUser,
  Enrolment,
} from '../ports.js';
import { flagIn, listIn, numberIn, objectIn, textIn, textsIn, timeIn } from './json.js';

/** Undefined for what has no ID. */
export function userIn(value: unknown): CloudUser | undefined {
  const user = objectIn(value);
  const id = idIn(user._id);
  if (id === undefined) return undefined;
  const { mfaEnrollment, mfa } = user;
  const enrolment = objectIn(mfaEnrollment);
  return {
    id,
    username: textIn(user.username) ?? '',
    email: textIn(user.email) ?? '',
    state: stateIn(user.state),
    isActivated: flagIn(user.activated) ?? true,
    isSuspended: flagIn(user.suspended) ?? false,
    isLocked: flagIn(user.account_locked) ?? false,
    lockedAt: timeIn(user.account_locked_date),
    isPasswordExpired: flagIn(user.password_expired) ?? false,
    passwordExpiresAt: timeIn(user.password_expiration_date),
    passwordNeverExpires: flagIn(user.password_never_expires) ?? false,
    authority: textIn(objectIn(user.delegatedAuthority).name),
    isBindUser: flagIn(user.ldap_binding_user) ?? false,
    mfa: {
      overall: enrolmentIn(enrolment.overallStatus),
      totp: enrolmentIn(enrolment.totpStatus),
      push: enrolmentIn(enrolment.pushStatus),
      exclusionUntil: timeIn(objectIn(mfa).exclusionUntil),
    },
  };
}

/** 24 hexadecimal digits in all that was seen; whatever becomes a part of an address must not be anything else. */
export function idIn(value: unknown): string | undefined {
  const text = textIn(value, 64);
  return text !== undefined && /^[A-Za-z0-9_-]+$/.test(text) ? text : undefined;
}

function stateIn(value: unknown): CloudUser['state'] {
  const state = textIn(value)?.toLowerCase();
  return state === 'staged' || state === 'activated' || state === 'suspended' ? state : 'unknown';
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

export function policyIn(value: unknown): CloudPolicy | undefined {
  const { id: given, name, disabled, effect, targets, type } = objectIn(value);
  const id = idIn(given);
  if (id === undefined || type !== 'ldap') return undefined;
  const { action, obligations } = objectIn(effect);
  const { users, userGroups } = objectIn(targets);
  const groups = objectIn(userGroups);
  return {
    id,
    name: textIn(name) ?? '',
    isDisabled: flagIn(disabled) ?? false,
    action: action === 'allow' || action === 'deny' ? action : 'unknown',
    requiresMfa: flagIn(objectIn(objectIn(obligations).mfa).required) ?? false,
    users: textsIn(objectIn(users).inclusions),
    groups: textsIn(groups.inclusions),
    exceptGroups: textsIn(groups.exclusions),
  };
}

/** Of an organisation's record. */
export function lockoutIn(value: unknown): CloudLockout {
  const organisation = objectIn(value);
  const policy = objectIn(objectIn(organisation.settings).passwordPolicy ?? organisation.passwordPolicy);
  const minutes = policy.enableResetLockoutCounter === true ? numberIn(policy.resetLockoutCounterMinutes) : undefined;
  return {
    attempts: policy.enableMaxLoginAttempts === true ? numberIn(policy.maxLoginAttempts) : undefined,
    lockedFor: policy.enableLockoutTimeInSeconds === true ? numberIn(policy.lockoutTimeInSeconds) : undefined,
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
  const username = textIn(event.username) ?? (isOfUser ? textIn(resource.username) : undefined);
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
    username: username?.toLowerCase(),
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

/** Of an association that comes or goes: the user, whichever side it is on. */
function connectedIn(value: unknown): string | undefined {
  const { from, to } = objectIn(objectIn(value).connection);
  const sides = [objectIn(from), objectIn(to)];
  return idIn((sides.find(({ type }) => type === 'user') ?? sides[1])?.object_id);
}

function optional<Key extends string>(key: Key, value: boolean | undefined): { [Each in Key]?: boolean } {
  return value === undefined ? {} : ({ [key]: value } as { [Each in Key]?: boolean });
}
