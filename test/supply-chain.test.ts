// What is installed with the product, and what its own code must not do.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import t from 'tap';
import { DEMO_PACKAGES } from '../src/demo/packages.js';

interface Lock {
  readonly packages: Record<
    string,
    { dev?: boolean; hasInstallScript?: boolean; resolved?: string; integrity?: string; license?: string }
  >;
}

const read = <Type>(file: string) => JSON.parse(readFileSync(file, 'utf8')) as Type;
type Versions = Record<string, string>;
const { dependencies, peerDependencies, peerDependenciesMeta, devDependencies } = read<{
  dependencies: Versions;
  peerDependencies: Versions;
  peerDependenciesMeta: Record<string, { optional?: boolean }>;
  devDependencies: Versions;
}>('package.json');
const runtime = Object.entries(read<Lock>('package-lock.json').packages).filter(
  ([path, { dev }]) => path !== '' && dev !== true,
);

t.test('no runtime dependency runs anything at its installation, and each is pinned by a digest', async (t) => {
  t.ok(runtime.length > 20);
  for (const [path, { hasInstallScript, integrity }] of runtime) {
    t.notOk(hasInstallScript, `${path} has no install script`);
    t.match(integrity, /^sha512-/, `${path} has a digest`);
  }
});

t.test(
  'every package in a lock file has a digest, and none is fetched from elsewhere than npm’s registry',
  async (t) => {
    for (const file of ['package-lock.json', 'docs/lint/package-lock.json']) {
      const packages = Object.entries(read<Lock>(file).packages).filter(([path]) => path !== '');
      t.ok(packages.length > 100, file);
      for (const [path, { resolved, integrity }] of packages) {
        t.match(integrity, /^sha512-/, `${file}: ${path} has a digest`);
        if (resolved !== undefined) t.match(resolved, /^https:\/\/registry\.npmjs\.org\//, `${file}: ${path}`);
      }
    }
  },
);

t.test(
  'the linter of the documents is locked exactly, and none of its packages runs anything at its installation',
  async (t) => {
    const { dependencies: own } = read<{ dependencies: Versions }>('docs/lint/package.json');
    for (const [name, version] of Object.entries(own)) t.match(version, /^\d+\.\d+\.\d+$/, name);
    for (const [path, { hasInstallScript }] of Object.entries(read<Lock>('docs/lint/package-lock.json').packages))
      t.notOk(hasInstallScript, path);
  },
);

t.test('the bill of materials has every package that is installed with the product, and no other', async (t) => {
  const { status, stdout } = spawnSync('npm', ['run', '--silent', 'sbom'], { encoding: 'utf8' });
  t.equal(status, 0);
  const { metadata, components } = JSON.parse(stdout) as {
    metadata: { component: { name: string } };
    components: { name: string; version: string }[];
  };
  t.equal(metadata.component.name, 'jumpgate');
  // From the packages themselves, along what each names: not from the marks by which the list was made.
  const seen = new Map<string, string>();
  const follow = (from: string, names: readonly string[]): void => {
    for (const name of names) {
      const path = createRequire(`${from}/package.json`)
        .resolve.paths(name)!
        .map((folder) => join(folder, name));
      const found = path.find((folder) => existsSync(join(folder, 'package.json')))!;
      const { version, dependencies: own = {} } = read<{ version: string; dependencies?: Versions }>(
        join(found, 'package.json'),
      );
      if (seen.has(`${name}@${version}`)) continue;
      seen.set(`${name}@${version}`, found);
      follow(found, Object.keys(own));
    }
  };
  follow(process.cwd(), Object.keys(dependencies));
  t.same(components.map(({ name, version }) => `${name}@${version}`).sort(), [...seen.keys()].sort());
});

t.test('the image opens no port to the outside on its own: passwords would come in cleartext', async (t) => {
  const lines = readFileSync('Dockerfile', 'utf8')
    .split('\n')
    .filter((line) => !line.startsWith('#'));
  for (const line of lines) t.notMatch(line, /JUMPGATE_|EXPOSE|0\.0\.0\.0|listen\./, line);
});

t.test('every runtime dependency has its line in docs/dependencies.md, and no other has', async (t) => {
  const lines = readFileSync('docs/dependencies.md', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  const named = lines.flatMap((line) => [...line.split('|')[1]!.matchAll(/`([^`]+)`/g)].map((match) => match[1]!));
  t.same(named.sort(), Object.keys({ ...dependencies, ...peerDependencies }).sort());
});

t.test('what only the demo needs is not installed with the product, and is what the demo asks for', async (t) => {
  const names = Object.keys(peerDependencies);
  for (const name of names) {
    t.equal(peerDependenciesMeta[name]?.optional, true, name);
    t.equal(devDependencies[name], peerDependencies[name], `a clone has ${name}`);
    t.notOk(
      runtime.some(([path]) => path === `node_modules/${name}`),
      name,
    );
  }
  const asked = DEMO_PACKAGES.map((one) => [one.slice(0, one.lastIndexOf('@')), one.slice(one.lastIndexOf('@') + 1)]);
  t.same(asked.map(([name]) => name).sort(), names.sort());
  for (const [name = '', version = ''] of asked)
    t.ok(peerDependencies[name]?.replace('^', '').startsWith(version), `${name}@${version}`);
});

t.test('the product starts no other program and runs no code that was not in it', async (t) => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  for (const file of files) {
    const text = readFileSync(join('src', file), 'utf8');
    // The bundle of `serve` is run by hand: it is the same modules in one file, made by the build.
    const forbidden = file === 'start/compiled-code.ts' ? /child_process|inspector/ : /child_process|vm|inspector/;
    t.notMatch(text, new RegExp(`['"](node:)?(${forbidden.source}|worker_threads)['"]`), file);
    t.notMatch(text, /\beval\(|new Function\(|\bimport\((?!'[^']+'\))/, file);
  }
});
