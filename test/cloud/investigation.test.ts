// Why a bind was refused, by JumpCloud's own record: every reason is reached, in the order in which they hold.
import fc from 'fast-check';
import t from 'tap';
import type { CloudEvent, CloudPolicy } from '../../src/cloud/ports.js';
import { Investigation, type Question } from '../../src/cloud/reason/investigation.js';
import type { CloudFinding, CloudReason } from '../../src/gate/explain/cloud-reason.js';
import { CLOUD_REASONS } from '../../src/gate/explain/cloud-reasons.js';
import { ADA, type Call, FakeCloud } from '../support/fake-cloud.js';

const NOW = Date.UTC(2026, 10, 26, 14, 5);
const ASKED: Question = {
  account: 'ada',
  groups: ['wayk-users'],
  isCredentialRefused: true,
  isInMirror: true,
  isMfaHost: false,
  from: NOW - 1000,
  to: NOW,
};
const ENROLLED = { overall: 'enrolled', totp: 'enrolled', push: 'unknown', exclusionUntil: undefined } as const;
const MFA: CloudPolicy = {
  id: 'p1',
  name: 'LDAP',
  isDisabled: false,
  action: 'allow',
  requiresMfa: true,
  users: [],
  groups: ['g1'],
  exceptGroups: [],
};

const bound = (factors: CloudEvent['factors'], more: Partial<CloudEvent> = {}): CloudEvent => ({
  id: 'e1',
  at: NOW - 500,
  service: 'ldap',
  type: 'ldap_bind',
  username: 'ada',
  subject: undefined,
  success: false,
  errorMessage: undefined,
  factors,
  ...more,
});

const find = (cloud: FakeCloud, question: Partial<Question> = {}) =>
  new Investigation(cloud.api, () => NOW).find({ ...ASKED, ...question });

interface Row {
  readonly reason: CloudReason;
  readonly set: (cloud: FakeCloud) => void;
  readonly question?: Partial<Question>;
  readonly more?: Partial<CloudFinding>;
  /** Another login of the account may have another reason. */
  readonly isOfAttempt?: true;
  /** At first, and for the next account of the same organisation. */
  readonly calls: readonly [number, number];
}

const user = (more: Partial<typeof ADA>) => (cloud: FakeCloud) => {
  cloud.user = { ...ADA, ...more };
};
const AS_UNKNOWN = { isCredentialRefused: false, isInMirror: false };

const ROWS: readonly Row[] = [
  { reason: 'no-such-user', set: () => undefined, question: { account: 'bob', ...AS_UNKNOWN }, calls: [1, 1] },
  { reason: 'name-is-mail', set: () => undefined, question: { account: ADA.email, ...AS_UNKNOWN }, calls: [4, 2] },
  { reason: 'staged', set: user({ state: 'staged' }), calls: [1, 1] },
  { reason: 'suspended', set: user({ state: 'suspended', isSuspended: true }), calls: [1, 1] },
  { reason: 'password-never-set', set: user({ isActivated: false }), calls: [1, 1] },
  {
    reason: 'locked',
    set: user({ isLocked: true, lockedAt: NOW - 180_000, isPasswordExpired: true }),
    more: { since: NOW - 180_000, until: NOW + 1_620_000 },
    calls: [3, 1],
  },
  {
    reason: 'password-expired',
    set: (cloud) => {
      user({ isPasswordExpired: true, passwordExpiresAt: NOW - 1000, authority: 'ActiveDirectory' })(cloud);
      cloud.onExpiry = 'remove';
    },
    more: { since: NOW - 1000, isRemoved: true },
    calls: [2, 1],
  },
  { reason: 'password-elsewhere', set: user({ authority: 'ActiveDirectory', isActivated: false }), calls: [1, 1] },
  {
    reason: 'not-in-ldap',
    set: (cloud) => Object.assign(cloud, { isBound: false, isInGroup: false, isGroupBound: false }),
    question: AS_UNKNOWN,
    calls: [5, 3],
  },
  { reason: 'not-in-group', set: (cloud) => Object.assign(cloud, { isInGroup: false }), calls: [4, 2] },
  {
    reason: 'group-rule',
    set: (cloud) =>
      Object.assign(cloud, {
        isInGroup: false,
        group: { id: 'g1', name: 'wayk-users', isDynamic: true, ldapNames: [] },
      }),
    calls: [4, 2],
  },
  { reason: 'group-not-in-ldap', set: (cloud) => Object.assign(cloud, { isGroupBound: false }), calls: [4, 2] },
  { reason: 'still-processing', set: () => undefined, question: { isInMirror: false }, calls: [4, 2] },
  {
    reason: 'push-unanswered',
    set: (cloud) => Object.assign(cloud, { events: [bound({ password: true, push: false })] }),
    isOfAttempt: true,
    calls: [5, 3],
  },
  {
    reason: 'code-wrong',
    set: (cloud) => Object.assign(cloud, { events: [bound({ password: true, totp: false })] }),
    isOfAttempt: true,
    calls: [5, 3],
  },
  {
    reason: 'second-factor-missing',
    set: (cloud) => Object.assign(cloud, { events: [bound({ password: true })] }),
    isOfAttempt: true,
    calls: [6, 3],
  },
  {
    reason: 'not-enrolled',
    set: (cloud) => Object.assign(cloud, { policies: [MFA] }),
    isOfAttempt: true,
    calls: [6, 3],
  },
  {
    reason: 'policy-denies',
    set: (cloud) =>
      Object.assign(cloud, { policies: [{ ...MFA, action: 'deny' }], events: [bound({ password: true })] }),
    isOfAttempt: true,
    calls: [6, 3],
  },
  {
    reason: 'mfa-host',
    set: (cloud) => Object.assign(cloud, { policies: [MFA], user: { ...ADA, mfa: ENROLLED } }),
    isOfAttempt: true,
    calls: [6, 3],
  },
  { reason: 'password-wrong', set: () => undefined, isOfAttempt: true, calls: [6, 3] },
  {
    reason: 'not-known',
    set: (cloud) => cloud.faults.set('user', 'slow'),
    more: { fault: 'slow' },
    calls: [1, 1],
  },
];

