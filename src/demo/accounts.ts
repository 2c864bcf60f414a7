// The state of the embedded JumpCloud's people and groups while it runs: who may enter, who is locked out, what a reader sees in LDAP.
import type { View } from '../directory/view.js';
import { type DN, dnKey, keyOfName } from '../ldap/dn.js';
import { type Admission, admission, asksForPush, type Demand } from './admission.js';
import { type Journal, NO_JOURNAL } from './change.js';
import { ldapGroups, type Published } from './ldap-image.js';
import {
  GROUPS,
  type Group,
  type GroupSwitches,
  isIn,
  PEOPLE,
  type Person,
  type PersonState,
  READER,
  type Switches,
} from './people.js';
import { changesOfGroup, changesOfState } from './switches.js';
import { type AccessPolicy, defaultTenant, demandOf, policiesOf, type Tenant } from './tenant.js';
import { readersView, userDN } from './tree.js';

const TWENTY_MINUTES = 1_200_000;
const THREE_DAYS = 259_200_000;

export interface AccountsOptions {
  /** Failed binds after which an account is locked; 0: any number. */
  readonly lockoutThreshold: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** In place of the invented ones; the reader is there as well. */
  readonly people?: readonly Person[] | undefined;
  readonly groups?: readonly Group[] | undefined;
}

interface Failures {
  readonly count: number;
  readonly lastAt: number;
}

/** The embedded JumpCloud's people and groups with their switches, shared by its LDAP and its API side. */
export class Accounts {
  journal: Journal = NO_JOURNAL;
  private settings: Tenant;
  private readonly everybody: Map<string, Person>;
  private readonly everyGroup: Map<string, Group>;
  /** What LDAP shows of groups and bindings while JumpCloud is still processing them; undefined: what there is. */
  private heldBack: Published | undefined;
  /** Failed binds since the last good one. */
  private readonly failures = new Map<string, Failures>();
  /** By whose password they show; emptied by every change. */
  private readonly views = new Map<string, View>();
  private readonly startedAt: number;

  constructor(private readonly options: AccountsOptions) {
    const { people, groups = GROUPS } = options;
    const everybody = people === undefined ? PEOPLE : [READER, ...people];
    this.everybody = new Map(everybody.map((person) => [person.uid, person]));
    if (this.everybody.size < everybody.length) throw new Error('two people have one uid');
    this.everyGroup = new Map(groups.map((group) => [group.name, group]));
    this.settings = defaultTenant(options.lockoutThreshold);
    this.startedAt = options.now();
  }

  get tenant(): Tenant {
    return this.settings;
  }

  get people(): readonly Person[] {
    this.openLocks();
    return [...this.everybody.values()];
  }

  get groups(): readonly Group[] {
    return [...this.everyGroup.values()];
  }

  get policies(): readonly AccessPolicy[] {
    return policiesOf(this.settings, this.everybody.values());
  }

  setTenant(changes: Partial<Tenant>): void {
    const before = this.policies;
    this.settings = { ...this.settings, ...changes };
    this.views.clear();
    if (changes.policies === undefined) return;
    const names = new Set([...before, ...this.policies].map(({ name }) => name));
    for (const name of names) {
      const [old, now] = [before, this.policies].map((policies) => policies.find((policy) => policy.name === name));
      if (old === now) continue;
      const type =
        old === undefined ? 'authnpolicy_create' : now === undefined ? 'authnpolicy_delete' : 'authnpolicy_update';
      this.journal.changed({ type, about: { kind: 'authn_policy', name } });
    }
  }

  setState(uid: string, state: Switches): void {
    const person = this.known(uid);
    if (state.locked === false) this.failures.delete(uid);
    const isLockedNow = state.locked === true && person.state.locked !== true;
    const lock = isLockedNow ? { lockedAt: this.options.now() } : {};
    const moved = Object.entries({ ...person.state, ...lock, ...state }).filter(([, value]) => value !== undefined);
    this.put({ ...person, state: Object.fromEntries(moved) as Partial<PersonState> });
    for (const change of changesOfState(uid, person.state, state)) this.journal.changed(change);
  }

