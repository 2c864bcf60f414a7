// The check of the members that a read brought: all there, with names that can be bound.
import type { UpstreamImage } from '../../directory/reader.js';
import { buildSnapshot } from '../../directory/snapshot.js';
import type { Layout } from '../../layout/layout.js';
import { textsOf } from '../../ldap/attributes.js';
import { keyOfName } from '../../ldap/dn.js';
import { type Finding, ok, warning } from './report.js';

const MOST_NAMES = 5;

/** Undefined if nobody can be seen. `readerDN`: the reader's upstream name. */
export function seenMembers(image: UpstreamImage, layout: Layout, readerDN: string): readonly Finding[] | undefined {
  const { memberCount, twins } = buildSnapshot(image, layout, 0);
  if (memberCount === 0 && twins.all.length === 0) return undefined;
  const unlisted = notListed(image);
  const twinCount = twins.all.reduce((count, { uids }) => count + uids.length, 0);
  return [
    ok(`${memberCount} can be seen and may log in`),
    ...unseen(image),
    ...(unlisted.length === 0 ? [] : [disagreement(unlisted)]),
    ...readerAmong(image, readerDN),
    ...withBindDn(image, readerDN),
    ...unbindable(image.users.length - unlisted.length - twinCount - memberCount),
    ...clockOf(image, new Date()),
  ];
}

/** Names that a group lists and the reader finds no entry of, or one whose memberOf does not name the group. */
function unseen({ gates, users }: UpstreamImage): Finding[] {
  const seen = new Set(users.map(({ dn }) => keyOfName(dn)));
  const names = listedBy(gates).filter((dn) => !seen.has(keyOfName(dn)));
  if (names.length === 0) return [];
  return [
    warning(
      `in the group, but not to be seen with it in memberOf: ${some(names)}`,
      'Users › NAME › Directories › JumpCloud LDAP for each of them. Until then they cannot log in.',
    ),
  ];
}

/** Each once. */
function listedBy(gates: UpstreamImage['gates']): string[] {
  return [...new Set([...gates.values()].flatMap((group) => textsOf(group, 'member')))];
}

/** Names of those whose memberOf names the group, and whom the group does not list. */
function notListed({ gates, everyone, users }: UpstreamImage): string[] {
  if (everyone) return [];
  const listed = new Set(listedBy(gates).map(keyOfName));
  return users.map(({ dn }) => dn).filter((dn) => !listed.has(keyOfName(dn)));
}

function disagreement(names: readonly string[]): Finding {
  return warning(
    `memberOf names the group, but the group does not list: ${some(names)}`,
    'Only who is in both can log in. If this lasts, remove them from the group and add them again.',
  );
}

/** One account with two uses: guessing this person's password means guessing the reader's, on which everything depends. */
function readerAmong({ users }: UpstreamImage, readerDN: string): Finding[] {
  const key = keyOfName(readerDN);
  if (!users.some(({ dn }) => keyOfName(dn) === key)) return [];
  return [
    warning(
      `the reader itself is a member: ${readerDN}`,
      'Take it out of the group, and make it an account that nobody logs in with: if JumpCloud locks it, nobody can log in.',
    ),
  ];
}

/** JumpCloud's attribute of the switch. Whether it shows it of everybody is not known: nobody is said not to have it. */
function withBindDn({ users }: UpstreamImage, readerDN: string): Finding[] {
  const reader = keyOfName(readerDN);
  const names = users
    .filter((entry) => textsOf(entry, 'jcLdapAdmin').some((value) => /^true$/i.test(value)))
    .map(({ dn }) => dn)
    .filter((dn) => keyOfName(dn) !== reader);
  if (names.length === 0) return [];
  return [
    warning(
      `“Enable as LDAP Bind DN” seems to be switched on (jcLdapAdmin) for ${some(names)}`,
      'Switch it off: Users › NAME › User Security Settings. With Jumpgate nobody but the reader needs it; it exempts a user from LDAP’s MFA policies and lets it read the whole directory.',
    ),
  ];
}

/** The first few. */
export function some(names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  return [...names.slice(0, MOST_NAMES), ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

function unbindable(rest: number): Finding[] {
  if (rest <= 0) return [];
  return [
    warning(`${rest} are found whose names cannot be bound`, 'People must be directly below ou=Users, as uid=NAME.'),
  ];
}

/** The directory has a clock as well: what was changed in it was not changed in the future. */
function clockOf({ users, groups }: UpstreamImage, now: Date): Finding[] {
  const times = [...users, ...groups].flatMap((entry) => textsOf(entry, 'modifyTimestamp')).sort();
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)/.exec(times.at(-1) ?? '');
  if (match === null) return [];
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number);
  const newest = Date.UTC(year!, month! - 1, day, hour, minute, second);
  if (newest <= now.getTime() + 5 * 60_000) return [];
  return [
    warning(
      `something was changed at ${new Date(newest).toISOString()}, and here it is ${now.toISOString()}`,
      'Set the clock.',
    ),
  ];
}
