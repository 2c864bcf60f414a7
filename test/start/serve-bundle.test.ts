// The one file that `serve` runs from, and the compiled code beside it: both only make it quicker, and neither may be of another build.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { Client } from 'ldapts';
import t from 'tap';
import { codeIn, withDigest } from '../../src/start/compiled-code.js';

/** This Node, and those that JUMPGATE_TEST_NODES names. */
const NODES = [process.execPath, ...(process.env.JUMPGATE_TEST_NODES ?? '').split(delimiter)].filter(
  (node) => node !== '',
);

const octets = (least: number) => fc.uint8Array({ minLength: least, maxLength: 200 }).map((some) => Buffer.from(some));

t.test('compiled code is taken whole, and with the source that it was made of', async (t) => {
  fc.assert(
    fc.property(octets(1), octets(1), fc.nat(), fc.integer({ min: 1, max: 255 }), (code, source, at, change) => {
      const file = withDigest(code, source);
      t.ok(codeIn(file, source)?.equals(code));
      const damaged = Buffer.from(file);
      damaged[at % file.length]! ^= change;
      t.equal(codeIn(damaged, source), undefined);
      t.equal(codeIn(file.subarray(0, at % file.length), source), undefined);
      // Of the same length: V8 itself would take it.
      const other = Buffer.from(source);
      other[at % source.length]! ^= change;
      t.equal(codeIn(file, other), undefined);
    }),
    { numRuns: 100 },
  );
  t.equal(codeIn(undefined, Buffer.from('x')), undefined);
});

t.test('the build’s compiled code is taken by the V8 that made it, with the flags of a start', async (t) => {
  const at = (path: string) => JSON.stringify(pathToFileURL(path).href);
  const script = `
    import { readFileSync } from 'node:fs';
    const { setV8Flags } = await import(${at('dist/start/v8-flags.js')});
    const { keepYoungGenerationSmall } = await import(${at('dist/runtime/young-generation.js')});
    const { compile, codeIn, textOf } = await import(${at('dist/start/compiled-code.js')});
    setV8Flags();
    keepYoungGenerationSmall();
    const [source, file] = ['serve.cjs', 'serve.code'].map((name) => readFileSync('dist/' + name));
    process.stdout.write(String(compile(textOf(source), 'serve.cjs', codeIn(file, source)).cachedDataRejected));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  });
  t.same([stdout, stderr], ['false', '']);
});

/** Resolves with its LDAP URL as soon as it listens. */
async function listening(child: ChildProcess): Promise<string> {
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (more: string) => {
    text += more;
  });
  for (;;) {
    const found = /"ldap":"(ldap:[^"]+)"/.exec(text);
    if (found?.[1] !== undefined) return found[1];
    await Promise.race([once(child.stdout!, 'data'), once(child, 'exit').then(() => Promise.reject(new Error(text)))]);
  }
}

const settings = {
  listen: { ldap: '127.0.0.1:0' },
  // Nobody is there: it is about the start.
  upstream: {
    urls: ['ldaps://127.0.0.1:9'],
    orgId: '5f1c0a9e7b3d4c2a8e6f9d10',
    reader: { user: 'reader', password: 'x' },
  },
  local: { baseDN: 'dc=example,dc=com' },
  ops: { http: false },
  log: { format: 'json' },
};

const BUILDS: Readonly<Record<string, (dist: string) => void>> = {
  'as it is built': () => {},
  'without compiled code': (dist) => rmSync(join(dist, 'serve.code')),
  'with damaged compiled code': (dist) => {
    const code = readFileSync(join(dist, 'serve.code'));
    writeFileSync(join(dist, 'serve.code'), code.fill(0x61, code.length >> 1));
  },
  'with a part of the bundle': (dist) => {
    const bundle = readFileSync(join(dist, 'serve.cjs'));
    writeFileSync(join(dist, 'serve.cjs'), bundle.subarray(0, bundle.length >> 1));
  },
  'without the bundle': (dist) => rmSync(join(dist, 'serve.cjs')),
};

for (const node of NODES)
  for (const [build, change] of Object.entries(BUILDS))
    t.test(`${build}, it starts, answers and ends (${node})`, async (t) => {
      const folder = t.testdir({ 'jumpgate.yaml': JSON.stringify(settings) });
      cpSync('dist', join(folder, 'dist'), { recursive: true });
      for (const name of ['package.json', 'node_modules'])
        if (existsSync(name)) symlinkSync(resolve(name), join(folder, name));
      change(join(folder, 'dist'));
      const main = join(folder, 'dist/main.js');
      const run = (...args: string[]) =>
        spawnSync(node, [main, 'serve', ...args], { encoding: 'utf8', env: { PATH: process.env.PATH } });
      // What is left out of the bundle is loaded from beside it.
      t.match(run('--help').stdout, 'jumpgate serve');
      t.match(run('--prot', '1'), { status: 2, stderr: /prot/ });
      const args = [main, 'serve', '--config', join(folder, 'jumpgate.yaml')];
      const child = spawn(node, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env.PATH } });
      let complaints = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        complaints += text;
      });
      const ended = once(child, 'exit');
      try {
        const client = new Client({ url: await listening(child) });
        await client.bind('', '');
        await client.unbind();
      } finally {
        child.kill('SIGTERM');
      }
      t.same(await ended, [0, null]);
      t.equal(complaints, '', 'V8 does not mind its flags being set');
    });