  /** `byAdmin`: an administrator has set it, not the user. */
  setPassword(uid: string, password: string, byAdmin = false): void {
    this.put({ ...this.known(uid), password });
    const type = byAdmin ? 'user_password_set' : 'user_password_change';
    this.journal.changed({ type, about: { kind: 'user', name: uid } });
  }

  addPerson(person: Person): void {
    if (this.everybody.has(person.uid)) throw new Error(`there is a ${person.uid} already`);
    this.put(person);
    this.journal.changed({ type: 'user_create', about: { kind: 'user', name: person.uid } });
  }

  removePerson(uid: string): void {
    this.known(uid);
    for (const group of this.groups) if (isIn(group, uid)) this.removeFromGroup(group.name, uid);
    this.everybody.delete(uid);
    this.failures.delete(uid);
    this.views.clear();
    this.journal.changed({ type: 'user_delete', about: { kind: 'user', name: uid } });
  }

  addGroup(group: Group): void {
    if (this.everyGroup.has(group.name)) throw new Error(`there is a group ${group.name} already`);
    this.putGroup(group);
    this.journal.changed({ type: 'group_create', about: { kind: 'user_group', name: group.name } });
  }

  setGroup(name: string, changes: GroupSwitches): void {
    const group = this.knownGroup(name);
    this.putGroup({ ...group, ...changes });
    for (const change of changesOfGroup(group, changes)) this.journal.changed(change);
  }

  removeGroup(name: string): void {
    this.knownGroup(name);
    this.everyGroup.delete(name);
    this.views.clear();
    this.journal.changed({ type: 'group_delete', about: { kind: 'user_group', name } });
  }

  addToGroup(name: string, uid: string): void {
    this.changeMembers(name, 'add', this.known(uid).uid);
  }

  removeFromGroup(name: string, uid: string): void {
    this.changeMembers(name, 'remove', uid);
  }

  /** True: LDAP goes on with the groups, members and bindings of now, whatever changes; false: it catches up. */
  holdBack(isHeldBack: boolean): void {
    const bound = new Set(this.people.filter((person) => this.isBound(person)).map(({ uid }) => uid));
    this.heldBack = isHeldBack ? { groups: this.groups, isBound: ({ uid }) => bound.has(uid) } : undefined;
    this.views.clear();
  }

  /** The person of this name, if in the LDAP directory. */
  named(dn: DN): Person | undefined {
    const key = dnKey(dn);
    const person = this.people.find(({ uid }) => keyOfName(userDN(uid)) === key);
    return person !== undefined && this.isPresent(person) ? person : undefined;
  }

  mayRead(uid: string): boolean {
    return this.everybody.get(uid)?.state.bindDn === true;
  }

  /** Whether the bind waits for an answer to a push. */
  asksForPush(person: Person, given: string): boolean {
    return asksForPush(person, this.demand(person), given);
  }

  /** Whether this is the password of somebody who may enter; counts failures towards lock-out. */
  admit(person: Person, given: string): Admission {
    const tried = admission(person, this.demand(person), given, this.hasExpired(person));
    if (tried.isFailure === true) this.countFailure(person.uid);
    if (tried.isAdmitted) this.failures.delete(person.uid);
    return tried;
  }

  /** Everything in the organisation; of passwords only `self`'s own. */
  viewOf(self: string): View {
    const view =
      this.views.get(self) ??
      readersView(
        this.people.filter((person) => this.isPresent(person)),
        ldapGroups(this.published),
        self,
      );
    this.views.set(self, view);
    return view;
  }

  hasExpired({ state }: Person): boolean {
    if (state.passwordExpired === true) return true;
    return state.passwordNeverExpires !== true && (state.passwordExpiresAt ?? Infinity) <= this.options.now();
  }