t.test('every reason is reached, and its calls are counted', async (t) => {
  t.same(new Set(ROWS.map(({ reason }) => reason)), new Set(Object.keys(CLOUD_REASONS)));
  for (const { reason, set, question, more, isOfAttempt, calls } of ROWS) {
    const cloud = new FakeCloud();
    set(cloud);
    const investigation = new Investigation(cloud.api, () => NOW);
    for (const expected of calls) {
      const before = cloud.calls.length;
      const finding = await investigation.find({ ...ASKED, ...question });
      const said = { reason, ...(isOfAttempt && { isOfAttempt }), ...more };
      t.same(finding, { account: question?.account ?? 'ada', foundAt: NOW, calls: expected, ...said }, reason);
      t.equal(cloud.calls.length - before, expected, `${reason}: calls that were made`);
    }
  }
});

t.test('an event counts only if it is of this bind, and was refused', async (t) => {
  for (const event of [
    bound({ password: true, push: false }, { at: ASKED.from - 6000 }),
    bound({ password: true, push: false }, { at: ASKED.to + 6000 }),
    bound({ password: true, push: false }, { success: true }),
    bound({ password: true, push: false }, { username: 'bob' }),
  ])
    t.equal((await find(Object.assign(new FakeCloud(), { events: [event] }))).reason, 'password-wrong');
});

t.test('one event explains one attempt: of several the nearest in time', async (t) => {
  const cloud = new FakeCloud();
  const investigation = new Investigation(cloud.api, () => NOW);
  const push = { ...ASKED, isAttempt: true, from: NOW - 4000, to: NOW - 3000 };
  const guess = { ...ASKED, isAttempt: true, from: NOW - 1000, to: NOW - 900 };
  cloud.policies = [MFA];
  cloud.user = { ...ADA, mfa: ENROLLED };
  const unanswered = bound({ password: true, push: false }, { id: 'push', at: NOW - 3000 });
  const wrong = bound({ password: false }, { id: 'guess', at: NOW - 900 });
  cloud.events = [wrong, unanswered];
  t.match(await investigation.find({ ...push, isMfaHost: true }), { reason: 'push-unanswered' }, 'not the newest');
  cloud.events = [unanswered];
  t.match(
    await investigation.find({ ...guess, isMfaHost: true }),
    { reason: 'not-known', fault: 'no-event' },
    'the guess is not there yet, and the push was another bind',
  );
  t.match(await investigation.find({ ...ASKED, isMfaHost: true }), { reason: 'push-unanswered' }, 'explain sees it');
  cloud.events = [wrong, unanswered];
  t.match(await investigation.find({ ...guess, isMfaHost: true }), { reason: 'password-wrong' });
});

