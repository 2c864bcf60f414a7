// Lines on their way to a file or a pipe: the first one goes at once, those that come close behind it go together.

/** Milliseconds that a line waits for others at most; where a disk or the process fails that hard, so many are lost. */
const GATHERING = 20;
/** Characters that wait at most. */
const MOST = 64 * 1024;

/**
 * Writing a line costs the system as much as making it. One line in 20 ms is written as it comes; of a thousand each has company.
 * `flush` writes what waits: to be called when the process ends.
 */
export class GatheredLines {
  private waiting = '';
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly put: (text: string) => void) {}

  write(line: string): void {
    if (this.timer === undefined) {
      this.put(line);
      // The process may end meanwhile: whoever ends it flushes.
      this.timer = setTimeout(() => this.due(), GATHERING).unref();
      return;
    }
    this.waiting += line;
    if (this.waiting.length > MOST) this.flush();
  }

  flush(): void {
    const text = this.waiting;
    this.waiting = '';
    if (text !== '') this.put(text);
  }

  /** Goes on gathering as long as lines keep coming. */
  private due(): void {
    this.timer = undefined;
    if (this.waiting === '') return;
    this.flush();
    this.timer = setTimeout(() => this.due(), GATHERING).unref();
  }
}
