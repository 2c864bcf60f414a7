// The check of each app: its groups there, how many get in, and its service accounts. Where the top-level keys are the only app, the steps of
// the directory say it.
import { gateNames } from '../../app/app-parts.js';
import type { AppConfig, Config } from '../../config/config.js';
import type { MissingGroup, UpstreamImage } from '../../directory/reader.js';
import { buildSnapshot, type Snapshot } from '../../directory/snapshot.js';
import { groupsText } from '../../gate/explain/reasons.js';
import type { Layout } from '../../layout/layout.js';
import { READ_FAULTS } from '../../ops/explain/read-faults.js';
import { type Finding, failed, ok, warning } from './report.js';

/** Service accounts that are named. */
const MOST_NAMES = 5;

/** True if there is anything to say of apps that the steps of the one group do not. */
export function hasApps({ apps }: Pick<Config, 'apps'>): boolean {
  return apps.some(({ isNamed }) => isNamed);
}

/** `image`: of one complete read; `layout`: any names. */
export function appFindings(config: Config, image: UpstreamImage, layout: Layout): Finding[] {
  const snapshot = buildSnapshot(image, layout, 0);
  return config.apps.flatMap((app) => findingsOf(app, snapshot, image.missing ?? [], nameOfReader(config)));
}

function nameOfReader({ upstream }: Config): string {
  return upstream.reader.user ?? upstream.reader.dn ?? 'NAME';
}

function findingsOf(app: AppConfig, snapshot: Snapshot, missing: readonly MissingGroup[], user: string): Finding[] {
  const { count } = snapshot.membersOf(gateNames(app));
  const gone = app.everyone ? [] : missing.filter(({ name }) => app.groups.includes(name));
  const absent = gone.map(({ name, cause }) => {
    const text = `${app.name}: ${cause === 'no-group' ? `there is no group ${name}` : `${name} has no member`}`;
    const remedy = READ_FAULTS[cause].remedy({ group: name, user });
    // Other groups may still let people in.
    return count === 0 ? failed(text, remedy) : warning(text, remedy);
  });
  if (count === 0 && absent.length > 0) return absent;
  if (count === 0)
    return [failed(`${app.name}: nobody gets in`, READ_FAULTS.unseen.remedy({ group: groupsText(app.groups), user }))];
  return [ok(`${app.name}: ${count} may log in (${gateText(app, snapshot)}); ${accountsText(app)}`), ...absent];
}

function gateText({ everyone, groups }: AppConfig, { gates }: Snapshot): string {
  if (everyone) return 'everyone';
  return groups.map((name) => `${name}: ${gates.sizes.get(name) ?? 0}`).join(', ');
}

function accountsText({ local: { serviceAccounts } }: AppConfig): string {
  if (serviceAccounts.length === 0) return 'no service account';
  const names = serviceAccounts.slice(0, MOST_NAMES).map(({ dn }) => dn);
  const more = serviceAccounts.length - names.length;
  return `service account${serviceAccounts.length === 1 ? '' : 's'} ${names.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}