t.test('what cannot be told from a wrong password is not called one', async (t) => {
  const cloud = new FakeCloud();
  cloud.policies = [MFA];
  cloud.user = { ...ADA, mfa: ENROLLED };
  t.match(await find(cloud, { isMfaHost: true }), { reason: 'not-known', fault: 'no-event' });
  cloud.faults.set('events', 'no-plan');
  t.match(await find(cloud, { isMfaHost: true }), { reason: 'not-known', fault: 'no-plan' });
  cloud.policies = [];
  t.match(await find(cloud), { reason: 'password-wrong' }, 'without Directory Insights, by elimination');
  cloud.policies = [MFA];
  cloud.user = { ...ADA, isBindUser: true };
  t.match(await find(cloud), { reason: 'password-wrong' }, 'bind users are left out of policies');
});

t.test('an error keeps what is certain, and is not cached', async (t) => {
  const cloud = new FakeCloud();
  cloud.user = { ...ADA, isLocked: true, lockedAt: NOW - 1000 };
  cloud.faults.set('lockout', 'busy').set('ldapServers', 'away');
  const investigation = new Investigation(cloud.api, () => NOW);
  t.same(await investigation.find(ASKED), {
    reason: 'locked',
    account: 'ada',
    foundAt: NOW,
    since: NOW - 1000,
    calls: 3,
  });
  cloud.faults.clear();
  t.equal((await investigation.find(ASKED)).until, NOW - 1000 + 1_800_000);
  for (const call of ['groupsOfUser', 'groupNamed', 'bindingsOfGroup', 'events', 'ldapPolicies'] as readonly Call[]) {
    const broken = new FakeCloud();
    broken.faults.set(call, 'away');
    t.match(await find(broken), { reason: 'not-known', fault: 'away' }, call);
  }
  const broken = new FakeCloud();
  broken.api.user = () => Promise.reject(new TypeError('defect'));
  await t.rejects(find(broken), TypeError, 'a defect does not count as an error of the API');
});

t.test('what is the same for all is asked again after five minutes', async (t) => {
  const cloud = new FakeCloud();
  let now = NOW;
  const investigation = new Investigation(cloud.api, () => now);
  const named = () => cloud.calls.filter((call) => call === 'groupNamed').length;
  await investigation.find(ASKED);
  now += 299_999;
  await investigation.find(ASKED);
  t.equal(named(), 1);
  now += 1;
  await investigation.find(ASKED);
  t.equal(named(), 2);
});

t.test('a group that the console does not know by that name proves nothing', async (t) => {
  const cloud = Object.assign(new FakeCloud(), { group: undefined });
  t.match(await find(cloud), { reason: 'password-wrong' });
  t.match(await find(cloud, { isInMirror: false }), { reason: 'not-known', fault: 'no-group' });
  t.match(await find(cloud, { groups: undefined }), { reason: 'password-wrong' });
});

t.test(
  'the missing binding of the group is named, not that of the user, whom the group would bring along',
  async (t) => {
    const unbound = { isGroupBound: false, isBound: false };
    t.match(await find(Object.assign(new FakeCloud(), unbound), AS_UNKNOWN), { reason: 'group-not-in-ldap' });
    const outsider = { ...unbound, isInGroup: false };
    t.match(await find(Object.assign(new FakeCloud(), outsider), AS_UNKNOWN), { reason: 'not-in-ldap' });
    const newcomer = { ...outsider, isGroupBound: true };
    t.match(await find(Object.assign(new FakeCloud(), newcomer), AS_UNKNOWN), { reason: 'not-in-group' });
    const other = { groups: ['wayk-users', 'of another name in LDAP'] };
    t.match(await find(Object.assign(new FakeCloud(), { isGroupBound: false }), other), { reason: 'password-wrong' });
    t.match(await find(Object.assign(new FakeCloud(), unbound), other), { reason: 'not-in-ldap' });
  },
);

t.test('a mail address is blamed only if nothing speaks against its user', async (t) => {
  const asked = { account: ADA.email, ...AS_UNKNOWN };
  t.match(await find(Object.assign(new FakeCloud(), { isInGroup: false }), asked), { reason: 'not-in-group' });
  const suspended = Object.assign(new FakeCloud(), { user: { ...ADA, isSuspended: true } });
  t.match(await find(suspended, asked), { reason: 'suspended' });
});

