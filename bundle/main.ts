// `npm run build`, its second half: packs what `serve` needs into one file, and lets V8 keep the code that it compiled of it.
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { BUNDLE, CODE, LEFT_OUT } from '../src/start/serve-bundle.js';
import { inAscii } from './ascii.js';

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** What is imported later, and is in the bundle anyway. */
const PUT_IN = ['./cli/serve.js', './config/load.js', './ops/metrics/metrics.js'];

/**
 * Imports of our own modules that are left out, as they are written from the bundle's folder. Each has to be decided about: a module that is
 * in the bundle and outside of it as well has two of each class.
 */
const leaveOut: Plugin = {
  name: 'leave-out',
  setup: ({ onResolve }) => {
    onResolve({ filter: /^\./ }, ({ path, kind, importer }) => {
      if (kind !== 'dynamic-import') return undefined;
      const written = `.${new URL(path, `file://${importer}`).pathname.slice(at('src').length)}`;
      if (Object.hasOwn(LEFT_OUT, written)) return { path: written, external: true };
      return PUT_IN.includes(written) ? undefined : { errors: [{ text: `${written}: neither LEFT_OUT nor PUT_IN` }] };
    });
  },
};

const options: BuildOptions = {
  entryPoints: [at('src/cli/run.ts')],
  outfile: at('dist/serve.cjs'),
  bundle: true,
  // Names of files in its comments: the same ones wherever it is built, and whatever `node_modules` links to.
  absWorkingDir: at(''),
  preserveSymlinks: true,
  platform: 'node',
  target: 'node20.19',
  format: 'cjs',
  charset: 'ascii',
  external: ['pino-pretty', 'prom-client'],
  plugins: [leaveOut],
  define: { 'import.meta.url': 'bundleUrl' },
  tsconfig: at('tsconfig.build.json'),
  logLevel: 'warning',
  write: false,
};

/** `import()` as a function that the bundle is given: V8 forgets how a script from compiled code imports (Node 20.20.2). */
function importsByFunction(source: string): string {
  const names = new Set<string>();
  const written = source.replace(/\bimport\("([^"\n]+)"\)/g, (_, name: string) => {
    names.add(name);
    return `bundleImport("${name}")`;
  });
  if (/\bimport\(/.test(written)) throw new Error('an import() of the bundle has no plain name');
  const wanted = [...names].sort().join(', ');
  const known = Object.keys(LEFT_OUT).sort().join(', ');
  if (wanted !== known) throw new Error(`the bundle imports ${wanted}; LEFT_OUT has ${known}`);
  return written;
}

for (const file of [BUNDLE, CODE]) rmSync(at(`dist/${file}`), { force: true });
const { outputFiles = [] } = await build(options);
writeFileSync(at(`dist/${BUNDLE}`), inAscii(importsByFunction(outputFiles[0]?.text ?? '')));
// In a process of its own: what is compiled there is the bundle alone.
const warmUp = [at('bundle/warm-up.ts'), 'serve', at(`dist/${BUNDLE}`), at(`dist/${CODE}`)];
const { status } = spawnSync(process.execPath, [...process.execArgv, ...warmUp], {
  stdio: ['ignore', 'ignore', 'inherit'],
});
if (status !== 0) process.stderr.write('The bundle has no compiled code: `serve` works, and starts more slowly.\n');
