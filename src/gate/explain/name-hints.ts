// Hints for an operator about a name that belongs to nobody: its form, and whose name it resembles. Clients must not see them.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Snapshot } from '../../directory/snapshot.js';
import { parseDN } from '../../ldap/dn.js';
import { nearest } from '../../runtime/nearest.js';
import { readDomainName } from '../bind/domain-name.js';
import type { Reason } from '../reason.js';
import type { World } from '../world.js';

/** Members compared in one turn of the event loop, and the longest name that is compared, in characters. */
const PER_TURN = 200;
const LONGEST = 64;

const ABOUT_NAMES: ReadonlySet<Reason> = new Set(['unknown-name', 'not-a-user-name', 'invalid-name']);

/** What of a name is the user's. */
export function userIn(name: string): string {
  return parseDN(name)?.[0]?.[0]?.value ?? readDomainName(name)?.user ?? name;
}

/** A sentence or two; undefined where there is nothing to say. */
export async function nameHint(reason: Reason, name: string, context: World): Promise<string | undefined> {
  if (!ABOUT_NAMES.has(reason)) return undefined;
  const snapshot = context.snapshot();
  const user = userIn(name);
  const near = snapshot === undefined || user.length > LONGEST ? undefined : await nearestMember(user, snapshot);
  const hints = [
    domainHint(name, near === user, context),
    near === undefined || near === user ? '' : `Did you mean ${near}?`,
  ];
  return hints.filter((hint) => hint !== '').join(' ') || undefined;
}

function domainHint(name: string, isMember: boolean, { names }: World): string {
  const read = parseDN(name) === undefined ? readDomainName(name) : undefined;
  if (read === undefined || names.isInDomain(name)) return '';
  const { form, user, domain } = read;
  // Most names with an @ are mail addresses.
  if (form === 'user@domain' && !isMember) return '';
  return `${form} is a form of Active Directory: have the application send ${user}, or list ${domain} in local.domains.`;
}

/** The member whose name is most like it; the name itself, as the directory spells it, if it is one's. */
async function nearestMember(user: string, snapshot: Snapshot): Promise<string | undefined> {
  const known = snapshot.named('uid', user);
  if (known !== undefined) return known === 'ambiguous' ? undefined : known.uid === user ? user : known.uid;
  const { entries } = snapshot;
  let best: string[] = [];
  for (let at = 0; at < entries.length; at += PER_TURN) {
    const uids = entries
      .slice(at, at + PER_TURN)
      .filter(({ kind, uid }) => kind === 'user' && uid.length <= LONGEST)
      .map(({ uid }) => uid);
    const near = nearest(user, [...best, ...uids]);
    best = near === undefined ? [] : [near];
    await nextTurn();
  }
  return best[0];
}
