// From the effective configuration to what applications are told.
import { hostname } from 'node:os';
import type { Config } from '../config/config.js';
import type { Layout } from '../layout/layout.js';
import { formatDN } from '../ldap/dn.js';
import type { Values } from './recipe.js';

/** `serviceDN`: the local name of the reader, which is taken where no service account of its own is configured. */
export function valuesOf(config: Config, layout: Layout, readerDN: string): Values {
  const { ldap, ldaps } = config.listen;
  const scheme = ldap === undefined && ldaps !== undefined ? 'ldaps' : 'ldap';
  const { host, port } = ldap ?? ldaps ?? { host: '127.0.0.1', port: 389 };
  // An address that stands for all is none that anybody can connect to.
  const reachable = ['0.0.0.0', '::'].includes(host) ? hostname() : host;
  const written = reachable.includes(':') ? `[${reachable}]` : reachable;
  return {
    url: `${scheme}://${written}:${port}`,
    host: reachable,
    port,
    baseDN: formatDN(layout.localBaseDN),
    usersDN: formatDN(layout.localUsersDN),
    groupsDN: formatDN(layout.localGroupsDN),
    group: config.group.name,
    groupDN: layout.localGroupDN(config.group.name),
    serviceDN: config.local.serviceAccounts[0]?.dn ?? layout.localName(readerDN),
  };
}
