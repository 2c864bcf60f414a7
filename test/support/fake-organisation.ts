// JumpCloud's API and its LDAP as two sets of values that a test changes: users, members of groups, and what fails.
import type { LdapMembers } from '../../src/cloud/lag/group-difference.js';
import { type CloudApi, CloudError, type CloudFault, type CloudUser } from '../../src/cloud/ports.js';
import { ADA } from './fake-cloud.js';

export type Call =
  | 'groupNamed'
  | 'bindingsOfGroup'
  | 'membersOfGroup'
  | 'users'
  | 'usersOfServer'
  | 'userById'
  | 'user';

export class FakeOrganisation {
  readonly users = new Map<string, CloudUser>();
  /** IDs of those who are bound to no LDAP directory, though their group is. */
  readonly unbound = new Set<string>();
  /** By the group: IDs in the order of the list. */
  readonly members = new Map<string, string[]>();
  readonly groupsInLdap = new Set<string>();
  readonly ldapNames = new Map<string, string[]>();
  /** Members of a page. */
  page = 100;
  readonly faults = new Map<Call, CloudFault>();
  readonly calls: string[] = [];
  /** Called before each page of members is given. */
  onPage: (page: number) => void | Promise<void> = () => {};
  /** LDAP: names by group, and when it was read. */
  readonly ldap = new Map<string, readonly string[]>();
  readonly ambiguous = new Set<string>();
  takenAt = 0;
  isRead = true;

  add(name: string, changes: Partial<CloudUser> = {}): string {
    const id = `id-${this.users.size}`;
    this.users.set(id, { ...ADA, id, username: name, ...changes });
    return id;
  }

  group(name: string, members: readonly string[], inLdap: readonly string[]): void {
    this.members.set(name, [...members]);
    this.groupsInLdap.add(name);
    this.ldap.set(name, inLdap);
  }

  ldapMembers(): LdapMembers | undefined {
    if (!this.isRead) return undefined;
    const { takenAt, ldap, ambiguous } = this;
    return { takenAt, namesIn: (group) => ldap.get(group) ?? [], isAmbiguous: (name) => ambiguous.has(name) };
  }

  readonly api = {
    groupNamed: async (_: unknown, name: string) => {
      this.called('groupNamed');
      const ldapNames = this.ldapNames.get(name) ?? [];
      return this.members.has(name) ? { id: `g-${name}`, name, isDynamic: false, ldapNames } : undefined;
    },
    bindingsOfGroup: async (_: unknown, id: string) => {
      this.called('bindingsOfGroup');
      return this.groupsInLdap.has(id.slice(2)) ? [{ serverId: 's1', through: [] }] : [];
    },
    membersOfGroup: (_: unknown, id: string) =>
      this.pagesOf('membersOfGroup', () => this.members.get(id.slice(2)) ?? [], this.page),
    usersOfServer: () =>
      this.pagesOf('usersOfServer', () => [...this.users.keys()].filter((id) => !this.unbound.has(id)), 100),
    users: (_: unknown, from = 0) => this.userPages(from),
    userById: async (_: unknown, id: string) => {
      this.called('userById');
      return this.users.get(id);
    },
    user: async (_: unknown, name: string) => {
      this.called('user');
      return [...this.users.values()].find(({ username }) => username === name);
    },
    groupsOfUser: async (_: unknown, id: string) => {
      this.called('user');
      return [...this.members].filter(([, ids]) => ids.includes(id)).map(([group]) => `g-${group}`);
    },
    bindingsOfUser: async (_: unknown, id: string) => {
      this.called('user');
      return this.unbound.has(id) ? [] : [{ serverId: 's1', through: [] }];
    },
  } as unknown as CloudApi;

  private called(call: Call): void {
    this.calls.push(call);
    const fault = this.faults.get(call);
    if (fault !== undefined) throw new CloudError(fault, `${call} failed`);
  }

  private async *pagesOf(call: Call, all: () => readonly string[], size: number): AsyncGenerator<readonly string[]> {
    for (let page = 0; ; page++) {
      this.called(call);
      if (call === 'membersOfGroup') await this.onPage(page);
      const found = all().slice(page * size, (page + 1) * size);
      yield found;
      if (found.length < size) return;
    }
  }

  private async *userPages(from: number) {
    const all = [...this.users.values()];
    for (let place = from; ; place += 100) {
      this.called('users');
      const users = all.slice(place, place + 100);
      yield { users, next: users.length < 100 ? undefined : place + 100, total: all.length };
      if (users.length < 100) return;
    }
  }
}
