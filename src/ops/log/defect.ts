// What a log line says of something that was thrown, whatever it is.
import { printable } from './printable.js';

/** Lines of a stack at most. */
const MOST_FRAMES = 20;

export interface DefectFields {
  readonly 'error.message': string;
  readonly 'error.stack'?: readonly string[];
}

/** Never throws: not every value that is thrown can be turned into text. */
export function defectFields(error: unknown): DefectFields {
  try {
    if (!(error instanceof Error)) return { 'error.message': printable(`not an Error: ${String(error)}`) };
    const frames = String(error.stack ?? '')
      .split('\n')
      .filter((line) => line.startsWith('    at '));
    return {
      'error.message': printable(`${error.name}: ${error.message}`),
      'error.stack': frames.slice(0, MOST_FRAMES).map((frame) => printable(frame.trim())),
    };
  } catch {
    return { 'error.message': 'not an Error, and not to be turned into text' };
  }
}
