// JumpCloud's API as values: an organisation of one user, whose every part a test may change.
import {
  type CloudApi,
  CloudError,
  type CloudEvent,
  type CloudFault,
  type CloudGroup,
  type CloudPolicy,
  type CloudUser,
} from '../../src/cloud/ports.js';

export const ADA: CloudUser = {
  id: 'u1',
  username: 'ada',
  email: 'ada@example.com',
  state: 'activated',
  isActivated: true,
  isSuspended: false,
  isLocked: false,
  lockedAt: undefined,
  isPasswordExpired: false,
  passwordExpiresAt: undefined,
  passwordNeverExpires: false,
  authority: undefined,
  isBindUser: false,
  mfa: { overall: 'not-enrolled', totp: 'not-enrolled', push: 'not-enrolled', exclusionUntil: undefined },
};

/** A list that no question leads to. */
function notAsked(): never {
  throw new Error('not asked');
}

export type Call =
  | 'user'
  | 'ldapServers'
  | 'bindingsOfUser'
  | 'bindingsOfGroup'
  | 'groupsOfUser'
  | 'groupNamed'
  | 'ldapPolicies'
  | 'lockout'
  | 'events';

/** Answers from its fields; `faults` has the calls that fail. */
export class FakeCloud {
  user: CloudUser | undefined = ADA;
  isBound = true;
  group: CloudGroup | undefined = { id: 'g1', name: 'wayk-users', isDynamic: false, ldapNames: [] };
  isGroupBound = true;
  isInGroup = true;
  onLockout: 'disable' | 'remove' = 'disable';
  onExpiry: 'disable' | 'remove' = 'disable';
  lockedFor: number | undefined = 1800;
  policies: readonly CloudPolicy[] = [];
  events: readonly CloudEvent[] = [];
  readonly faults = new Map<Call, CloudFault>();
  readonly calls: Call[] = [];

  readonly api: CloudApi = {
    user: (_, name, byMail) => {
      const { user } = this;
      const isIt = user?.username === name || (byMail === true && user?.email === name);
      return this.answer('user', isIt ? user : undefined);
    },
    userById: () => Promise.reject(new Error('not asked')),
    ldapServers: () =>
      this.answer('ldapServers', [{ id: 's1', name: 'LDAP', onExpiry: this.onExpiry, onLockout: this.onLockout }]),
    bindingsOfUser: () => this.answer('bindingsOfUser', this.isBound ? [{ serverId: 's1', through: [] }] : []),
    bindingsOfGroup: () => this.answer('bindingsOfGroup', this.isGroupBound ? [{ serverId: 's1', through: [] }] : []),
    groupsOfUser: () => this.answer('groupsOfUser', this.isInGroup ? ['g1'] : []),
    groupNamed: (_, name) => this.answer('groupNamed', this.group?.name === name ? this.group : undefined),
    membersOfGroup: notAsked,
    users: notAsked,
    usersOfServer: notAsked,
    ldapPolicies: () => this.answer('ldapPolicies', this.policies),
    lockout: () => this.answer('lockout', { attempts: 5, lockedFor: this.lockedFor, countedFor: 600 }),
    events: () => this.answer('events', { events: this.events, next: undefined }),
    health: {
      ...{ lastFault: undefined, lastError: undefined, isUp: true, trouble: undefined, refusals: [] },
      ...{ isStopped: false, calls: new Map(), lastHour: 0 },
    },
  };

  private async answer<Answer>(call: Call, answer: Answer): Promise<Answer> {
    this.calls.push(call);
    const fault = this.faults.get(call);
    if (fault !== undefined) throw new CloudError(fault, `${call} failed`);
    return answer;
  }
}