t.test('before a password is tried, policies count where they are carried out', async (t) => {
  const asked = { isCredentialRefused: false, isMfaHost: true };
  const deny = Object.assign(new FakeCloud(), { policies: [{ ...MFA, action: 'deny' }] });
  t.match(await find(deny, asked), { reason: 'policy-denies' });
  t.match(await find(deny, { ...asked, isMfaHost: false }), { reason: 'not-known', fault: 'no-event' });
  const mfa = Object.assign(new FakeCloud(), { policies: [MFA] });
  t.match(await find(mfa, asked), { reason: 'not-enrolled' });
  mfa.user = { ...ADA, mfa: ENROLLED };
  t.match(await find(mfa, asked), { reason: 'not-known', fault: 'no-event' });
  mfa.faults.set('ldapPolicies', 'refused');
  t.match(await find(mfa, asked), { reason: 'not-known', fault: 'refused' });
});

/** What must be so in the record for a reason to be named, in the order in which they hold. */
const HOLDS: readonly (readonly [CloudReason, (cloud: FakeCloud) => boolean])[] = [
  ['no-such-user', ({ user }) => user === undefined],
  ['suspended', ({ user }) => user?.state === 'suspended' || user?.isSuspended === true],
  ['staged', ({ user }) => user?.state === 'staged'],
  ['password-never-set', ({ user }) => user?.isActivated === false && user.authority === undefined],
  ['locked', ({ user }) => user?.isLocked === true],
  ['password-expired', ({ user }) => user?.isPasswordExpired === true],
  ['password-elsewhere', ({ user }) => user?.authority !== undefined],
  ['group-not-in-ldap', ({ isInGroup, isGroupBound }) => isInGroup && !isGroupBound],
  ['not-in-ldap', ({ isBound, isInGroup, isGroupBound }) => !isInGroup && !isGroupBound && !isBound],
  ['group-rule', ({ isInGroup, group }) => !isInGroup && group?.isDynamic === true],
  ['not-in-group', ({ isInGroup }) => !isInGroup],
  ['password-wrong', () => true],
];

t.test('the first that holds is named, whatever else holds', async () => {
  const record = fc.record({
    state: fc.constantFrom('staged', 'activated', 'suspended', 'unknown'),
    isActivated: fc.boolean(),
    isSuspended: fc.boolean(),
    isLocked: fc.boolean(),
    isPasswordExpired: fc.boolean(),
    authority: fc.constantFrom(undefined, 'ActiveDirectory'),
  });
  const organisation = fc.record({
    isBound: fc.boolean(),
    isInGroup: fc.boolean(),
    isGroupBound: fc.boolean(),
    group: fc.boolean().map((isDynamic) => ({ id: 'g1', name: 'wayk-users', isDynamic, ldapNames: [] })),
  });
  await fc.assert(
    fc.asyncProperty(fc.option(record, { nil: undefined, freq: 20 }), organisation, async (changes, rest) => {
      const cloud = Object.assign(new FakeCloud(), rest);
      cloud.user = changes === undefined ? undefined : { ...ADA, ...changes };
      const first = HOLDS.find(([, holds]) => holds(cloud))?.[0];
      return (await find(cloud)).reason === first;
    }),
    { numRuns: 500 },
  );
});

t.test(
  'a user who was compared and is missing in LDAP costs only the user record; its own state comes first',
  async (t) => {
    const cloud = new FakeCloud();
    const asked: unknown[] = [];
    const missingSince = (account: string, groups: readonly string[] | undefined) => {
      asked.push([account, groups]);
      return NOW - 90_000;
    };
    const investigation = new Investigation(cloud.api, () => NOW, undefined, missingSince);
    const finding = await investigation.find({ ...ASKED, isInMirror: false });
    t.match(finding, { reason: 'still-processing', since: NOW - 90_000, calls: 1 });
    t.same([cloud.calls, asked], [['user'], [[ASKED.account, ASKED.groups]]]);
    cloud.user = { ...ADA, state: 'suspended', isSuspended: true };
    t.match(await investigation.find({ ...ASKED, isInMirror: false }), { reason: 'suspended' });
    cloud.user = ADA;
    t.match(
      await investigation.find({ ...ASKED, isInMirror: true }),
      { reason: 'password-wrong' },
      'LDAP has it by now',
    );
  },
);
