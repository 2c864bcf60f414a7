// The check of names that lead to several people: they let none of them in. Who has one name is the same for all apps; a mail address belongs to
// several people only where more than one of them gets in.
import type { AppConfig, Config } from '../../config/config.js';
import { admitMembers } from '../../directory/admission.js';
import { narrowedImage } from '../../directory/narrowed-image.js';
import type { UpstreamEntry, UpstreamImage } from '../../directory/reader.js';
import { buildSnapshot } from '../../directory/snapshot.js';
import type { Twins } from '../../directory/twins.js';
import type { Layout } from '../../layout/layout.js';
import { VisibleNames } from '../../layout/visible-names.js';
import { textsOf } from '../../ldap/attributes.js';
import { textKey } from '../../ldap/matching.js';
import { runToEnd } from '../../runtime/cooperative.js';
import { hasApps } from './apps.js';
import { some } from './members.js';
import { type Finding, ok, warning } from './report.js';

const MOST_TWINS = 5;

/** `image`: of one complete read; `layout`: any names. */
export function duplicates(config: Config, image: UpstreamImage, layout: Layout): Finding | readonly Finding[] {
  const { twins } = buildSnapshot(image, layout, 0);
  const found = [...twins.all.slice(0, MOST_TWINS).map(sameName), ...sameMails(config, image, layout)];
  if (found.length > 0) return found;
  const forms = [...new Set(config.apps.flatMap(({ local }) => local.names))];
  return ok(`none among ${forms.join(', ')}`);
}

/** Accounts that the upstream tells apart and Jumpgate does not: none of them can log in. */
function sameName({ upstreamDNs }: Twins): Finding {
  return warning(
    `${some(upstreamDNs)} have one name here: none of them can log in (ambiguous-name)`,
    'Rename all but one of them in the console.',
  );
}

function sameMails(config: Config, image: UpstreamImage, layout: Layout): Finding[] {
  const sharing = [...ownersOf(image.users)].flatMap(([, owners]) => (owners.length > 1 ? owners : []));
  const apps = new Map<string, string[]>();
  for (const app of config.apps) {
    if (!app.local.names.includes('mail')) continue;
    for (const [mail, owners] of ownersOf(membersAmong(sharing, app, image, layout)))
      if (owners.length > 1) apps.set(mail, [...(apps.get(mail) ?? []), app.name]);
  }
  return [...apps].map(([mail, names]) => sameMail(mail, hasApps(config) ? names : []));
}

/** `apps`: none where there is only one, without a name. */
function sameMail(mail: string, apps: readonly string[]): Finding {
  const [whose, where] = apps.length === 0 ? ['', ''] : [` of ${apps.join(', ')}`, ' there'];
  return warning(
    `mail ${mail} belongs to several people${whose}: as a login name it is refused${where}`,
    'Give each account its own mail in the console; till then they log in by their other names.',
  );
}

/** By the comparison keys of the addresses. */
function ownersOf(users: readonly UpstreamEntry[]): ReadonlyMap<string, UpstreamEntry[]> {
  const owners = new Map<string, UpstreamEntry[]>();
  for (const user of users) {
    for (const mail of new Set(textsOf(user, 'mail').map((text) => textKey('mail', text) ?? text))) {
      const known = owners.get(mail);
      if (known === undefined) owners.set(mail, [user]);
      else known.push(user);
    }
  }
  return owners;
}

/** Those who are in the app, and those who would be if nobody else had their name. */
function membersAmong(
  users: readonly UpstreamEntry[],
  { groups, everyone }: AppConfig,
  image: UpstreamImage,
  layout: Layout,
): UpstreamEntry[] {
  if (users.length === 0) return [];
  const all = [...new Set(users)];
  const few = narrowedImage({ ...image, users: all }, { gates: groups, everyone });
  if (!everyone && few.gates.size === 0) return [];
  const { people, twins } = runToEnd(admitMembers(few, layout, new VisibleNames()));
  const namesakes = new Set(twins.flatMap(({ upstreamDNs }) => upstreamDNs));
  return [...people.map(({ entry }) => entry), ...all.filter(({ dn }) => namesakes.has(dn))];
}
