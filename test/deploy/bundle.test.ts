// One file, and one program with Node.js in it: each runs where nothing else is, and says what the package says.
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { DEMO_PACKAGES } from '../../src/demo/packages.js';
import { StandIn } from '../../src/demo/stand-in.js';
import { areTogether, clientBehind, fleetOf, startFleet } from '../support/fleet-site.js';
import { eventually } from '../support/proxy.js';
import { TestRedis, withoutStore } from '../support/redis.js';
import { emptyFolder, PATH, type Program, runIn, tryCommands, tryDemo, version } from './try-installed.js';

const made = emptyFolder(t);
const build = await runIn(process.cwd(), ['npm'], ['run', '--silent', 'bundle', '--', '--executable', '--out', made]);
t.match(build, { code: 0, err: '' });
const text = readFileSync(join(made, 'jumpgate.cjs'), 'utf8');

const WAYS: Readonly<Record<string, (folder: string) => Program>> = {
  'the file, by Node.js': (folder) => [process.execPath, join(folder, 'jumpgate.cjs')],
  'the file, as a program': (folder) => [join(folder, 'jumpgate.cjs')],
  'the executable': (folder) => [join(folder, 'jumpgate')],
};

/** A folder that the programs were copied to: nothing of where they were made is needed. */
function copied(t: Parameters<typeof emptyFolder>[0]): string {
  const folder = emptyFolder(t);
  for (const name of ['jumpgate.cjs', 'jumpgate']) cpSync(join(made, name), join(folder, name));
  return folder;
}

for (const [way, at] of Object.entries(WAYS))
  t.test(`${way} runs each command alone`, async (t) => {
    const folder = copied(t);
    const program = at(folder);
    // Without Node.js on the PATH, where it has its own.
    await tryCommands(t, program, program[0].endsWith('/jumpgate') ? { PATH: '/nonexistent' } : {});
    const without = await runIn(folder, program, ['demo']);
    const command = `npm install --prefix ${folder} ${DEMO_PACKAGES.join(' ')}`;
    t.match(without, { code: 1, out: '', err: `Run: ${command}\n` }, 'the demo says what it needs');
    symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
    await tryDemo(t, program, folder);
  });

for (const node of (process.env.JUMPGATE_TEST_NODES ?? '').split(delimiter).filter((one) => one !== ''))
  t.test(`the file runs by ${node}, whose V8 is another one`, async (t) => {
    await tryCommands(t, [node, join(copied(t), 'jumpgate.cjs')]);
  });

t.test(
  'file and executable are a fleet: one reads for both, and they count together',
  { skip: withoutStore },
  async (t) => {
    const folder = copied(t);
    const upstream = await StandIn.start();
    t.teardown(() => upstream.stop());
    const redis = await TestRedis.start(t);
    const fleet = await startFleet(t, {
      ...{ upstream, count: 2, url: () => redis.url, set: ['fleet.decisionTime=5s'] },
      program: (index) => (index === 0 ? [join(folder, 'jumpgate.cjs')] : []),
      runtime: (index) => (index === 0 ? undefined : join(folder, 'jumpgate')),
    });
    await eventually(() => areTogether(fleet));
    const parts = await Promise.all(fleet.map(fleetOf));
    t.same(parts.map(({ reading }) => reading?.role).sort(), ['reader', 'taker']);
    upstream.bindNames.length = 0;
    const logIn = async (i: number, password: string) => {
      const client = await clientBehind('192.0.2.1', fleet[i % 2]!);
      const { code } = await client.bind('quillon.varrek', password);
      client.destroy();
      return code;
    };
    for (let i = 0; i < 2; i++) t.equal(await logIn(i, 'user-secret-5001'), 0);
    for (let i = 0; i < 10; i++) t.equal(await logIn(i, `wrong ${i}`), 49);
    t.equal(upstream.bindNames.filter((name) => name.startsWith('uid=quillon.varrek,')).length, 2 + 3);
    for (const product of fleet) t.equal(product.errors(), '');
  },
);

t.test('its compiled code is taken by the V8 that made it', async (t) => {
  const at = (path: string) => JSON.stringify(pathToFileURL(path).href);
  const part = (name: string) =>
    text
      .slice(text.indexOf(`function ${name}(){`))
      .split('\n*/}')[0]!
      .split('/*\n')[1]!;
  writeFileSync(join(made, 'source'), part('jumpgateSource').replaceAll('*\u0001/', '*/'));
  writeFileSync(join(made, 'code'), Buffer.from(part('jumpgateCode'), 'base64'));
  const script = `
    import { readFileSync } from 'node:fs';
    const { setV8Flags } = await import(${at('dist/start/v8-flags.js')});
    const { keepYoungGenerationSmall } = await import(${at('dist/runtime/young-generation.js')});
    const { compile, codeIn } = await import(${at('dist/start/compiled-code.js')});
    setV8Flags();
    keepYoungGenerationSmall();
    const code = codeIn(readFileSync('code'), Buffer.alloc(0));
    process.stdout.write(String(compile(readFileSync('source', 'latin1'), 'x', code).cachedDataRejected));`;
  const options = { cwd: made, encoding: 'utf8', env: { PATH } } as const;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], options);
  t.same([stdout, stderr], ['false', '']);
});

t.test('with damaged compiled code it runs; cut off it does not', async (t) => {
  const folder = emptyFolder(t);
  const at = text.indexOf('function jumpgateCode');
  const variant = (name: string, content: string): Program => {
    writeFileSync(join(folder, name), content);
    return [process.execPath, join(folder, name)];
  };
  const damaged = variant('damaged.cjs', text.slice(0, at + 1000) + text.slice(at + 1000).replaceAll('ab', 'ba'));
  const without = variant('without.cjs', `${text.slice(0, at)}function jumpgateCode(){/*\n\n*/}\n`);
  for (const program of [damaged, without])
    t.same(await runIn(folder, program, ['--version']), { code: 0, out: `${version}\n`, err: '' });
  for (const part of [0.3, 0.6, 0.99]) {
    const { code, out } = await runIn(folder, variant('cut.cjs', text.slice(0, text.length * part)), ['--version']);
    t.not(code, 0, `${part * 100} % of it`);
    t.equal(out, '');
  }
});

t.test('it names no folder of the machine that made it, and has the licences of what is in it beside it', async (t) => {
  for (const name of ['jumpgate.cjs', 'jumpgate', 'THIRD-PARTY-LICENCES.txt']) {
    const octets = readFileSync(join(made, name));
    for (const path of [process.cwd(), made]) t.notOk(octets.includes(path), `${name}: ${path}`);
  }
  const licences = readFileSync(join(made, 'THIRD-PARTY-LICENCES.txt'), 'utf8');
  for (const name of ['yargs', 'pino', 'ldapts', 'lru-cache', 'zod', 'yaml', 'undici']) {
    const about = JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8')) as { version: string };
    t.match(licences, new RegExp(`^${name} ${about.version.replaceAll('.', '\\.')}, \\S+$`, 'm'));
  }
  t.notMatch(licences, /^ldapjs /m, 'what only the demo needs is not in it');
});
