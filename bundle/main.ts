// `npm run build`, its second half: packs what `serve` needs into one file, and lets V8 keep the code that it compiled of it.
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { BUNDLE, CODE } from '../src/start/serve-bundle.js';

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** What `serve` loads only at times, or never: it stays where tsc and npm put it. */
const LEFT_OUT = /\/(cli|healthcheck|ops-settings|ask-ldap)\.js$/;

/** Imports of our own modules that are left out, as they are written from the bundle's folder. */
const leaveOut: Plugin = {
  name: 'leave-out',
  setup: ({ onResolve }) => {
    onResolve({ filter: LEFT_OUT }, ({ path, kind, importer }) => {
      if (kind !== 'dynamic-import') return undefined;
      const written = new URL(path, `file://${importer}`).pathname;
      return { path: `.${written.slice(at('src').length)}`, external: true };
    });
  },
};

const options: BuildOptions = {
  entryPoints: [at('src/cli/run.ts')],
  outfile: at('dist/serve.cjs'),
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'cjs',
  // One octet a character, in the file and in memory.
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
  const all = source.match(/\bimport\(/g)?.length ?? 0;
  const written = source.replace(/\bimport\((?="[^"\n]+"\))/g, 'bundleImport(');
  const changed = written.match(/\bbundleImport\(/g)?.length ?? 0;
  if (changed !== all || all === 0) throw new Error(`${changed} of ${all} import() in the bundle are of a plain name`);
  return written;
}

for (const file of [BUNDLE, CODE]) rmSync(at(`dist/${file}`), { force: true });
const { outputFiles = [] } = await build(options);
writeFileSync(at(`dist/${BUNDLE}`), importsByFunction(outputFiles[0]?.text ?? ''));
// In a process of its own: what is compiled there is the bundle alone.
const { status } = spawnSync(process.execPath, [...process.execArgv, at('bundle/warm-up.ts')], {
  stdio: ['ignore', 'ignore', 'inherit'],
});
if (status !== 0) process.stderr.write('The bundle has no compiled code: `serve` works, and starts more slowly.\n');
