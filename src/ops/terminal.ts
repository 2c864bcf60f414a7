// Text for a terminal: the symbols and colours that all commands share, its width, and lines that break between words.
import { styleText } from 'node:util';
import type { Outcome } from '../gate/explain/reasons.js';

export type Colour = 'bold' | 'dim' | 'green' | 'red' | 'yellow';
/** Colours text, or leaves it as it is. */
export type Paint = (colour: Colour, text: string) => string;

/** What each symbol means, in every command. */
export const SYMBOLS = { ok: '✓', warning: '!', failed: '✗', skipped: '-', remedy: '→', running: '…' } as const;

/** The colour of how an operation ended, in every command and in the pretty log. */
export const OUTCOME_COLOURS: Readonly<Record<Outcome, Colour>> = { done: 'green', refused: 'yellow', failed: 'red' };

/** Columns. On a narrower terminal the terminal itself breaks lines; longer lines are hard to follow with the eye. */
const NARROWEST = 80;
const WIDEST = 200;

/** A stream that may be a terminal: standard output, as a command has it. */
export interface Screen {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** How text is shown on one stream. */
export interface Terminal {
  readonly paint: Paint;
  /** The lines of `text`, broken between words at the current width; unchanged if the stream is not a terminal. `hang`: see `wrap`. */
  fit(text: string, hang?: number): string;
}

/** Reads the environment once and the stream's width at each `fit`. */
export function terminalOf(stream: Screen, env: NodeJS.ProcessEnv): Terminal {
  const hasColours = wantsColours(stream, env);
  return {
    // Node's own look at the stream is at the process's, which is not always ours.
    paint: (colour, text) => (hasColours ? styleText(colour, text, { validateStream: false }) : text),
    fit: (text, hang) => wrap(text, widthOf(stream, env), hang),
  };
}

/**
 * FORCE_COLOR decides before all else (`0` and `false`: no), as in Node.js. Otherwise colours are for a terminal that is not dumb, unless NO_COLOR
 * is set (https://no-color.org).
 */
export function wantsColours({ isTTY }: Screen, env: NodeJS.ProcessEnv): boolean {
  const { FORCE_COLOR: forced, NO_COLOR: refused = '', TERM: kind } = env;
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return isTTY === true && refused === '' && kind !== 'dumb';
}

/** Columns for text: COLUMNS, else the terminal's, from 80 to 200; infinite if the stream is not a terminal. */
export function widthOf({ isTTY, columns = NARROWEST }: Screen, { COLUMNS = '' }: NodeJS.ProcessEnv): number {
  if (isTTY !== true) return Number.POSITIVE_INFINITY;
  const wanted = /^[1-9][0-9]{0,4}$/.test(COLUMNS) ? Number(COLUMNS) : columns;
  return Math.min(WIDEST, Math.max(NARROWEST, wanted));
}

/**
 * Breaks each line between words, so that none has more than `width` columns, except for longer words, which can be copied whole.
 * Continuation lines begin at column `hang`; unless given, where the text of a row begins behind its label, else two further in than the line.
 */
export function wrap(text: string, width: number, hang?: number): string {
  if (width === Number.POSITIVE_INFINITY) return text;
  return text
    .split('\n')
    .map((line) => wrapLine(line, width, hang ?? hangOf(line)))
    .join('\n');
}

function wrapLine(line: string, width: number, hang: number): string {
  if (columnsOf(line) <= width) return line;
  const indent = ' '.repeat(hang);
  let done = '';
  let current = '';
  let gap = '';
  for (const part of line.match(/ +|[^ ]+/g) ?? []) {
    if (part.startsWith(' ')) {
      gap = part;
      continue;
    }
    const isFirst = current.trim() === '';
    if (isFirst || columnsOf(current + gap + part) <= width) current += gap + part;
    else {
      done += `${current}\n`;
      current = indent + part;
    }
    gap = '';
  }
  return done + current;
}

/** A row is a label of up to two words, then two spaces or more, then its text; the label ends within this number of columns. */
const LONGEST_LABEL = 24;

function hangOf(line: string): number {
  const plain = withoutStyle(line);
  const [, label = ''] = /^( *[^ ]+(?: [^ ]+)? {2,})[^ ]/.exec(plain) ?? [];
  if (label !== '' && columnsOf(label) <= LONGEST_LABEL) return columnsOf(label);
  return plain.length - plain.trimStart().length + 2;
}

const STYLE = /\u001b\[[0-9;]*m/g;
/** Takes no column: combining marks and formatting characters. */
const NO_COLUMN = /[\p{Mn}\p{Me}\p{Cf}]/gu;
/** Takes two: East Asian wide characters and emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]|\p{Emoji_Presentation}/gu;

function withoutStyle(text: string): string {
  return text.replace(STYLE, '');
}

/** The columns that a line takes on a terminal; styles take none. */
export function columnsOf(line: string): number {
  const shown = withoutStyle(line).replace(NO_COLUMN, '');
  return [...shown].length + (shown.match(WIDE)?.length ?? 0);
}
