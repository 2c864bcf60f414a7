// Lines on their way to an output that may be slow, full or gone: a bounded number of bytes waits, and what is lost is counted and reported.
import type { Output } from './output.js';

/** The most bytes that wait, those that are being written included. */
export const MOST_WAITING = 1024 * 1024;
/** Milliseconds from a write that failed to the next one. */
const AGAIN = 1000;

interface Chunk {
  readonly octets: Buffer;
  readonly lines: number;
  /** Lost lines that this chunk reports: lost still if it fails. */
  readonly reported: number;
}

/**
 * Hands lines to the output, one write at a time. Beyond `MOST_WAITING` bytes lines are dropped, until half of that is written; a write that
 * fails loses its lines (a part of them may have been written), and the next one is tried a second later. As soon as lines are taken again,
 * one line says how many were lost. Never throws, never waits.
 */
export class BoundedWriter {
  /** Lines since the start that were not written. */
  lost = 0;
  private unreported = 0;
  private queue: Chunk[] = [];
  private waiting = 0;
  private underWay: Chunk | undefined;
  private isDropping = false;
  private retry: NodeJS.Timeout | undefined;
  private whenIdle: (() => void)[] = [];

  constructor(
    private readonly output: Output,
    /** The line, with its line end, that reports the number of lost lines. */
    private readonly report: (lost: number) => string,
  ) {}

  /** `text` consists of `lines` whole lines. */
  write(text: string, lines: number): void {
    const octets = Buffer.from(text, 'utf8');
    if (!this.hasRoom(octets.length, lines)) return;
    this.add({ octets, lines, reported: 0 });
    this.next();
  }

  /** The first `length` bytes of `memory` are `lines` whole lines; what has to wait is copied. */
  writeOctets(memory: Buffer, length: number, lines: number): void {
    if (!this.hasRoom(length, lines)) return;
    const octets = Buffer.allocUnsafe(length);
    memory.copy(octets, 0, 0, length);
    this.add({ octets, lines, reported: 0 });
    this.next();
  }

  /** Lines that never became text. */
  lose(lines: number): void {
    this.lost += lines;
    this.unreported += lines;
  }

  /** At the end of the process: hands over what waits, without waiting. */
  flush(): void {
    if (this.queue.length === 0) return;
    const { octets } = joined(this.queue);
    this.queue = [];
    this.waiting -= octets.length;
    this.output.writeNow(octets);
  }

  /** Resolves with true as soon as nothing waits any more, with false if something does after `time` ms or the output fails. */
  drained(time: number): Promise<boolean> {
    return new Promise((resolve) => {
      if (this.isIdle || this.retry !== undefined) return resolve(this.isIdle);
      const late = setTimeout(resolve, time, false);
      this.whenIdle.push(() => {
        clearTimeout(late);
        resolve(this.isIdle);
      });
    });
  }

  /** False: the lines are lost. */
  private hasRoom(length: number, lines: number): boolean {
    if (!this.isDropping && this.waiting + length <= MOST_WAITING) return true;
    this.isDropping = true;
    this.lose(lines);
    return false;
  }

  private get isIdle(): boolean {
    return this.waiting === 0;
  }

  private add(chunk: Chunk): void {
    this.queue.push(chunk);
    this.waiting += chunk.octets.length;
  }

  private next(): void {
    if (this.underWay !== undefined || this.retry !== undefined || this.queue.length === 0) return;
    const chunk = joined(this.queue);
    this.queue = [];
    this.underWay = chunk;
    this.output.write(chunk.octets, (error) => this.written(chunk, error));
  }

  private written({ octets, lines, reported }: Chunk, error: Error | undefined): void {
    this.underWay = undefined;
    this.waiting -= octets.length;
    if (error === undefined) {
      this.resume();
      this.next();
    } else {
      this.lose(lines);
      this.unreported += reported;
      this.retry = setTimeout(() => this.tryAgain(), AGAIN).unref();
    }
    if (!this.isIdle && error === undefined) return;
    for (const idle of this.whenIdle) idle();
    this.whenIdle = [];
  }

  /** Lines are taken again from half of the bound on, after one that says what is missing between them and those before. */
  private resume(): void {
    if (this.isDropping && this.waiting > MOST_WAITING / 2) return;
    this.isDropping = false;
    if (this.unreported > 0) this.add(this.reportChunk());
  }

  /** What is missing comes before what waits since. */
  private tryAgain(): void {
    this.retry = undefined;
    const chunk = this.reportChunk();
    this.queue.unshift(chunk);
    this.waiting += chunk.octets.length;
    this.next();
  }

  private reportChunk(): Chunk {
    const reported = this.unreported;
    this.unreported = 0;
    return { octets: Buffer.from(this.report(reported), 'utf8'), lines: 0, reported };
  }
}

function joined(chunks: readonly Chunk[]): Chunk {
  const [only] = chunks;
  if (chunks.length === 1 && only !== undefined) return only;
  return {
    octets: Buffer.concat(chunks.map(({ octets }) => octets)),
    lines: chunks.reduce((sum, { lines }) => sum + lines, 0),
    reported: chunks.reduce((sum, { reported }) => sum + reported, 0),
  };
}
