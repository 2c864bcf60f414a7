// Groups in the shapes that applications ask for: member, uniqueMember, memberUid, one entry with as many of them as configured. Pure.
import { createHash } from 'node:crypto';
import type { GroupClass } from '../layout/layout.js';
import { textsOf } from '../ldap/attributes.js';
import type { Attribute } from '../ldap/message.js';
import { values, valuesOf } from '../ldap/values.js';

/** A group as it is shown: local names, visible members only. */
export interface LocalGroup {
  readonly cn: string;
  readonly attributes: readonly Attribute[];
}

/** As JumpCloud has them: names in one entry, its Linux twin in another. */
const AS_UPSTREAM: readonly GroupClass[] = ['groupOfNames'];

/** True where groups keep the shape that they have upstream. */
export function isAsUpstream(classes: readonly GroupClass[]): boolean {
  return classes.join() === AS_UPSTREAM.join();
}

/** What the classes say themselves. */
export const SHAPED: readonly string[] = ['objectclass', 'member', 'uniquemember', 'memberuid', 'gidnumber'];

/** Numbers for groups without a Linux twin; above those that systems and JumpCloud give out. */
const LEAST_DERIVED_GID = 200_000;
const DERIVED_GIDS = 1_000_000_000;

/**
 * Gives groups of names the configured classes. With `posixGroup` a group takes over the gidNumber of its Linux twin, and the twin is not shown
 * as an entry of its own; without a twin the number is derived from the name, so it does not change. `uidOf` returns the uid for a member's
 * local name.
 */
export function shapeGroups(
  groups: readonly LocalGroup[],
  classes: readonly GroupClass[],
  uidOf: (dn: string) => string | undefined,
): LocalGroup[] {
  if (isAsUpstream(classes)) return [...groups];
  const named = groups.filter((group) => textsOf(group, 'member').length > 0);
  const twins = groups.filter((group) => !named.includes(group) && textsOf(group, 'memberUid').length > 0);
  const folded = new Set<LocalGroup>();
  const taken = new Set(twins.flatMap((twin) => textsOf(twin, 'gidNumber')));
  const shaped = named.map((group): LocalGroup => {
    const members = textsOf(group, 'member');
    const uids = members.map(uidOf).filter((uid) => uid !== undefined);
    const twin = twinOf(group.cn, uids, twins);
    if (twin !== undefined && classes.includes('posixGroup')) folded.add(twin);
    const gid = () =>
      textsOf(group, 'gidNumber')[0] ?? (twin && textsOf(twin, 'gidNumber')[0]) ?? derivedGid(group.cn, taken);
    const rest = group.attributes.filter(({ type }) => !SHAPED.includes(type.toLowerCase()));
    return {
      cn: group.cn,
      attributes: [
        { type: 'objectClass', values: values('top', ...classes) },
        ...rest,
        ...(classes.includes('groupOfNames') ? [{ type: 'member', values: valuesOf(members) }] : []),
        ...(classes.includes('groupOfUniqueNames') ? [{ type: 'uniqueMember', values: valuesOf(members) }] : []),
        ...(classes.includes('posixGroup')
          ? [
              { type: 'gidNumber', values: values(gid()) },
              { type: 'memberUid', values: valuesOf(uids) },
            ]
          : []),
      ],
    };
  });
  return [...shaped, ...groups.filter((group) => !named.includes(group) && !folded.has(group))];
}

function twinOf(cn: string, uids: readonly string[], twins: readonly LocalGroup[]): LocalGroup | undefined {
  const people = [...uids].sort().join('\n');
  return namesake(
    cn,
    twins.filter((twin) => textsOf(twin, 'memberUid').sort().join('\n') === people),
  );
}

/**
 * The Linux group that JumpCloud made of a group, among those `alike`, which have the same people: the one with a name that begins alike; with
 * no such name the only one.
 */
export function namesake<Twin extends { readonly cn: string }>(cn: string, alike: readonly Twin[]): Twin | undefined {
  const letters = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, '');
  const mine = letters(cn);
  const byName =
    alike.find((twin) => letters(twin.cn) === mine) ?? alike.find((twin) => letters(twin.cn).startsWith(mine));
  return byName ?? (alike.length === 1 ? alike[0] : undefined);
}

/** A number for a group that has none: from its name, beside those that are taken. */
export function derivedGid(cn: string, taken: Set<string>): string {
  const hash = createHash('sha1').update('jumpgate gid\0').update(cn.toLowerCase()).digest();
  let gid = LEAST_DERIVED_GID + (hash.readUInt32BE(0) % DERIVED_GIDS);
  while (taken.has(String(gid))) gid++;
  taken.add(String(gid));
  return String(gid);
}
