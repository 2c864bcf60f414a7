// Keeps the direction of imports: a row of the design may import rows below it, never above, and no circle of files.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const SOURCE = fileURLToPath(new URL('../src/', import.meta.url));

/** From the top to the bottom; a file may import from its own row and from rows further down. */
const ROWS = [
  ['index.ts', 'wire.ts', 'testing.ts', 'library'],
  ['main.ts', 'start', 'cli'],
  ['app.ts', 'app'],
  ['recipes'],
  ['demo'],
  ['config'],
  ['server'],
  ['ops'],
  ['upstream', 'cloud', 'fleet'],
  ['gate'],
  ['directory'],
  ['layout'],
  ['wire'],
  ['ldap'],
  ['runtime'],
];
/** Facts without imports of their own that any row may use. */
const ANYWHERE = ['version.ts'];

/** These touch no socket, file, clock or randomness: they are handed what they need. */
const PURE = /^(ldap|wire|layout)\/|^directory\/(?!mirror\.ts)/;
const IMPURE_MODULES = [
  'node:net',
  'node:tls',
  'node:fs',
  'node:fs/promises',
  'node:http',
  'node:dns',
  'node:timers',
  'node:perf_hooks',
];
const IMPURE_CALLS =
  /\b(Date\.now|performance\.now|Math\.random|randomBytes|randomUUID|setTimeout|setInterval|setImmediate|process\.)/;

function sources(folder = SOURCE): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((item) => {
    const path = join(folder, item.name);
    if (item.isDirectory()) return sources(path);
    return item.name.endsWith('.ts') ? [relative(SOURCE, path)] : [];
  });
}

/** The modules that a file names in import and export statements and in dynamic imports. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(SOURCE, file), 'utf8');
  const found = text.matchAll(/(?:\bfrom\s+|\bimport\s*\(\s*|^import\s+)'([^']+)'/gm);
  return [...found].map((match) => match[1]!);
}

function localImports(file: string): string[] {
  return importsOf(file)
    .filter((name) => name.startsWith('.'))
    .map((name) => sourceOf(file, name));
}

/** The file that an import from `file` names. */
function sourceOf(file: string, name: string): string {
  return normalize(join(dirname(file), name)).replace(/\.js$/, '.ts');
}

function rowOf(file: string): number {
  const top = file.includes('/') ? file.slice(0, file.indexOf('/')) : file;
  return ROWS.findIndex((row) => row.includes(top));
}

const isAnywhere = (file: string) => ANYWHERE.includes(file) || ANYWHERE.includes(dirname(file));

const files = sources();

t.test('every folder of the design is there', async (t) => {
  for (const row of ROWS.flat())
    t.ok(
      files.some((file) => file === row || file.startsWith(`${row}/`)),
      row,
    );
  for (const file of files) t.ok(rowOf(file) >= 0 || isAnywhere(file), `${file} has a row`);
});

t.test('imports run downwards only', async (t) => {
  const upwards = files.flatMap((file) =>
    localImports(file)
      .filter((target) => !isAnywhere(target) && rowOf(target) < rowOf(file))
      .map((target) => `${file} imports ${target}`),
  );
  t.same(upwards, []);
});

t.test('no file imports itself by a detour', async (t) => {
  const circles: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: string[]): void => {
    if (path.includes(file)) {
      circles.push([...path.slice(path.indexOf(file)), file].join(' → '));
      return;
    }
    if (done.has(file)) return;
    for (const target of localImports(file)) visit(target, [...path, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  t.same(circles, []);
});

t.test(
  'vocabulary, wire, layout and the search over a snapshot touch no socket, file, clock or randomness',
  async (t) => {
    for (const file of files.filter((name) => PURE.test(name))) {
      t.same(
        importsOf(file).filter((name) => IMPURE_MODULES.includes(name)),
        [],
        `${file}: modules`,
      );
      const code = readFileSync(join(SOURCE, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
      t.same(code.match(IMPURE_CALLS) ?? [], [], `${file}: calls`);
    }
  },
);

t.test('ldapjs stays away from clients: only the stand-in uses it', async (t) => {
  const users = files.filter((file) => importsOf(file).includes('ldapjs'));
  t.ok(users.length > 0 && users.every((file) => file.startsWith('demo/')), users.join(' '));
});

/** The packages that are loaded with a file: its imports and their imports, in one go. Imports of types alone load nothing. */
function packagesOf(file: string, seen = new Set<string>()): Set<string> {
  const packages = new Set<string>();
  if (seen.has(file)) return packages;
  seen.add(file);
  const text = readFileSync(join(SOURCE, file), 'utf8');
  for (const [, what = '', name = ''] of text.matchAll(/^(?:import|export)\s+([^';]*?from\s+)?'([^']+)'/gm)) {
    const isOfTypes = what.startsWith('type ') || /^\{\s*type [^,]+\}/.test(what);
    if (isOfTypes || name.startsWith('node:')) continue;
    if (!name.startsWith('.')) packages.add(name);
    else for (const one of packagesOf(sourceOf(file, name), seen)) packages.add(one);
  }
  return packages;
}

t.test('a health check, which runs every few seconds, loads no package; serve loads what it needs', async (t) => {
  for (const file of ['main.ts', 'cli/run.ts', 'cli/ask-instance.ts']) t.same([...packagesOf(file)], [], file);
  const serving = [...packagesOf('cli/serve.ts'), ...packagesOf('config/load.ts')];
  t.same(serving.sort(), ['ldapts', 'lru-cache', 'pino', 'yaml', 'zod']);
});

t.test(
  'nothing writes to the console; the process’s own standard error is written where a closed one does no harm',
  async (t) => {
    for (const file of sources()) {
      // Examples in comments are others' programs.
      const text = readFileSync(join(SOURCE, file), 'utf8').replace(/\/\*\*[\s\S]*?\*\//g, '');
      if (!file.startsWith('ops/page/')) t.notMatch(text, /\bconsole\.\w+\(/, file);
      // Commands write to io.stderr, which cli/run.ts guards; app.ts hands its own to what catches everything, and main.ts has loaded nothing yet.
      if (!['main.ts', 'app.ts', 'cli/io.ts'].includes(file)) t.notMatch(text, /process\.stderr\b/, file);
    }
  },
);
