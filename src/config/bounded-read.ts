// Reads a file that a configuration names, whatever it is: a pipe that nobody writes into or an endless device stops no start and no reload.
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** Bytes of a file at most: a list of 100,000 accounts with hashed passwords has as many. */
export const MOST = 16 * 1024 * 1024;
/** Milliseconds that the first bytes of a pipe are waited for: `--config <(op inject …)` asks a server before it writes. */
export const PATIENCE = 10_000;

/** Bytes to begin with where no size is known, and milliseconds from one look at a pipe to the next. */
const FIRST = 64 * 1024;
const AGAIN = 10;

/**
 * All bytes of a file. `patience`: milliseconds for which a pipe is waited for; 0: what is there now. Throws the system's error, or one with
 * the code EFBIG for more than MOST bytes, or ETIMEDOUT for a pipe from which too little came.
 */
export function readBounded(file: string, patience: number): Buffer {
  // Without O_NONBLOCK, opening a pipe waits for a writer.
  const descriptor = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    return readOpen(descriptor, performance.now() + patience);
  } finally {
    closeSync(descriptor);
  }
}

function readOpen(descriptor: number, late: number): Buffer {
  const stat = fstatSync(descriptor);
  let octets: Buffer = Buffer.alloc(stat.isFile() ? Math.min(stat.size, MOST) + 1 : FIRST);
  let length = 0;
  for (;;) {
    const got = readNow(descriptor, octets.subarray(length));
    // A pipe without a byte and without a writer: one may come.
    if (got === 0 && (length > 0 || !stat.isFIFO())) return octets.subarray(0, length);
    length += got ?? 0;
    if (length > MOST) throw fault('EFBIG');
    if (length === octets.length) octets = grown(octets);
    if (got !== undefined && got > 0) continue;
    if (performance.now() >= late) throw fault('ETIMEDOUT');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, AGAIN);
  }
}

/** The number of bytes read, 0 at the end; undefined: nothing has come yet. */
function readNow(descriptor: number, into: Buffer): number | undefined {
  try {
    return readSync(descriptor, into);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return undefined;
    throw error;
  }
}

/** Twice as large. A secret may be in the old one. */
function grown(octets: Buffer): Buffer {
  const larger = Buffer.alloc(Math.min(octets.length * 2, MOST + 1));
  octets.copy(larger);
  octets.fill(0);
  return larger;
}

function fault(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code });
}
