// TypeScript to JavaScript once for a whole run, file by file: a process without a loader starts in half of the time.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

/** Where the compiled files are, each at the path of its source. Short, because sockets in the folders of tests have long paths. */
export const COMPILED = '.tap/js';
const FOLDERS = ['src', 'test', 'bench', 'fuzz', 'docs', 'bundle', 'deploy'];

/** A module keeps the address of its source: what it finds by it (data, programs that it starts) is there, and not beside the compiled file. */
const keepAddress: Plugin = {
  name: 'keep-address',
  setup: ({ onLoad }) => {
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const contents = readFileSync(path, 'utf8').replace(
        /(?<!')\bimport\.meta\.url\b/g,
        `'${pathToFileURL(path).href}'`,
      );
      return { contents, loader: 'ts' };
    });
  },
};

/**
 * Compiles all of the repository's TypeScript into `COMPILED`. Files that are there unchanged are left, so two suites may run at the same time.
 *
 * @throws where esbuild cannot read a file; it has written what is wrong to stderr
 */
export async function compile(root: string): Promise<void> {
  const outdir = join(root, COMPILED);
  const sources = FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts') && !file.includes('node_modules'))
      .map((file) => join(folder, file)),
  );
  const { outputFiles } = await build({
    entryPoints: sources.map((file) => join(root, file)),
    outdir,
    outbase: root,
    absWorkingDir: root,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    sourcemap: 'inline',
    sourcesContent: false,
    plugins: [keepAddress],
    logLevel: 'warning',
    write: false,
  });
  const written = new Map(outputFiles.map(({ path, text }) => [path, text]));
  written.set(join(outdir, 'package.json'), '{ "type": "module" }\n');
  mkdirSync(outdir, { recursive: true });
  // What has no source any more: an import of it must fail.
  for (const entry of readdirSync(outdir, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !written.has(path)) rmSync(path);
  }
  for (const [path, text] of written) {
    if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}
