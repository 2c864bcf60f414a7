// Colours, on a terminal that wants them.
import { styleText } from 'node:util';
import type { Paint } from '../ops/explain/explain-text.js';
import type { CliIo } from './io.js';

/** Colours for standard output: none where it is no terminal or a dumb one, or where NO_COLOR is set (https://no-color.org). */
export function paintFor({ stdout, env }: Pick<CliIo, 'stdout' | 'env'>): Paint {
  // Node's own look at the stream is at the process's, which is not always ours.
  const isWanted = stdout.isTTY === true && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb';
  return (style, text) => (isWanted ? styleText(style, text, { validateStream: false }) : text);
}
