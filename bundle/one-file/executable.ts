// One program for this system with Node.js in it (https://nodejs.org/api/single-executable-applications.html): a copy of this Node.js, into
// which the loader, the program and its compiled code are put.
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Parts } from './format.js';

/** Node.js looks for this mark, and runs what was put in if its last digit is 1. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

export function makeExecutable(loader: string, { source, code }: Parts, out: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'jumpgate-executable-'));
  const file = (name: string, content: string | Buffer) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  try {
    const blob = join(folder, 'blob');
    const settings = {
      main: file('jumpgate.cjs', loader),
      output: blob,
      disableExperimentalSEAWarning: true,
      assets: { source: file('source', source), code: file('code', code) },
    };
    runNode('--experimental-sea-config', file('sea.json', JSON.stringify(settings)));
    rmSync(out, { force: true });
    copyFileSync(process.execPath, out);
    chmodSync(out, 0o755);
    const postject = createRequire(import.meta.url).resolve('postject/dist/cli.js');
    runNode(postject, out, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', FUSE);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function runNode(...args: string[]): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`node ${args.join(' ')}: ${stdout}${stderr}`);
}
