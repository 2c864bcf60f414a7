// `npm run bundle`: Jumpgate in one JavaScript file; with `--executable`, in one program with Node.js in it as well. Neither needs anything beside it.
//
//     npm run bundle -- [--executable] [--out FOLDER]
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { codeIn, withDigest } from '../../src/start/compiled-code.js';
import { makeExecutable } from './executable.js';
import { escaped, joined, NO_SOURCE, type Parts } from './format.js';
import { licencesOf, packagesIn } from './licences.js';
import { versionInside, wordsInside } from './plugins.js';

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const about = JSON.parse(readFileSync(at('package.json'), 'utf8')) as {
  version: string;
  peerDependencies: Record<string, string>;
};

const COMMON = {
  bundle: true,
  absWorkingDir: at(''),
  preserveSymlinks: true,
  platform: 'node',
  format: 'cjs',
  charset: 'ascii',
  legalComments: 'none',
  tsconfig: at('tsconfig.build.json'),
  logLevel: 'warning',
  write: false,
} as const satisfies BuildOptions;

/** The program. What only the demo needs stays outside, as in the package. */
async function program(): Promise<{ text: string; packages: string[] }> {
  const { outputFiles, metafile } = await build({
    ...COMMON,
    entryPoints: [at('src/cli/run.ts')],
    target: 'node20.19',
    // V8 forgets how a script from compiled code imports (Node 20.20.2): `require` does it.
    supported: { 'dynamic-import': false },
    // No comments; lines that a stack trace can name.
    minifyWhitespace: true,
    minifySyntax: true,
    lineLimit: 160,
    external: Object.keys(about.peerDependencies),
    define: { 'import.meta.url': 'bundleUrl' },
    plugins: [versionInside(about.version), wordsInside],
    metafile: true,
  });
  return { text: outputFiles[0]?.text ?? '', packages: packagesIn(metafile) };
}

/** src/main.ts, with the loader in place of what it starts. */
const startsLoader: Plugin = {
  name: 'starts-loader',
  setup: ({ onResolve }) => {
    onResolve({ filter: /^\.\/start\/start\.js$/ }, () => ({ path: at('bundle/one-file/loader.ts') }));
  },
};

async function loaderText(): Promise<string> {
  const banner = { js: `// Jumpgate ${about.version}, MIT licence. What it runs is below, in a comment.` };
  const { outputFiles } = await build({
    ...COMMON,
    entryPoints: [at('src/main.ts')],
    // An older one is to read as much as says what is needed.
    target: 'node18',
    banner,
    plugins: [startsLoader],
  });
  return outputFiles[0]?.text ?? '';
}

/** What V8 of this Node.js compiled of the program, in a process that runs nothing else; empty if that did not work. */
function compiled(source: string): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'jumpgate-bundle-'));
  try {
    const [from, to] = [join(folder, 'source.cjs'), join(folder, 'code')];
    writeFileSync(from, source);
    const args = [...process.execArgv, at('bundle/warm-up.ts'), 'all', from, to];
    const { status } = spawnSync(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    const code = status === 0 ? codeIn(readFileSync(to), Buffer.from(source)) : undefined;
    if (code !== undefined) return withDigest(code, NO_SOURCE);
    process.stderr.write('The file has no compiled code: it works, and starts more slowly.\n');
    return Buffer.alloc(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const { values } = parseArgs({ options: { executable: { type: 'boolean' }, out: { type: 'string' } } });
const folder = values.out ?? at('release');
mkdirSync(folder, { recursive: true });
const made = (name: string) => {
  const file = join(folder, name);
  process.stdout.write(`${relative(process.cwd(), file)}  ${(statSync(file).size / 1e6).toFixed(1)} MB\n`);
};
const [{ text, packages }, loader] = await Promise.all([program(), loaderText()]);
const source = escaped(text);
const parts: Parts = { source, code: compiled(source) };
writeFileSync(join(folder, 'jumpgate.cjs'), joined(loader, parts));
chmodSync(join(folder, 'jumpgate.cjs'), 0o755);
made('jumpgate.cjs');
if (values.executable === true) {
  makeExecutable(loader, parts, join(folder, 'jumpgate'));
  made('jumpgate');
}
writeFileSync(join(folder, 'THIRD-PARTY-LICENCES.txt'), licencesOf(packages));
made('THIRD-PARTY-LICENCES.txt');
