// The check of the members that a read brought: all there, with names that can be bound and that lead to one person each.
import type { UpstreamEntry, UpstreamImage } from '../../directory/reader.js';
import { buildSnapshot } from '../../directory/snapshot.js';
import type { NameForm } from '../../gate/bind/resolve-name.js';
import type { Layout } from '../../layout/layout.js';
import { textsOf } from '../../ldap/attributes.js';
import { keyOfName } from '../../ldap/dn.js';
import { type Finding, ok, warning } from './report.js';

const MOST_NAMES = 5;

/** Undefined if nobody can be seen. */
export function seenMembers(image: UpstreamImage, layout: Layout): readonly Finding[] | undefined {
  const { memberCount } = buildSnapshot(image, layout, 0);
  if (memberCount === 0) return undefined;
  return [
    ok(`${memberCount} can be seen and may log in`),
    ...unseen(image),
    ...unbindable(image, memberCount),
    ...clockOf(image, new Date()),
  ];
}

/** Names that the group lists and the reader finds no entry of. */
function unseen({ group, users }: UpstreamImage): Finding[] {
  const seen = new Set(users.map(({ dn }) => keyOfName(dn)));
  const names = (group === undefined ? [] : textsOf(group, 'member')).filter((dn) => !seen.has(keyOfName(dn)));
  if (names.length === 0) return [];
  const more = names.length - MOST_NAMES;
  const text = [...names.slice(0, MOST_NAMES), ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
  return [warning(`not to be seen: ${text}`, 'Users › NAME › Directories › JumpCloud LDAP for each of them.')];
}

function unbindable({ users }: UpstreamImage, memberCount: number): Finding[] {
  const rest = users.length - memberCount;
  if (rest <= 0) return [];
  return [
    warning(`${rest} are found whose names cannot be bound`, 'People stand as uid=NAME directly below ou=Users.'),
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

/** A name that leads to two people lets neither in. */
export function duplicates(users: readonly UpstreamEntry[], forms: readonly NameForm[]): Finding | readonly Finding[] {
  const found = forms.flatMap((form) =>
    repeated(users, form).map((value) =>
      warning(
        `${form} ${value} belongs to several people: as a log-in name it is refused`,
        `Give each account its own ${form} in the console; till then they log in by their other names.`,
      ),
    ),
  );
  return found.length === 0 ? ok(`none among ${forms.join(', ')}`) : found;
}

function repeated(users: readonly UpstreamEntry[], attribute: string): string[] {
  const counts = new Map<string, number>();
  for (const user of users) {
    for (const value of new Set(textsOf(user, attribute).map((text) => text.toLowerCase())))
      counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts].filter(([, count]) => count > 1).map(([value]) => value);
}
