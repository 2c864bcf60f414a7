// From the effective configuration to the settings of applications, app by app.
import { hostname } from 'node:os';
import type { AppConfig, Config } from '../config/config.js';
import type { Layout } from '../layout/layout.js';
import { type DN, formatDN } from '../ldap/dn.js';
import type { DomainValues, Values } from './recipe.js';

/** The source of an application's settings: the part of a configuration for one app. */
export interface AppSettings {
  readonly listen: Pick<Config['listen'], 'ldap' | 'ldaps'>;
  /** A member of any of them gets in, with `everyone` everybody. */
  readonly groups: readonly string[];
  readonly everyone: boolean;
  readonly local: Pick<Config['local'], 'serviceAccounts'>;
}

/** One of a configuration's apps; one without listeners of its own is reached by those that all share. */
export function settingsOf(
  { listen, groups, everyone, local }: AppConfig,
  config: Pick<Config, 'listen'>,
): AppSettings {
  return { listen: listen === 'shared' ? config.listen : listen, groups, everyone, local };
}

/** How an app names its entries. */
export interface AppNaming {
  readonly layout: Layout;
  readonly localUserDN: (uid: string) => string;
  readonly localGroupDN: (cn: string) => string;
}

/** `readerDN`: the reader's name upstream, whose local form is taken where the app has no service account. */
export function valuesOf(app: AppSettings, { layout, localUserDN, localGroupDN }: AppNaming, readerDN: string): Values {
  const { ldap, ldaps } = app.listen;
  const scheme = ldap === undefined && ldaps !== undefined ? 'ldaps' : 'ldap';
  const { host, port } = ldap ?? ldaps ?? { host: '127.0.0.1', port: 389 };
  // Nobody can connect to an address that means all interfaces.
  const reachable = ['0.0.0.0', '::'].includes(host) ? hostname() : host;
  const written = reachable.includes(':') ? `[${reachable}]` : reachable;
  const group = groupOf(app);
  const readerName = () => {
    const name = layout.upstreamName(readerDN);
    return name?.kind === 'uid' ? localUserDN(name.value) : layout.localName(readerDN);
  };
  return {
    url: `${scheme}://${written}:${port}`,
    host: reachable,
    port,
    baseDN: formatDN(layout.localBaseDN),
    usersDN: formatDN(layout.localUsersDN),
    groupsDN: formatDN(layout.localGroupsDN),
    group,
    groupDN: localGroupDN(group),
    serviceDN: app.local.serviceAccounts[0]?.dn ?? readerName(),
    personDN: localUserDN,
  };
}

/** The one group that recipes name; where the app has none, a word for one. */
function groupOf({ groups }: AppSettings): string {
  return groups[0] ?? 'GROUP';
}

/** For an app that looks like Active Directory: the domain is that of its base, `DC=example,DC=com`. */
export function domainValues(values: Values, baseDN: DN): DomainValues {
  const labels = baseDN.flatMap((rdn) => rdn.map(({ value }) => value));
  const [first = ''] = labels;
  return { ...values, domain: labels.join('.').toLowerCase(), netbiosName: first.toUpperCase().slice(0, NETBIOS_NAME) };
}

/** The most characters of a domain's short name. */
const NETBIOS_NAME = 15;

/** Recipes name one group, so that an application that is set up by one lets in its members alone. */
export function groupNotes(app: AppSettings): string[] {
  const named = groupOf(app);
  if (app.everyone) {
    return [
      `Everybody gets in here: leave out what names the group ${named}, or name one that this application shall let in.`,
    ];
  }
  if (app.groups.length < 2) return [];
  return [
    `Here the members of ${app.groups.join(', ')} get in, and nobody else is seen: leave out what names ${named}, or it keeps the others out.`,
  ];
}
