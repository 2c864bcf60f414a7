// The URLs of what was opened: where port 0 was configured, the system has chosen.
import type { Config } from '../config/config.js';
import type { Opened } from '../server/listener.js';
import { entrancesOf } from './doors.js';

export interface OpenedUrls {
  readonly ldap: string | undefined;
  readonly ldaps: string | undefined;
  readonly ldapi: string | undefined;
}

/** Before anything is opened. */
export const NOTHING_OPENED: OpenedUrls = { ldap: undefined, ldaps: undefined, ldapi: undefined };

/** Those that apps share, or those of the first one. `opened`: in the order of the entrances. */
export function openedUrls([opened = {}]: readonly Opened[], config: Config): OpenedUrls {
  const [{ ldapi } = {}] = entrancesOf(config);
  return {
    ldap: opened.ldap === undefined ? undefined : `ldap://${hostPort(opened.ldap)}`,
    ldaps: opened.ldaps === undefined ? undefined : `ldaps://${hostPort(opened.ldaps)}`,
    ldapi: ldapi === undefined ? undefined : `ldapi://${encodeURIComponent(ldapi.path)}`,
  };
}

/** An address as a part of a URL: that of IPv6 is in brackets. */
export function hostPort({ address, family, port }: { address: string; family: string; port: number }): string {
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;
}
