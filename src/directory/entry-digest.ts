// Entries as digests: whether a read brings anything new, and whether an account has changed since.
import { createHash, type Hash } from 'node:crypto';
import { runToEnd, type Steps } from '../runtime/cooperative.js';
import type { SnapshotEntry } from './entry.js';
import type { UpstreamEntry } from './reader.js';

/** Values between two places where the work may be interrupted. */
const VALUES_PER_STEP = 256;

/** Bytes that are hashed in one go. */
const OCTETS_PER_STEP = 256 * 1024;

/** Adds an entry to a digest: its bytes where they are at hand, otherwise its parts. */
export function* addEntry(hash: Hash, entry: UpstreamEntry): Steps<void> {
  if (entry.octets === undefined) yield* addParts(hash, entry);
  else yield* addOctets(hash, entry.octets);
}

const versions = new WeakMap<SnapshotEntry, string>();

/** A digest of all attributes and values, operational ones included; computed when it is asked for the first time. */
export function entryVersion(entry: SnapshotEntry): string {
  let version = versions.get(entry);
  if (version === undefined) {
    const hash = createHash('sha256');
    const attributes = [...entry.attributes.values()].map(({ name, values }) => ({ type: name, values }));
    runToEnd(addParts(hash, { dn: entry.dn, attributes }));
    version = hash.digest('base64');
    versions.set(entry, version);
  }
  return version;
}

function* addOctets(hash: Hash, octets: Buffer): Steps<void> {
  hash.update(`${octets.length}.`);
  for (let at = 0; at < octets.length; at += OCTETS_PER_STEP) {
    hash.update(octets.subarray(at, at + OCTETS_PER_STEP));
    if (octets.length > OCTETS_PER_STEP) yield;
  }
}

/** Each part follows its length, so no two different entries give the same bytes. */
function* addParts(hash: Hash, { dn, attributes }: UpstreamEntry): Steps<void> {
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
