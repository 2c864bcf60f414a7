// `npm run sbom`: a bill of materials (CycloneDX) of what an installation has. npm's own `sbom --omit=dev` leaves out what development needs too, so it is
// asked in a folder where nothing of development is named.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Package {
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly optional?: boolean;
}

const read = (name: string) =>
  JSON.parse(readFileSync(fileURLToPath(new URL(`../${name}`, import.meta.url)), 'utf8')) as Record<string, unknown>;

/** Without what only development needs. */
function released<Named extends Record<string, unknown>>(named: Named): Named {
  const {
    devDependencies: _dev,
    peerDependencies: _peer,
    peerDependenciesMeta: _meta,
    scripts: _scripts,
    ...rest
  } = named;
  return rest as Named;
}

const lock = read('package-lock.json');
const all = Object.entries(lock.packages as Record<string, Package & Record<string, unknown>>);
const packages = Object.fromEntries(
  all
    .filter(([, { dev, devOptional, optional }]) => dev !== true && devOptional !== true && optional !== true)
    .map(([path, one]) => [path, path === '' ? released(one) : one]),
);
const temporary = mkdtempSync(join(tmpdir(), 'jumpgate-sbom-'));
// npm takes the folder's name for the program's.
const folder = join(temporary, 'jumpgate');
try {
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), JSON.stringify(released(read('package.json'))));
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ ...lock, packages }));
  const words = ['sbom', '--package-lock-only', '--sbom-format=cyclonedx', '--sbom-type=application'];
  const { status } = spawnSync('npm', words, { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] });
  process.exitCode = status ?? 1;
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
