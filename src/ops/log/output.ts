// Where text goes: a pipe or socket that Node writes without waiting, or a descriptor whose writes would hold the event loop.
import { write, writeSync } from 'node:fs';
import { Socket } from 'node:net';

/** Takes one write at a time. Neither throws. */
export interface Output {
  /** `done` is called once and never inside the call: without an error when all bytes are written. */
  write(octets: Buffer, done: (error?: Error) => void): void;
  /** Writes as much as it can without waiting, for the end of the process; errors are ignored. */
  writeNow(octets: Buffer): void;
}

/** Milliseconds until a descriptor that takes nothing now is tried again. */
const AGAIN = 50;

/**
 * The output behind a stream such as `process.stdout`. Node writes pipes and sockets asynchronously; files and terminals synchronously, so
 * that a stopped terminal (Ctrl-S, or a container runtime that no longer reads it) would stop the process: these are written by a thread.
 */
export function outputOf(stream: NodeJS.WritableStream): Output {
  const { fd, isTTY } = stream as { fd?: unknown; isTTY?: boolean };
  const isSynchronous = typeof fd === 'number' && (isTTY === true || !(stream instanceof Socket));
  return isSynchronous ? new DescriptorOutput(fd) : new StreamOutput(stream);
}

/** Streams whose errors are caught. */
const WATCHED = new WeakSet<NodeJS.WritableStream>();

class StreamOutput implements Output {
  constructor(private readonly stream: NodeJS.WritableStream) {
    // Each error comes to the callback of its write, too. Once for a stream: a program may write the logs of many to one.
    if (WATCHED.has(stream)) return;
    WATCHED.add(stream);
    stream.on('error', () => {});
  }

  write(octets: Buffer, done: (error?: Error) => void): void {
    try {
      this.stream.write(octets, (error) => done(error ?? undefined));
    } catch (error) {
      setImmediate(done, error as Error);
    }
  }

  writeNow(octets: Buffer): void {
    try {
      this.stream.write(octets, () => {});
    } catch {}
  }
}

class DescriptorOutput implements Output {
  /** A line was written in part: the next one begins on a line of its own. */
  private isTorn = false;

  constructor(private readonly fd: number) {}

  write(octets: Buffer, done: (error?: Error) => void): void {
    const all = this.isTorn ? Buffer.concat([Buffer.from('\n'), octets]) : octets;
    const rest = (at: number) => {
      write(this.fd, all, at, all.length - at, null, (error, written) => {
        // A terminal whose descriptor somebody else has set to non-blocking.
        if (error?.code === 'EAGAIN') setTimeout(rest, AGAIN, at).unref();
        else if (error !== null) {
          this.isTorn ||= at > 0;
          done(error);
        } else if (at + written < all.length) rest(at + written);
        else {
          this.isTorn = false;
          done();
        }
      });
    };
    rest(0);
  }

  writeNow(octets: Buffer): void {
    try {
      for (let at = 0; at < octets.length; ) at += writeSync(this.fd, octets, at);
    } catch {}
  }
}
