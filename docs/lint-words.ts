// `npm run lint:words`: prints where files violate the word list.
//   no arguments   all files; what `npm test` checks
//   FILE…          only these files
import { readFileSync } from 'node:fs';
import { wordFiles } from './word-files.js';
import { findInFile } from './word-finder.js';

const names = process.argv.slice(2);
const lines = (names.length > 0 ? names : wordFiles()).flatMap((path) =>
  findInFile(readFileSync(path, 'utf8'), path).map(
    ({ line, text, word }) => `${path}:${line}: "${text}": write ${word.write}\n`,
  ),
);
process.stdout.write(lines.join(''));
process.exitCode = lines.length === 0 ? 0 : 1;
