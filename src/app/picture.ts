// What each app of a configuration would show, by one read of the upstream: for telling what another configuration changes, before it is used.
import type { AppConfig, Config } from '../config/config.js';
import { LargeValues } from '../directory/apps/app-snapshot.js';
import type { UpstreamImage } from '../directory/reader.js';
import { buildSnapshot, type Snapshot } from '../directory/snapshot.js';
import { formatDN } from '../ldap/dn.js';
import { makeAppParts } from './app-parts.js';
import { gatesOf, makeLayout, makeReader, mirrorLayout } from './names.js';

export interface AppPicture {
  readonly config: AppConfig;
  /** As the app's clients see the names. */
  readonly baseDN: string;
  readonly snapshot: Snapshot;
}

/** By the apps' names. */
export type Picture = ReadonlyMap<string, AppPicture>;

/** Reads once what both configurations need, from the upstream of the second. Rejects with ReadError. */
export async function readForBoth(before: Config, after: Config): Promise<UpstreamImage> {
  const isHiddenBefore = new Set(before.directory.hiddenAttributes);
  const hiddenAttributes = after.directory.hiddenAttributes.filter((name) => isHiddenBefore.has(name));
  const both = { ...after, apps: [...after.apps, ...before.apps], directory: { ...after.directory, hiddenAttributes } };
  const reader = makeReader(both, makeLayout(both));
  try {
    return await reader.read();
  } finally {
    reader.close();
  }
}

/** `image` may have more groups and people than the configuration asks for: they are left out. Throws an Error for faulty attribute rules. */
export async function pictureOf(config: Config, image: UpstreamImage): Promise<Picture> {
  const { gates: names, everyone } = gatesOf(config);
  const gates = new Map([...image.gates].filter(([name]) => names.includes(name)));
  const base = buildSnapshot({ ...image, gates, everyone }, mirrorLayout(config), 0);
  const picture = new Map<string, AppPicture>();
  for (const { config: app, layout, view } of makeAppParts(config, new LargeValues())) {
    const snapshot = view === undefined ? base : await view.build(base);
    picture.set(app.name, { config: app, baseDN: formatDN(layout.localBaseDN), snapshot });
  }
  return picture;
}
