// What a program in one file cannot read from files beside it: its version, and yargs' words in other languages.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import type { Plugin } from 'esbuild';

const require = createRequire(import.meta.url);

/** `src/version.ts` with the version in it. */
export const versionInside = (version: string): Plugin => ({
  name: 'version-inside',
  setup: ({ onLoad }) => {
    onLoad({ filter: /\/src\/version\.ts$/ }, () => ({
      contents: `export const version = ${JSON.stringify(version)};`,
    }));
  },
});

/** yargs reads its words through y18n, and y18n through this module. */
const Y18N_FILES = /\/y18n\/build\/lib\/platform-shims\/node\.js$/;

export const wordsInside: Plugin = {
  name: 'words-inside',
  setup: ({ onLoad, onEnd }) => {
    let isReplaced = false;
    onLoad({ filter: Y18N_FILES }, () => {
      isReplaced = true;
      return { contents: filesInMemory(localesOfYargs()), loader: 'js' };
    });
    onEnd(() => (isReplaced ? {} : { errors: [{ text: 'y18n reads its files by another module now' }] }));
  },
};

function localesOfYargs(): Record<string, string> {
  const folder = join(dirname(require.resolve('yargs/package.json')), 'locales');
  return Object.fromEntries(
    readdirSync(folder).map((file) => {
      const words: unknown = JSON.parse(readFileSync(join(folder, file), 'utf8'));
      return [basename(file), JSON.stringify(words)];
    }),
  );
}

const filesInMemory = (files: Record<string, string>) => `
import { basename, resolve } from 'node:path';
import { format } from 'node:util';
const files = ${JSON.stringify(files)};
const exists = (file) => Object.hasOwn(files, basename(file));
const readFileSync = (file) => {
  if (exists(file)) return files[basename(file)];
  throw Object.assign(new Error(file), { code: 'ENOENT' });
};
export default { fs: { readFileSync, writeFile: () => {} }, format, resolve, exists };
`;
