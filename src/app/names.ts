// What a configuration says of names and addresses, as the parts want it.
import type { Config } from '../config/config.js';
import { Layout } from '../layout/layout.js';
import { formatDN, parseDN } from '../ldap/dn.js';
import type { Mirrored } from '../ops/log/mirror-log.js';
import { Dialer } from '../upstream/dialer.js';
import { parseEndpoint, type UpstreamEndpoint } from '../upstream/endpoint.js';
import { LdaptsReader } from '../upstream/reader.js';
import type { UpstreamTls } from '../upstream/upstream-tls.js';

/** What the mirror needs of an entry, also where nobody may see it. */
const NEEDED = new Set(['objectclass', 'uid', 'cn', 'member', 'memberof', 'memberuid', 'mail']);

/** The local names of a configuration. */
export function makeLayout({ upstream, local, directory }: Config): Layout {
  return new Layout({
    orgBaseDN: upstream.baseDN,
    ...(local.baseDN === undefined ? {} : { localBaseDN: local.baseDN }),
    usersRDN: local.users,
    groupsRDN: local.groups,
    hiddenAttributes: directory.hiddenAttributes,
    groupClasses: local.groupClasses,
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
    isUnwanted: (attribute) => layout.isHidden(attribute) && !NEEDED.has(attribute.toLowerCase()),
    dn: upstreamReaderDN(config, layout),
    password: reader.password.reveal(),
    usersDN: formatDN(layout.upstreamUsersDN),
    ...gatesOf(config),
  });
}

/** The groups that let people in, and whether everybody gets in. */
export function gatesOf({ group }: Config): { readonly gates: readonly string[]; readonly everyone: boolean } {
  return { gates: group.everyone ? [] : [group.name], everyone: group.everyone };
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
