// People as tests write them, and as the embedded JumpCloud has them.
import type { Group, Person } from '../demo/people.js';
import type { StandInPerson } from './stand-in.js';

/** `index`: its place among all people, for its uidNumber. */
export function personOf({ uid, password, groups: _groups, ...rest }: StandInPerson, index: number): Person {
  const [first, last] = uid.split('.');
  const { givenName = capital(first!), sn = capital(last ?? first!) } = rest;
  const { title = 'Employee', department = 'Staff', employeeType = 'employee', ...names } = rest;
  const { givenName: _givenName, sn: _sn, ...state } = names;
  const switched = Object.fromEntries(Object.entries(state).filter(([, value]) => value !== undefined));
  return { uid, password, givenName, sn, title, department, employeeType, number: index + 1, state: switched };
}

/** The groups that are named, with their members. */
export function groupsOf(people: readonly StandInPerson[]): Group[] {
  const names = new Set(people.flatMap(({ groups = [] }) => groups));
  const membersOf = (name: string) => people.filter(({ groups = [] }) => groups.includes(name)).map(({ uid }) => uid);
  return [...names].map((name) => ({ name, members: membersOf(name) }));
}

const capital = (word: string) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`;
