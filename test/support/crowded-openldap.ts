// A real OpenLDAP server with as many members as a test wants, and with limits on searches.
import { type Contents, directory, type ExtraPerson, likeJumpCloud } from './openldap.js';

export const MANAGER = { dn: 'cn=manager,dc=jumpcloud,dc=com', password: 'manager-secret-9001' };

/** One of them. */
export const crowdMember = (index: number): ExtraPerson => {
  const number = String(index).padStart(5, '0');
  return { uid: `crowd.m${number}`, cn: `Crowd M${number}`, password: `crowd-secret-${number}` };
};

/** `members` beside the invented people; `lines`: of slapd.conf, for the database. `groups`: names of further groups, each with one member. */
export function crowd(members: number, lines: string, groups: readonly string[] = []): Contents {
  const contents = likeJumpCloud(Array.from({ length: members }, (_, index) => crowdMember(index)));
  const more = groups.map(
    (cn) =>
      `dn: cn=${cn},${directory.usersDN}\nobjectClass: top\nobjectClass: groupOfNames\ncn: ${cn}\nmember: ${directory.userDN('quillon.varrek')}`,
  );
  const rights = `rootdn "${MANAGER.dn}"\nrootpw ${MANAGER.password}\nlimits dn.exact="${MANAGER.dn}" size=unlimited`;
  return {
    ...contents,
    ldif: [contents.ldif, ...more].join('\n\n'),
    access: `${rights}\n${lines}\n${contents.access}`,
  };
}
