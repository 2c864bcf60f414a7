// A line of progress on a terminal, for what may take a while; nothing anywhere else.
import type { CliIo } from './io.js';

/** From the beginning of the line, and what stood there is gone. */
const CLEAR = '\r\u001b[K';

export interface Progress {
  /** What is being done now. */
  step(text: string): void;
  /** Takes the line away. */
  end(): void;
}

/** On standard error, if that is a terminal. */
export function progressOn({ stderr, env }: Pick<CliIo, 'stderr' | 'env'>): Progress {
  const isShown = stderr.isTTY === true && env.TERM !== 'dumb';
  const write = (text: string) => {
    if (isShown) stderr.write(CLEAR + text);
  };
  return { step: (text) => write(`${text} …`), end: () => write('') };
}
