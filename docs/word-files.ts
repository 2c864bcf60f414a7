// The files that the word list applies to.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Documents. Paths from the root, sorted. */
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

/** All of them. None may violate the list. */
export const wordFiles = (): string[] => [...documentFiles(), ...sourceFiles()];
