// From the effective configuration to what applications are told.
import { hostname } from 'node:os';
import type { Config } from '../config/config.js';
import type { Layout } from '../layout/layout.js';
import { formatDN } from '../ldap/dn.js';
import type { Values } from './recipe.js';

/** The part of a configuration that one application gets to see: its own app's. */
export type AppSettings = Pick<Config, 'listen' | 'group' | 'local'>;

/** `readerDN`: the reader's name upstream, whose local form is taken where the app has no service account. `layout`: the app's. */
export function valuesOf({ listen, group, local }: AppSettings, layout: Layout, readerDN: string): Values {
  const { ldap, ldaps } = listen;
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
    group: group.name,
    groupDN: layout.localGroupDN(group.name),
    serviceDN: local.serviceAccounts[0]?.dn ?? layout.localName(readerDN),
    personDN: (uid) => layout.localUserDN(uid),
  };
}
