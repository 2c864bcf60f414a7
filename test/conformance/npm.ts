// The clients of npm: fetched at the versions of node/package-lock.json into the cache.
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder, need } from './packages.js';

/** The path of one of the programs of `node/`, in a folder of the cache with the locked packages. */
export async function npmProgram(program: string): Promise<string> {
  const folder = cacheFolder('node');
  for (const name of ['package.json', 'package-lock.json', program])
    copyFileSync(fileURLToPath(new URL(`./node/${name}`, import.meta.url)), join(folder, name));
  await need('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'], { cwd: folder });
  return join(folder, program);
}
