// What each app of two configurations would show, by one read of the upstream: for telling what another configuration changes, before it is used.
import type { AppConfig, Config } from '../config/config.js';
import { LargeValues } from '../directory/apps/app-snapshot.js';
import { narrowedImage } from '../directory/narrowed-image.js';
import type { UpstreamImage } from '../directory/reader.js';
import { buildSnapshot, type Snapshot } from '../directory/snapshot.js';
import { viewOf } from './app-parts.js';
import { same } from './differing-keys.js';
import { gatesOf, makeLayout, makeReader, sharedLayout } from './names.js';

/** One app by one of the configurations. */
export interface AppPicture {
  readonly app: AppConfig;
  readonly config: Config;
  readonly snapshot: Snapshot;
}

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

/**
 * The apps of two configurations. What an app shows is made when it is asked for and kept by who asks: a few tens of megabytes for 20,000
 * people, so ask for one after the other.
 */
export class Pictures {
  /** In the order of the second configuration; those that are gone come last. */
  readonly names: readonly string[];
  private readonly bases: readonly [Snapshot, Snapshot];

  /** `image` may have more groups and people than each configuration asks for: they are left out. It is not kept. */
  constructor(
    readonly before: Config,
    readonly after: Config,
    image: UpstreamImage,
  ) {
    this.names = [...new Set([...after.apps, ...before.apps].map(({ name }) => name))];
    const base = baseOf(before, after, image);
    // Who is in the one and not in the other may have the name of somebody who is in both.
    this.bases = [base, same(whomReads(before), whomReads(after)) ? base : baseOf(after, after, image)];
  }

  /** One app by both; undefined where it is not there. Rejects with an Error for faulty attribute rules. */
  async of(name: string): Promise<readonly [AppPicture | undefined, AppPicture | undefined]> {
    const [old, now] = [this.before, this.after].map(({ apps }) => apps.find((app) => app.name === name));
    const [oldBase, nowBase] = this.bases;
    const before = old && (await this.pictureOf(old, this.before, oldBase));
    // What is made of equal parts in one way is equal.
    if (before !== undefined && now !== undefined && oldBase === nowBase && same(before.app, now))
      return [before, { app: now, config: this.after, snapshot: before.snapshot }];
    return [before, now && (await this.pictureOf(now, this.after, nowBase))];
  }

  /** By one organisation's names: else everybody would seem to leave and to come. */
  private async pictureOf(app: AppConfig, config: Config, base: Snapshot): Promise<AppPicture> {
    const named = { ...config, upstream: this.after.upstream };
    return { app, config, snapshot: await viewOf(app, named, new LargeValues()).build(base) };
  }
}

function whomReads(config: Config): unknown {
  const { gates, everyone } = gatesOf(config);
  return { gates: [...gates].sort(), everyone };
}

/** What the mirror of a configuration would have, by the names of another one. */
function baseOf(config: Config, { upstream }: Config, image: UpstreamImage): Snapshot {
  return buildSnapshot(narrowedImage(image, gatesOf(config)), sharedLayout({ ...config, upstream }), 0);
}
