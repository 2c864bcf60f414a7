// What a log line says of something that was thrown, whatever it is.
import { printable } from './printable.js';

/** Lines of a stack at most. */
const MOST_FRAMES = 20;

export interface DefectFields {
  readonly 'error.message': string;
  readonly 'error.stack'?: readonly string[];
}

/** Characters of a kind of defect at most. */
const LONGEST_KEY = 256;

/**
 * What makes two defects the same for a reader: the error's name and where it was thrown. Not its message, which may hold what a client has
 * sent, even if the stack repeats it. Never throws.
 */
export function defectKey(error: unknown): string {
  try {
    if (!(error instanceof Error)) return 'not an Error';
    const frame = /^ {4}at .*$/m.exec(framesOf(error))?.[0] ?? '';
    return printable(`${error.name}${frame.replace(/^ +/, ' ')}`.slice(0, LONGEST_KEY));
  } catch {
    return 'not an Error';
  }
}

/** The stack behind the message. */
function framesOf({ stack, message }: Error): string {
  const text = String(stack ?? '');
  const at = text.indexOf(message);
  // In the first line, or it is not the message that the stack was made with.
  return at < 0 || text.lastIndexOf('\n', at) >= 0 ? text : text.slice(at + message.length);
}

/** Never throws: not every value that is thrown can be turned into text. */
export function defectFields(error: unknown): DefectFields {
  try {
    if (!(error instanceof Error)) return { 'error.message': printable(`not an Error: ${String(error)}`) };
    const frames = framesOf(error)
      .split('\n')
      .filter((line) => line.startsWith('    at '));
    return {
      'error.message': printable(`${error.name}: ${error.message}`),
      'error.stack': frames.slice(0, MOST_FRAMES).map((frame) => printable(frame.trim())),
    };
  } catch {
    return { 'error.message': 'not an Error, and cannot be turned into text' };
  }
}
