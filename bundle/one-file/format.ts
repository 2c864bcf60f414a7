// The one file: a few functions that start it, then the program, then what V8 compiled of it. Both are comments within functions, whose text the
// first ones ask for: so Node.js itself compiles next to nothing, and the file stays JavaScript that can be read, copied and sent.
import { inAscii } from '../ascii.js';

/** How the end of a comment is written within one. */
const ESCAPED = '*\u0001/';
/** In front of a part and behind it, within the function. */
const BEGIN = '/*\n';
const END = '\n*/';

/** The program's text as it is in the file: in ASCII, without an end of a comment. */
export function escaped(program: string): string {
  if (program.includes(ESCAPED)) throw new Error('the program has what stands for the end of a comment');
  return inAscii(program).replaceAll('*/', ESCAPED);
}

/** The program's text. */
export function unescaped(source: string): string {
  return source.includes(ESCAPED) ? source.replaceAll(ESCAPED, '*/') : source;
}

export interface Parts {
  /** The program, escaped. */
  readonly source: string;
  /** What V8 compiled of it, with a digest. */
  readonly code: Buffer;
}

/** Both parts were written together: a digest of the code alone tells whether it is whole. */
export const NO_SOURCE = Buffer.alloc(0);

export function joined(loader: string, { source, code }: Parts): string {
  const part = (name: string, text: string) => `function ${name}(){${BEGIN}${text}${END}}\n`;
  return `${loader.trimEnd()}\n${part('jumpgateSource', source)}${part('jumpgateCode', code.toString('base64'))}`;
}

/** The part in a function's text. */
export function partIn(text: string): string {
  return text.slice(text.indexOf(BEGIN) + BEGIN.length, text.lastIndexOf(END));
}
