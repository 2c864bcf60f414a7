// An upstream with as many members as a test wants, all in one group of names and in its Linux twin.
import type { Attribute } from '../../src/ldap/message.js';
import { assertions, attribute, type SmallPerson, SmallUpstream, USERS_DN } from './small-upstream.js';

/** The uid of one of them. */
export const uidOf = (index: number) => `m${String(index).padStart(6, '0')}`;

/** Everybody's password. */
export const PASSWORD = 'user-secret-5001';

const hex = (index: number) => index.toString(16).padStart(12, '0');

function more(index: number): Attribute[] {
  const uid = uidOf(index);
  return [
    attribute('givenName', `Given${index % 997}`),
    attribute('mail', `${uid}@example.test`),
    attribute('title', `Engineer of kind ${index % 31}`),
    attribute('uidNumber', String(10_000 + index)),
    attribute('gidNumber', '5000'),
    attribute('homeDirectory', `/home/${uid}`),
    attribute('loginShell', '/bin/bash'),
    attribute('entryUUID', `00000000-0000-4000-8000-${hex(index)}`),
    attribute('createTimestamp', '20260101000000Z'),
  ];
}

/** `members` people with a dozen attributes each; the twin of their group is `cn=wayk-posix` with as many memberUid values. */
export async function startLargeUpstream(members: number): Promise<SmallUpstream> {
  const people = Array.from({ length: members }, (_, index): SmallPerson => {
    return { uid: uidOf(index), password: PASSWORD, more: more(index) };
  });
  const upstream = await SmallUpstream.start(people);
  const twin = {
    kind: 'searchResultEntry',
    objectName: `cn=wayk-posix,${USERS_DN}`,
    attributes: [
      attribute('objectClass', 'top', 'posixGroup'),
      attribute('cn', 'wayk-posix'),
      attribute('gidNumber', '5000'),
      attribute('memberUid', ...people.map(({ uid }) => uid)),
    ],
  } as const;
  upstream.instead = {
    beforeEntries: ({ filter }) => (assertions(filter).includes('objectclass=posixgroup') ? [twin] : []),
  };
  return upstream;
}
