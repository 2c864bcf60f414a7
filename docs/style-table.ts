// The word list as docs/style.md shows it.
import { WORDS } from './words.js';

const BEGIN = '<!-- words: made by npm run docs from docs/words.ts -->';
const END = '<!-- end of words -->';

/** docs/style.md with its table as the word list has it. Throws an Error where the page has no place for it. */
export function withWords(page: string): string {
  const start = page.indexOf(BEGIN);
  const stop = page.indexOf(END);
  if (start < 0 || stop < start) throw new Error('docs/style.md has no place for the word list');
  const rows = WORDS.map(({ write, not }) => `| ${write} | ${not} |`);
  return `${page.slice(0, start)}${BEGIN}\n${['| Write | Not |', '| --- | --- |', ...rows].join('\n')}\n${page.slice(stop)}`;
}
