// What a configuration says of names and addresses, as the parts want it.
import type { AppConfig, Config } from '../config/config.js';
import { isPlain } from '../config/plain-app.js';
import { Layout } from '../layout/layout.js';
import { type DN, formatDN, parseDN } from '../ldap/dn.js';
import type { Mirrored } from '../ops/log/mirror-log.js';
import { Dialer } from '../upstream/dialer.js';
import { parseEndpoint, type UpstreamEndpoint } from '../upstream/endpoint.js';
import { LdaptsReader } from '../upstream/reader.js';
import type { UpstreamTls } from '../upstream/upstream-tls.js';
import { layoutOf } from './app-parts.js';

/** What the mirror needs of an entry, even if nobody may see it. */
const NEEDED = new Set(['objectclass', 'uid', 'cn', 'member', 'memberof', 'memberuid', 'mail', 'entryuuid']);

/** The local names of the first app. */
export function makeLayout(config: Config): Layout {
  return layoutOf(config.apps[0]!, config);
}

/** The base as the app's clients see it. */
export function baseDNOf({ local }: AppConfig, { upstream }: Config): DN {
  return local.baseDN ?? upstream.baseDN;
}

/** The names in the mirror: those of the only app where it shows entries as they are, else the upstream's own, which apps make theirs of. */
export function mirrorLayout(config: Config): Layout {
  if (isPlain(config.apps)) return layoutOf(config.apps[0], config);
  return sharedLayout(config);
}

/** The upstream's own names, with nothing hidden but secrets. */
export function sharedLayout(config: Config): Layout {
  return upstreamLayout(config, []);
}

function upstreamLayout({ upstream, local }: Config, hiddenAttributes: readonly string[]): Layout {
  const { users: usersRDN, groups: groupsRDN } = local;
  return new Layout({
    orgBaseDN: upstream.baseDN,
    usersRDN,
    groupsRDN,
    hiddenAttributes,
    groupClasses: ['groupOfNames'],
  });
}

/** The upstream's addresses. Throws an Error for a URL that is not to be used. */
export function endpointsOf({ upstream: { urls, allowCleartext, startTLS } }: Config): UpstreamEndpoint[] {
  return urls.map((url) => parseEndpoint(url, allowCleartext, startTLS));
}

/** What the upstream has to show, and what it is shown. */
export function upstreamTlsOf({ upstream: { ca, tls } }: Config): UpstreamTls {
  return { ca, identity: tls.identity, pins: tls.pin };
}

/** The reader of a configuration, not yet connected. Throws an Error for a name, password or URL that cannot be used. */
export function makeReader(config: Config, layout: Layout, dialer = new Dialer(upstreamTlsOf(config))): LdaptsReader {
  const { connectTime, operationTime, reader } = config.upstream;
  return new LdaptsReader({
    endpoints: endpointsOf(config),
    dialer,
    connectTime,
    operationTime,
    limits: config.directory.limits,
    isUnwanted: unwantedBy(config),
    dn: upstreamReaderDN(config, layout),
    password: reader.password.reveal(),
    usersDN: formatDN(layout.upstreamUsersDN),
    ...gatesOf(config),
  });
}

/** The attributes that no app shows and nothing here needs: what the top level hides, every app hides. */
export function unwantedBy(config: Config): (attribute: string) => boolean {
  const hidden = upstreamLayout(config, config.directory.hiddenAttributes);
  return (attribute) => hidden.isHidden(attribute) && !NEEDED.has(attribute.toLowerCase());
}

/** The groups of all apps, each once, and whether some app lets everybody in. */
export function gatesOf({ apps }: Config): { readonly gates: readonly string[]; readonly everyone: boolean } {
  const gates = apps.flatMap(({ groups, everyone }) => (everyone ? [] : groups));
  return { gates: [...new Set(gates)], everyone: apps.some(({ everyone }) => everyone) };
}

/** The reader's own name, as the upstream knows it. */
export function upstreamReaderDN({ upstream: { reader } }: Config, layout: Layout): string {
  return reader.dn ?? layout.upstreamUserDN(reader.user ?? '');
}

/** The reader as the console lists it. */
export function readerName({ upstream: { reader } }: Config): string {
  const { user, dn = '' } = reader;
  return user ?? parseDN(dn)?.[0]?.[0]?.value ?? dn;
}

/** Whom the mirror reads by this configuration, for the log. */
export function mirroredBy(config: Config): Mirrored {
  return { ...gatesOf(config), reader: readerName(config) };
}
