// Lines about the reader's own account in JumpCloud's console.
import type { Logger } from './log.js';
import { printable } from './printable.js';

/** Characters: a remedy has the reader's name in it. */
const LONGEST_REMEDY = 1000;

/** What is wrong with it, a line each; none: it is in order again. */
export function logReader(
  log: Logger,
  reader: string,
  faults: readonly { readonly kind: string; readonly text: string; readonly remedy: string }[],
): void {
  const name = { 'user.name': printable(reader) };
  if (faults.length === 0) log.info(name, 'JumpCloud: the reader’s account can be used again');
  for (const { kind, text, remedy } of faults)
    log.warn(
      { ...name, 'reader.fault': kind, remedy: printable(remedy, LONGEST_REMEDY) },
      `JumpCloud: ${printable(text)}`,
    );
}