  /** Milliseconds since 1970; undefined of an account that is not locked. */
  lockedAt({ state }: Person): number | undefined {
    return state.locked === true ? (state.lockedAt ?? this.startedAt - TWENTY_MINUTES) : undefined;
  }

  /** Milliseconds since 1970; undefined if it is not known, or never. */
  expiresAt({ state }: Person): number | undefined {
    if (state.passwordNeverExpires === true) return undefined;
    return state.passwordExpiresAt ?? (state.passwordExpired === true ? this.startedAt - THREE_DAYS : undefined);
  }

  failuresOf(uid: string): number {
    return this.failures.get(uid)?.count ?? 0;
  }

  /** The groups that bind the person to the LDAP directory. */
  bindingGroups({ uid, state }: Person): readonly Group[] {
    if (state.inDirectory === false) return [];
    return this.groups.filter((group) => group.isInLdap !== false && isIn(group, uid));
  }

  isBoundDirectly({ state }: Person): boolean {
    return state.inDirectory !== false && state.boundDirectly !== false;
  }

  private demand(person: Person): Demand {
    if (!this.settings.isMfaHost) return 'password';
    const groups = this.groups.filter((group) => isIn(group, person.uid)).map(({ name }) => name);
    const demand = demandOf(this.policies, person, groups);
    const isExcluded = (person.state.mfaExcludedUntil ?? 0) > this.options.now();
    return demand === 'mfa' && isExcluded ? 'password' : demand;
  }

  private countFailure(uid: string): void {
    const { attempts, countedFor } = this.settings.lockout;
    const { count, lastAt } = this.failures.get(uid) ?? { count: 0, lastAt: 0 };
    const now = this.options.now();
    const isAnew = countedFor !== undefined && now - lastAt >= countedFor * 1000;
    const failures = isAnew ? 1 : count + 1;
    this.failures.set(uid, { count: failures, lastAt: now });
    if (failures === attempts) this.setState(uid, { locked: true });
  }

  /** Locks that have had their time. */
  private openLocks(): void {
    const { lockedFor } = this.settings.lockout;
    if (lockedFor === undefined) return;
    for (const person of this.everybody.values()) {
      const at = this.lockedAt(person);
      if (at !== undefined && at + lockedFor * 1000 <= this.options.now()) this.setState(person.uid, { locked: false });
    }
  }

  private get published(): Published {
    return this.heldBack ?? { groups: this.groups, isBound: (person) => this.isBound(person) };
  }

  private isBound(person: Person): boolean {
    return this.isBoundDirectly(person) || this.bindingGroups(person).length > 0;
  }

  private isPresent(person: Person): boolean {
    const { ldap } = this.settings;
    const { state } = person;
    if (state.staged === true || (ldap.onLockout === 'remove' && state.locked === true)) return false;
    if (ldap.onExpiry === 'remove' && this.hasExpired(person)) return false;
    return this.published.isBound(person);
  }

  /** A slip in a name would otherwise change nothing and look like an effect that did not come. */
  private known(uid: string): Person {
    const person = this.everybody.get(uid);
    if (person === undefined) throw new Error(`there is no ${uid}`);
    return person;
  }

  private knownGroup(name: string): Group {
    const group = this.everyGroup.get(name);
    if (group === undefined) throw new Error(`there is no group ${name}`);
    return group;
  }

  private put(person: Person): void {
    this.everybody.set(person.uid, person);
    this.views.clear();
  }

  private putGroup(group: Group): void {
    this.everyGroup.set(group.name, group);
    this.views.clear();
  }

  private changeMembers(name: string, op: 'add' | 'remove', uid: string): void {
    const group = this.knownGroup(name);
    const others = group.members.filter((member) => member !== uid);
    const isMember = others.length < group.members.length;
    this.putGroup({ ...group, members: op === 'add' ? [...others, uid] : others });
    if (isMember === (op === 'add')) return;
    this.journal.changed({
      type: 'association_change',
      op,
      from: { kind: 'user_group', name },
      to: { kind: 'user', name: uid },
    });
  }
}
