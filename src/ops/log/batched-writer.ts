// Lines on their way to a file or a pipe: the first one goes at once, those that come close behind it go together.

/** Milliseconds that a line waits for others at most; where a disk or the process fails that hard, so many are lost. */
const GATHERING = 20;
/** Characters that wait at most. */
const MOST = 64 * 1024;

/**
 * Writing a line costs the system as much as making it. One line in 20 ms is written as it comes; of a thousand each has company.
 * `flush` writes what waits: to be called when the process ends.
 */
export class BatchedWriter {
  private waiting = '';
  private count = 0;
  private timer: NodeJS.Timeout | undefined;

  /** `put` is handed whole lines and how many they are; it does not throw. */
  constructor(private readonly put: (text: string, lines: number) => void) {}

  write(line: string): void {
    if (this.timer === undefined) {
      this.put(line, 1);
      // The process may end meanwhile: whoever ends it flushes.
      this.timer = setTimeout(() => this.due(), GATHERING).unref();
      return;
    }
    this.waiting += line;
    this.count++;
    if (this.waiting.length > MOST) this.flush();
  }

  flush(): void {
    const { waiting, count } = this;
    this.waiting = '';
    this.count = 0;
    if (count > 0) this.put(waiting, count);
  }

  /** Goes on gathering as long as lines keep coming. */
  private due(): void {
    this.timer = undefined;
    if (this.count === 0) return;
    this.flush();
    this.timer = setTimeout(() => this.due(), GATHERING).unref();
  }
}
