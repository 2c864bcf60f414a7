// Snapshots of a simulated fleet: what one instance has built of an image serves all, because building it a hundred times takes most of a day's time.
import { imageDigest, type SnapshotBuilder } from '../../../src/directory/builder.js';
import type { UpstreamImage } from '../../../src/directory/reader.js';
import { buildSnapshot, type Snapshot } from '../../../src/directory/snapshot.js';
import { runToEnd } from '../../../src/runtime/cooperative.js';
import { layout } from '../../support/fleet-instance.js';

/** Images that are kept: instances that were stopped are behind by a few. */
const MOST_KEPT = 8;

export class SharedSnapshots {
  private readonly layout = layout();
  private readonly built = new Map<string, Snapshot>();

  /** In place of the product's builder, for one instance with this clock. */
  builder(now: () => number): Pick<SnapshotBuilder, 'build' | 'digest'> {
    let last: { readonly digest: string; readonly snapshot: Snapshot } | undefined;
    return {
      get digest() {
        return last?.digest;
      },
      build: async (image) => {
        const takenAt = now() - (image.age ?? 0);
        const digest = image.digest ?? runToEnd(imageDigest(image));
        if (last?.digest === digest) last.snapshot.confirm(takenAt);
        else if (image.isRepeated) throw new Error('a repeated image that was not built before');
        else last = { digest, snapshot: this.snapshot(digest, image, takenAt) };
        return last.snapshot;
      },
    };
  }

  /** With an age of its own. */
  private snapshot(digest: string, image: UpstreamImage, takenAt: number): Snapshot {
    let built = this.built.get(digest);
    if (built === undefined) {
      built = buildSnapshot(image, this.layout, Number.NEGATIVE_INFINITY);
      this.built.set(digest, built);
      const [oldest] = this.built.keys();
      if (this.built.size > MOST_KEPT) this.built.delete(oldest!);
    }
    const own = Object.create(built) as Snapshot;
    own.confirm(takenAt);
    return own;
  }
}
