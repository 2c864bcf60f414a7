// Memory that answers of all connections are written into, one behind the other, and that is used again when the system has taken them:
// making Buffers costs more than filling them, and the garbage collector looks through everything when much of such memory comes and goes.

const SIZE = 256 * 1024;
/** Blocks that wait to be used again at most. */
const MOST_FREE = 32;

/** A piece of memory, written to from front to back. */
export class Block {
  readonly memory = Buffer.allocUnsafeSlow(SIZE);
  used = 0;
  /** The number of users of its contents: the pool while it fills it, and each write under way. */
  private holders = 1;

  constructor(private readonly free: (block: Block) => void) {}

  /** It is not used again before `release` was called as well. */
  hold(): void {
    this.holders++;
  }

  /** Must be called when a write is done. After a failed write the memory may still be in use, so it is never used again. */
  readonly release = (error?: Error | null): void => {
    if (error !== undefined && error !== null) this.holders = Number.POSITIVE_INFINITY;
    else if (--this.holders === 0) this.free(this);
  };

  again(): void {
    this.used = 0;
    this.holders = 1;
  }
}

/** A pool of 256 KiB blocks that all connections write responses into. A block is reused once its last write has completed. */
export class BufferPool {
  private readonly free: Block[] = [];
  private readonly giveBack = (block: Block) => {
    if (this.free.length < MOST_FREE) this.free.push(block);
  };
  /** The one that is being filled. */
  block = new Block(this.giveBack);

  /** Where in `block` this number of bytes is free, 256 KiB at most; `block` may be another one afterwards. */
  reserve(octets: number): number {
    if (this.block.used + octets > SIZE) this.next();
    const at = this.block.used;
    this.block.used += octets;
    return at;
  }

  private next(): void {
    const full = this.block;
    const next = this.free.pop();
    next?.again();
    this.block = next ?? new Block(this.giveBack);
    full.release();
  }
}
