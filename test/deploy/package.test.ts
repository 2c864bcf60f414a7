// The npm package: packed from a clean copy, installed into an empty place, and tried there.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import t from 'tap';
import { declarations } from '../../bundle/declarations.js';
import { DEMO_PACKAGES } from '../../src/demo/packages.js';
import { EXAMPLES } from '../support/examples.js';
import { emptyFolder, PATH, type Program, runIn, tryCommands, tryDemo, version } from './try-installed.js';

type Versions = Readonly<Record<string, string>>;
interface About {
  readonly private?: boolean;
  readonly scripts?: Versions;
  readonly bin?: Versions;
}
const read = <Type>(file: string) => JSON.parse(readFileSync(file, 'utf8')) as Type;

/** What npm needs beside the PATH: its cache, and where its registry and certificates are configured. `-g --prefix` hides a global npmrc. */
const { NODE_EXTRA_CA_CERTS } = process.env;
const NPM_ENV = { HOME: homedir(), ...(NODE_EXTRA_CA_CERTS !== undefined && { NODE_EXTRA_CA_CERTS }) };
const NPM_ARGS = ['--prefer-offline'];

const folder = emptyFolder(t);
const clone = join(folder, 'clone');
const LEFT_OUT = ['node_modules', 'dist', 'release', '.git', '.tap', 'coverage', 'api'];
cpSync('.', clone, { recursive: true, filter: (file) => !LEFT_OUT.includes(basename(file)) });
symlinkSync(join(process.cwd(), 'node_modules'), join(clone, 'node_modules'));
// Of an earlier build: not to be packed.
mkdirSync(join(clone, 'dist/cli'), { recursive: true });
cpSync('LICENSE', join(clone, 'dist/cli/removed-long-ago.js'));
const packing = await runIn(clone, ['npm'], ['pack', '--json', '--pack-destination', folder], NPM_ENV);
const [packed] = JSON.parse(packing.out || '[]') as { filename: string; size: number; files: { path: string }[] }[];
if (packed === undefined) throw new Error(packing.err);
const tarball = join(folder, packed.filename);
const paths = packed.files.map(({ path }) => path);

const filesIn = (place: string) =>
  readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));

t.test('it has the built program, examples, documentation, and nothing else', async (t) => {
  const built = filesIn('src').map((file) => file.replace(/^src/, 'dist').replace(/\.ts$/, '.js'));
  const documents = readdirSync('docs').filter((name) => /\.(md|png|1)$/.test(name));
  const expected = [
    ...built,
    'dist/serve.cjs',
    'dist/serve.code',
    ...[...declarations(process.cwd()).keys()].map((file) => `dist/${file}`),
    ...filesIn('config'),
    ...documents.map((name) => `docs/${name}`),
    ...filesIn('docs/schemas'),
    ...['README.md', 'CHANGELOG.md', 'SECURITY.md', 'LICENSE', 'package.json'],
  ];
  t.same(paths.toSorted(), expected.toSorted());
  t.ok(packed.size < 2.5e6, `${packed.size} bytes`);
  t.notMatch(packing.err, /warn|error/i, 'npm warns of nothing');
});

/** Installs with npm; it may warn of nothing. */
async function install(t: Test, cwd: string, ...args: string[]): Promise<void> {
  const { code, out, err } = await runIn(cwd, ['npm'], ['install', ...NPM_ARGS, ...args], NPM_ENV);
  t.equal(code, 0, err);
  t.notMatch(`${out}${err}`, /warn|error|deprecated|vulnerab/i, 'npm warns of nothing');
}
type Test = Parameters<typeof emptyFolder>[0];

/** Every package below a folder, by its own folder. */
const packagesBelow = (place: string) =>
  filesIn(place)
    .map((file) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/package\.json$)/.exec(file)?.[0])
    .filter((one) => one !== undefined);

