// From one read after the other to snapshots, a few milliseconds at a time; a read that brings nothing new makes none. Pure.
import { createHash } from 'node:crypto';
import type { Layout } from '../layout/layout.js';
import { inSlices, type Steps } from '../runtime/cooperative.js';
import { addEntry } from './entry-digest.js';
import type { UpstreamImage } from './reader.js';
import { type Snapshot, snapshotSteps } from './snapshot.js';

export interface BuilderOptions {
  readonly layout: Layout;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Lets everything else have its turn. */
  readonly pause: () => Promise<void>;
}

/** Milliseconds at a time: a burst of logins waits no longer than this. */
const SLICE = 1;

/** Builds snapshots from complete reads in steps of a few milliseconds. An unchanged read returns the previous snapshot with a new time. */
export class SnapshotBuilder {
  private last: { readonly digest: string; readonly snapshot: Snapshot } | undefined;

  constructor(private readonly options: BuilderOptions) {}

  /** Of the image that the last snapshot was built from; undefined before the first. */
  get digest(): string | undefined {
    return this.last?.digest;
  }

  /** The snapshot of an image: the last one, confirmed, if the image says the same as the one before. */
  async build(image: UpstreamImage): Promise<Snapshot> {
    const { layout, now } = this.options;
    const takenAt = now() - (image.age ?? 0);
    const digest = image.digest ?? (await this.run(imageDigest(image)));
    if (this.last?.digest === digest) {
      this.last.snapshot.confirm(takenAt);
      return this.last.snapshot;
    }
    if (image.isRepeated) throw new Error('a repeated image that was not built before');
    const snapshot = await this.run(snapshotSteps(image, layout, takenAt));
    this.last = { digest, snapshot };
    return snapshot;
  }

  private run<Result>(steps: Steps<Result>): Promise<Result> {
    const { now, pause } = this.options;
    return inSlices(steps, SLICE, now, pause);
  }
}

/** Equal for images that are equal in every byte and in their order. */
export function* imageDigest({ gates, everyone, users, groups, schema }: UpstreamImage): Steps<string> {
  const hash = createHash('sha256');
  const names = JSON.stringify([...gates.keys()]);
  hash.update(`${everyone ? 'everyone' : 'gates'};${names.length};${names}`);
  for (const part of [[...gates.values()], users, groups, schema === undefined ? [] : [schema]]) {
    hash.update(`${part.length};`);
    for (const entry of part) {
      yield* addEntry(hash, entry);
      yield;
    }
  }
  return hash.digest('base64');
}
