// What an entry looks like, in a few octets: two of one account differ where anything of it has changed in the directory.
import { hash } from 'node:crypto';
import type { SnapshotEntry } from './entry.js';

const versions = new WeakMap<SnapshotEntry, string>();

/** A digest of all attributes and values, operational ones included; computed when it is asked for the first time. */
export function entryVersion(entry: SnapshotEntry): string {
  let version = versions.get(entry);
  if (version === undefined) {
    version = hash('sha256', Buffer.concat([...partsOf(entry)]), 'base64');
    versions.set(entry, version);
  }
  return version;
}

/** Each part behind its length: none can run into the next. */
function* partsOf({ dn, attributes }: SnapshotEntry): Generator<Buffer> {
  yield* framed(Buffer.from(dn));
  for (const { name, values } of attributes.values()) {
    yield* framed(Buffer.from(`${values.length} ${name}`));
    for (const value of values) yield* framed(value);
  }
}

function* framed(part: Buffer): Generator<Buffer> {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(part.length);
  yield length;
  yield part;
}
