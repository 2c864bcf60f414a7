// From one read after the other to snapshots, a few milliseconds at a time; a read that brings nothing new makes none. Pure.
import { createHash, type Hash } from 'node:crypto';
import type { Layout } from '../layout/layout.js';
import { inSlices, type Steps } from '../runtime/cooperative.js';
import type { UpstreamEntry, UpstreamImage } from './reader.js';
import { type Snapshot, snapshotSteps } from './snapshot.js';

export interface BuilderOptions {
  readonly layout: Layout;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Lets everything else have its turn. */
  readonly pause: () => Promise<void>;
}

/** Milliseconds at a time: a log-in burst waits no longer for it. */
const SLICE = 1;

export class SnapshotBuilder {
  private last: { readonly digest: string; readonly snapshot: Snapshot } | undefined;

  constructor(private readonly options: BuilderOptions) {}

  /** The snapshot of an image: the last one, confirmed, if the image says the same as the one before. */
  async build(image: UpstreamImage): Promise<Snapshot> {
    const { layout, now } = this.options;
    const takenAt = now();
    const digest = await this.run(digestOf(image));
    if (this.last?.digest === digest) {
      this.last.snapshot.confirm(takenAt);
      return this.last.snapshot;
    }
    const snapshot = await this.run(snapshotSteps(image, layout, takenAt));
    this.last = { digest, snapshot };
    return snapshot;
  }

  private run<Result>(steps: Steps<Result>): Promise<Result> {
    const { now, pause } = this.options;
    return inSlices(steps, SLICE, now, pause);
  }
}

/** Values between two places where the work may be interrupted. */
const VALUES_PER_STEP = 256;

/** Octets that are hashed at once. */
const OCTETS_PER_STEP = 256 * 1024;

/** Equal for images that are equal in every octet and in their order. */
function* digestOf({ group, users, groups }: UpstreamImage): Steps<string> {
  const hash = createHash('sha256');
  for (const part of [group === undefined ? [] : [group], users, groups]) {
    hash.update(`${part.length};`);
    for (const entry of part) {
      if (entry.octets === undefined) yield* addEntry(hash, entry);
      else yield* addOctets(hash, entry.octets);
      yield;
    }
  }
  return hash.digest('base64');
}

function* addOctets(hash: Hash, octets: Buffer): Steps<void> {
  hash.update(`${octets.length}.`);
  for (let at = 0; at < octets.length; at += OCTETS_PER_STEP) {
    hash.update(octets.subarray(at, at + OCTETS_PER_STEP));
    if (octets.length > OCTETS_PER_STEP) yield;
  }
}

/** Every length stands in front of what it is the length of, so that no two entries run into the same octets. */
function* addEntry(hash: Hash, { dn, attributes }: UpstreamEntry): Steps<void> {
  let lengths = `${dn.length}:${dn}${attributes.length};`;
  let octets: Buffer[] = [];
  for (const { type, values } of attributes) {
    lengths += `${type.length}:${type}${values.length};`;
    for (const value of values) {
      lengths += `${value.length};`;
      octets.push(value);
      if (octets.length < VALUES_PER_STEP) continue;
      hash.update(lengths).update(Buffer.concat(octets));
      lengths = '';
      octets = [];
      yield;
    }
  }
  hash.update(`${lengths}.`).update(Buffer.concat(octets));
}
