// Lines on their way to a file or a pipe: the first one goes immediately, those that follow soon go together.
import { LineOctets } from './line-octets.js';

/** The most milliseconds that a line waits for others; if the disk or the process dies, this much is lost. */
const GATHERING = 20;
/** The most bytes that wait. */
const MOST = 64 * 1024;
/** Bytes that one more line may have; a longer one goes on its own. */
const LONGEST = 64 * 1024;

/**
 * Writing a line costs the system as much as making it. One line in 20 ms is written as it comes; of a thousand each has company.
 * `flush` writes what waits: to be called when the process ends.
 */
export class BatchedWriter {
  /** What waits. Callers that append a whole line call `added` before anything else. */
  readonly waiting = new LineOctets(MOST + LONGEST);
  private count = 0;
  private timer: NodeJS.Timeout | undefined;

  /** `put` receives whole lines, the first `length` bytes of a memory that it may not keep; it does not throw. */
  constructor(private readonly put: (memory: Buffer, length: number, lines: number) => void) {}

  write(line: string): void {
    if (this.waiting.append(line)) return this.added();
    this.flush();
    const octets = Buffer.from(line, 'utf8');
    this.put(octets, octets.length, 1);
  }

  added(): void {
    this.count++;
    if (this.timer === undefined) {
      this.flush();
      // The process may end meanwhile: the code that ends it flushes.
      this.timer = setTimeout(() => this.due(), GATHERING).unref();
    } else if (this.waiting.length > MOST) this.flush();
  }

  flush(): void {
    const { waiting, count } = this;
    if (count === 0) return;
    const { memory, length } = waiting;
    waiting.length = 0;
    this.count = 0;
    this.put(memory, length, count);
  }

  /** Goes on gathering as long as lines keep coming. */
  private due(): void {
    this.timer = undefined;
    if (this.count === 0) return;
    this.flush();
    this.timer = setTimeout(() => this.due(), GATHERING).unref();
  }
}
