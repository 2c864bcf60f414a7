// `npm run build`, its second half: packs what `serve` needs into one file, and lets V8 keep the code that it compiled of it.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';

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
};

for (const file of ['serve.cjs', 'serve.code']) rmSync(at(`dist/${file}`), { force: true });
await build(options);
// In a process of its own: what is compiled there is the bundle alone.
const { status } = spawnSync(process.execPath, [...process.execArgv, at('bundle/warm-up.ts')], {
  stdio: ['ignore', 'ignore', 'inherit'],
});
if (status !== 0) process.stderr.write('The bundle has no compiled code: `serve` works, and starts more slowly.\n');
