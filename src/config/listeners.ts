// All listeners of a configuration with the keys that they are written under. It loads no package.
import type { AppListen, Config } from './config.js';

export interface WrittenListeners {
  /** `listen`, or `apps.NAME.listen` for those that an app has for itself. */
  readonly key: string;
  readonly listen: AppListen;
  /** The names of the apps that are served there. */
  readonly apps: readonly string[];
}

/** The top level's come first, if an app is served there. */
export function listenersOf({ apps, listen }: Pick<Config, 'apps' | 'listen'>): WrittenListeners[] {
  const sharing = apps.filter((app) => app.listen === 'shared').map(({ name }) => name);
  const own = apps.flatMap(({ name, listen: at }): WrittenListeners[] =>
    at === 'shared' ? [] : [{ key: `apps.${name}.listen`, listen: at, apps: [name] }],
  );
  return [...(sharing.length === 0 ? [] : [{ key: 'listen', listen, apps: sharing }]), ...own];
}

/** As URLs, in the order ldap, ldaps, ldapi. */
export function urlsOf({ ldap, ldaps, ldapi: { path } }: AppListen): string[] {
  const at = ({ host, port }: { host: string; port: number }) => `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return [
    ...(ldap === undefined ? [] : [`ldap://${at(ldap)}`]),
    ...(ldaps === undefined ? [] : [`ldaps://${at(ldaps)}`]),
    ...(path === undefined ? [] : [`ldapi://${encodeURIComponent(path)}`]),
  ];
}