t.test('npm install -g puts it on the PATH, without anything that runs at its installation', async (t) => {
  const place = emptyFolder(t);
  const prefix = join(place, 'prefix');
  await install(t, place, '-g', '--prefix', prefix, tarball);
  const root = join(prefix, 'lib/node_modules/jumpgate');
  const packages = packagesBelow(root);
  t.ok(packages.length > 20);
  for (const one of packages) {
    const name = one.slice(root.length + 1);
    const { scripts = {} } = read<About>(join(one, 'package.json'));
    for (const script of ['preinstall', 'install', 'postinstall']) t.notOk(Object.hasOwn(scripts, script), name);
    t.notOk(existsSync(join(one, 'binding.gyp')), `${name} needs no compiler`);
  }
  for (const name of ['tap', 'typescript', 'esbuild', 'ldapjs', '@peculiar/x509'])
    t.notOk(existsSync(join(root, 'node_modules', name)), `${name} is not installed`);
  for (const file of filesIn(root)) {
    const octets = readFileSync(file);
    for (const path of [clone, process.cwd()]) t.notOk(octets.includes(path), `${file}: ${path}`);
  }

  const onPath = { PATH: [join(prefix, 'bin'), PATH].join(delimiter) };
  const jumpgate: Program = ['/usr/bin/env', 'jumpgate'];
  await tryCommands(t, jumpgate, onPath);

  const { code, out, err } = await runIn(place, jumpgate, ['demo'], onPath);
  const command = /Run: (npm install .*)\n$/.exec(err)?.[1] ?? '';
  t.same([code, out, command], [1, '', `npm install -g --prefix ${prefix} ${DEMO_PACKAGES.join(' ')}`]);
  const [, , ...args] = command.split(' ');
  await install(t, place, ...args);
  await tryDemo(t, jumpgate, place, onPath);

  t.match(await runIn(place, ['npm'], ['uninstall', '-g', '--prefix', prefix, 'jumpgate'], NPM_ENV), { code: 0 });
  t.notOk(existsSync(join(prefix, 'bin/jumpgate')));
  t.notOk(existsSync(root));
});

t.test('in a project it is run by npx', async (t) => {
  const place = emptyFolder(t);
  await install(t, place, '--prefix', place, tarball);
  t.same(readdirSync(join(place, 'node_modules/.bin')).includes('jumpgate'), true);
  t.match(await runIn(place, ['npx'], ['--no-install', 'jumpgate', '--version'], NPM_ENV), { out: `${version}\n` });
  const { err } = await runIn(place, ['npx'], ['--no-install', 'jumpgate', 'demo'], NPM_ENV);
  const command = /Run: npm install (.*)\n$/.exec(err)?.[1] ?? '';
  t.equal(command, `--prefix ${place} ${DEMO_PACKAGES.join(' ')}`);
  await install(t, place, ...command.split(' '));
  await tryDemo(t, [join(place, 'node_modules/.bin/jumpgate')], place);
});

t.test('programs import it: the examples compile against its types, as strictly as can be, and run', async (t) => {
  const place = emptyFolder(t);
  writeFileSync(join(place, 'package.json'), '{ "private": true, "type": "module" }\n');
  await install(t, place, '--prefix', place, tarball);
  const node = (...args: string[]) => runIn(place, [process.execPath], args);
  const evaluate = (program: string) => node('--input-type=module', '--eval', program);
  t.match(await evaluate("await import('jumpgate/dist/app.js')"), { code: 1, err: /ERR_PACKAGE_PATH_NOT_EXPORTED/ });
  t.match(await evaluate("console.log((await import('jumpgate')).version)"), { out: `${version}\n` });

  const { code, err } = await evaluate(
    "const { startStandIn } = await import('jumpgate/testing'); await startStandIn();",
  );
  const command = /Run: npm (install --save-dev .*)$/m.exec(err)?.[1] ?? '';
  t.same([code, command], [1, `install --save-dev ${DEMO_PACKAGES.join(' ')}`], err);
  const { devDependencies } = read<{ devDependencies: Versions }>('package.json');
  const compiler = ['typescript', '@types/node'].map((name) => `${name}@${devDependencies[name]}`);
  await install(t, place, '--prefix', place, ...command.split(' ').slice(1), ...compiler);

  cpSync('examples', join(place, 'examples'), { recursive: true });
  const strict = ['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--skipLibCheck', 'false'];
  const target = [
    '--target',
    'es2023',
    '--module',
    'nodenext',
    '--types',
    'node',
    '--outDir',
    'built',
    '--rootDir',
    '.',
  ];
  const files = readdirSync('examples').map((name) => `examples/${name}`);
  const tsc = join(place, 'node_modules/typescript/bin/tsc');
  t.same(await node(tsc, ...strict, ...target, ...files), { code: 0, out: '', err: '' });
  for (const { name, args, expected } of EXAMPLES) {
    const ran = await node(...args, `built/examples/${name}.js`);
    t.same([ran.code, ran.err], [0, ''], `${name}: ${ran.out}`);
    for (const line of expected) t.match(ran.out, line, name);
  }
});

t.test('it can be published, and a clone needs no consent for a script of a package', async (t) => {
  const about = read<About & { allowScripts: Record<string, boolean> }>('package.json');
  t.notOk(about.private);
  for (const name of ['preinstall', 'install', 'postinstall', 'prepare'])
    t.notOk(Object.hasOwn(about.scripts ?? {}, name), name);
  const locked = read<{ packages: Record<string, { hasInstallScript?: boolean; optional?: boolean }> }>(
    'package-lock.json',
  );
  for (const [path, { hasInstallScript, optional }] of Object.entries(locked.packages))
    if (hasInstallScript === true && optional !== true)
      t.type(about.allowScripts[path.replace(/^.*node_modules\//, '')], 'boolean', `${path} is decided about`);
});
