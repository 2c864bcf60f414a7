// The state of the embedded upstream's people and groups while it runs: who may enter, who is locked out, what a reader sees.
import type { View } from '../directory/view.js';
import { type DN, dnKey, keyOfName } from '../ldap/dn.js';
import { GROUPS, type Group, PEOPLE, type Person, type PersonState } from './people.js';
import { readersView, userDN } from './tree.js';

/** What is typed behind the password where a code is asked for. */
const MFA_CODE = ',123456';

/** Why a bind failed, as far as the password policy control tells (draft-behera-ldap-password-policy-11, 6.2). */
export type PolicyError = 'passwordExpired' | 'accountLocked';

export interface Admission {
  readonly isAdmitted: boolean;
  readonly error?: PolicyError;
}

export class Accounts {
  private people = new Map<string, Person>(PEOPLE.map((person) => [person.uid, person]));
  private groups = new Map<string, Group>(GROUPS.map((group) => [group.name, group]));
  /** Failed binds since the last good one. */
  private readonly failures = new Map<string, number>();
  /** By whose password they show; emptied by every change. */
  private readonly views = new Map<string, View>();

  /** `lockoutThreshold`: failed binds after which an account is locked; 0: any number. */
  constructor(private readonly lockoutThreshold: number) {}

  setState(uid: string, state: Partial<PersonState>): void {
    const person = this.known(uid);
    if (state.locked === false) this.failures.delete(uid);
    this.put({ ...person, state: { ...person.state, ...state } });
  }

  setPassword(uid: string, password: string): void {
    this.put({ ...this.known(uid), password });
  }

  addPerson(person: Person): void {
    if (this.people.has(person.uid)) throw new Error(`there is a ${person.uid} already`);
    this.put(person);
  }

  addToGroup(name: string, uid: string): void {
    this.changeMembers(name, (members) => [...members.filter((member) => member !== this.known(uid).uid), uid]);
  }

  removeFromGroup(name: string, uid: string): void {
    this.changeMembers(name, (members) => members.filter((member) => member !== uid));
  }

  /** The person of this name, if in the directory. */
  named(dn: DN): Person | undefined {
    const key = dnKey(dn);
    return this.present().find(({ uid }) => keyOfName(userDN(uid)) === key);
  }

  mayRead(uid: string): boolean {
    return this.people.get(uid)?.state.bindDn === true;
  }

  /** Whether this is the password of somebody who may enter; counts failures towards lock-out. */
  admit(person: Person, given: string): Admission {
    const { uid, state, password } = person;
    if (state.locked === true) return { isAdmitted: false, error: 'accountLocked' };
    if (given !== (state.mfa === 'code' ? password + MFA_CODE : password)) {
      this.countFailure(uid);
      return { isAdmitted: false };
    }
    if (state.suspended === true) return { isAdmitted: false };
    if (state.passwordExpired === true) return { isAdmitted: false, error: 'passwordExpired' };
    this.failures.delete(uid);
    return { isAdmitted: true };
  }

  /** Everything in the organisation; of passwords only `self`'s own. */
  viewOf(self: string): View {
    const view = this.views.get(self) ?? readersView(this.present(), [...this.groups.values()], self);
    this.views.set(self, view);
    return view;
  }

  private countFailure(uid: string): void {
    const failures = (this.failures.get(uid) ?? 0) + 1;
    this.failures.set(uid, failures);
    if (failures === this.lockoutThreshold) this.setState(uid, { locked: true });
  }

  private present(): Person[] {
    return [...this.people.values()].filter(({ state }) => state.inDirectory !== false);
  }

  /** A slip in a name would otherwise change nothing and look like an effect that did not come. */
  private known(uid: string): Person {
    const person = this.people.get(uid);
    if (person === undefined) throw new Error(`there is no ${uid}`);
    return person;
  }

  private put(person: Person): void {
    this.people.set(person.uid, person);
    this.views.clear();
  }

  private changeMembers(name: string, change: (members: readonly string[]) => readonly string[]): void {
    const group = this.groups.get(name);
    if (group === undefined) throw new Error(`there is no group ${name}`);
    this.groups.set(name, { ...group, members: change(group.members) });
    this.views.clear();
  }
}
