// The files that the word list applies to.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Documents: none of them may violate the list. */
export function documentFiles(): string[] {
  const pages = readdirSync('docs').filter((name) => /\.(md|1)$/.test(name));
  return ['CHANGELOG.md', 'CONTRIBUTING.md', 'README.md', 'SECURITY.md', ...pages.map((name) => `docs/${name}`)].sort();
}

const FOLDERS = ['bench', 'bundle', 'config', 'deploy', 'docs', 'fuzz', 'src', 'test'];

/** Sources: their comments and texts. Paths from the root, sorted. */
export function sourceFiles(): string[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  )
    .filter(
      (path) =>
        /\.(ts|ya?ml)$/.test(path) &&
        !/(^|\/)(node_modules|data|charts)\/|^(docs\/words|test\/docs\/words\.test)\.ts$/.test(path),
    )
    .sort();
}

/** Both. */
export const wordFiles = (): string[] => [...documentFiles(), ...sourceFiles()];

/** Where the sources are listed that still violate the word list. */
export const NOT_CLEAN = 'test/docs/words-not-clean.txt';

/** Those sources, as the list has them. */
export const knownFiles = (): string[] => readFileSync(NOT_CLEAN, 'utf8').split('\n').filter(Boolean);
