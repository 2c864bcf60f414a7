// Who is bound to what in the embedded JumpCloud: objects with the paths that lead to them.
import type { Accounts } from '../accounts.js';
import { type Group, isIn, type Person } from '../people.js';
import { groupId, SERVER_ID, userId } from './ids.js';
import { type JsonRecord, ldapAttributes } from './records.js';

interface Node {
  readonly type: 'user' | 'user_group' | 'ldap_server';
  readonly id: string;
}

const server: Node = { type: 'ldap_server', id: SERVER_ID };
const groupNode = ({ name }: Group): Node => ({ type: 'user_group', id: groupId(name) });
const userNode = ({ uid }: Person): Node => ({ type: 'user', id: userId(uid) });

/** `paths`: the nodes on the way, the object itself last. */
const object = (node: Node, paths: readonly (readonly Node[])[], attributes: JsonRecord = {}): JsonRecord => ({
  ...node,
  compiledAttributes: attributes,
  paths: paths.map((path) => path.map((to) => ({ attributes: {}, to }))),
});

const byId = (a: JsonRecord, b: JsonRecord) => (String(a.id) < String(b.id) ? -1 : 1);
const isInLdap = (group: Group) => group.isInLdap !== false;

/** The LDAP directories of a user: none or one, by each way that leads there. */
export function serversOfUser(accounts: Accounts, person: Person): JsonRecord[] {
  const groups = accounts.bindingGroups(person);
  const direct = accounts.isBoundDirectly(person) ? [[server]] : [];
  const paths = [...direct, ...groups.map((group) => [groupNode(group), server])];
  const names = groups.map(({ name, ldapName }) => ({ name: ldapName ?? name }));
  return paths.length === 0 ? [] : [object(server, paths, { ldapGroups: names })];
}

/** The LDAP server, if the group is bound to it. */
export const serversOfGroup = (group: Group): JsonRecord[] =>
  isInLdap(group) ? [object(server, [[server]], ldapAttributes(group))] : [];

/** All users that are bound to the LDAP server, with the paths to them. */
export function usersOfServer(accounts: Accounts): JsonRecord[] {
  const users = accounts.people.flatMap((person) => {
    const direct = accounts.isBoundDirectly(person) ? [[userNode(person)]] : [];
    const paths = [...direct, ...accounts.bindingGroups(person).map((group) => [groupNode(group), userNode(person)])];
    return paths.length === 0 ? [] : [object(userNode(person), paths)];
  });
  return users.sort(byId);
}

/** All groups that are bound to the LDAP server. */
export const groupsOfServer = ({ groups }: Accounts): JsonRecord[] =>
  groups
    .filter(isInLdap)
    .map((group) => object(groupNode(group), [[groupNode(group)]], ldapAttributes(group)))
    .sort(byId);

/** A user's groups. */
export const groupsOfUser = ({ groups }: Accounts, { uid }: Person): JsonRecord[] =>
  groups
    .filter((group) => isIn(group, uid))
    .map((group) => object(groupNode(group), [[groupNode(group)]], ldapAttributes(group)))
    .sort(byId);

/** Everybody in a group, as objects with paths. */
export const membership = ({ members }: Group): JsonRecord[] =>
  members.map((uid) => object({ type: 'user', id: userId(uid) }, [[{ type: 'user', id: userId(uid) }]])).sort(byId);

/** Everybody in a group, as edges. */
export const memberEdges = (group: Group): JsonRecord[] =>
  [...group.members]
    .map((uid) => ({ type: 'user', id: userId(uid) }))
    .sort(byId)
    .map((to) => ({ attributes: {}, from: groupNode(group), to }));
