// `npm run docs`: writes the documents that are made from the source.
import { readFileSync, writeFileSync } from 'node:fs';
import { reasonsPage, withTable } from './generate.js';

writeFileSync('docs/reasons.md', reasonsPage());
writeFileSync('README.md', withTable(readFileSync('README.md', 'utf8')));
