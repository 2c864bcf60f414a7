// `npm run lint:words`: prints where the files given violate the word list; without files, all of them.
import { readFileSync } from 'node:fs';
import { wordFiles } from './word-files.js';
import { findInFile } from './word-finder.js';

const paths = process.argv.length > 2 ? process.argv.slice(2) : wordFiles();
let count = 0;
for (const path of paths)
  for (const { line, text, word } of findInFile(readFileSync(path, 'utf8'), path)) {
    count++;
    process.stdout.write(`${path}:${line}: "${text}": write ${word.write}\n`);
  }
process.exitCode = count === 0 ? 0 : 1;
