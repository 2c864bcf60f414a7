// `npm run lint:words`: prints where files violate the word list.
//   no arguments   all files apart from those in words-not-clean.txt; what `npm test` checks
//   FILE…          these files, in that list or not
//   --shrink       removes the files from that list that are clean or gone
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { knownFiles, NOT_CLEAN, wordFiles } from './word-files.js';
import { findInFile } from './word-finder.js';

const found = (path: string) => findInFile(readFileSync(path, 'utf8'), path);

const names = process.argv.slice(2);
const known = knownFiles();
if (names[0] === '--shrink') {
  const left = known.filter((path) => existsSync(path) && found(path).length > 0);
  writeFileSync(NOT_CLEAN, left.map((path) => `${path}\n`).join(''));
  process.stdout.write(`${NOT_CLEAN}: ${left.length} files, ${known.length - left.length} removed\n`);
} else {
  const paths = names.length > 0 ? names : wordFiles().filter((path) => !known.includes(path));
  const lines = paths.flatMap((path) =>
    found(path).map(({ line, text, word }) => `${path}:${line}: "${text}": write ${word.write}\n`),
  );
  process.stdout.write(lines.join(''));
  process.exitCode = lines.length === 0 ? 0 : 1;
}
