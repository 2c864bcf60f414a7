// What an installed Jumpgate is put to, wherever it came from: each command once, in a folder that has nothing else, without this repository.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Test } from 'tap';
import { StandIn } from '../../src/demo/stand-in.js';
import { freePort } from '../support/ports.js';
import { startProduct } from '../support/product.js';

/** The program and its first arguments. */
export type Program = readonly [string, ...string[]];

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const BASE = 'dc=example,dc=com';
export const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

/** Node and the system's programs; nothing of the repository. */
export const PATH = [dirname(process.execPath), '/usr/bin', '/bin'].join(':');

/** An empty folder that no node_modules is above of: `t.testdir` is below this repository's. */
export function emptyFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'jumpgate-installed-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  for (let above = folder; above !== dirname(above); above = dirname(above))
    if (existsSync(join(above, 'node_modules'))) throw new Error(`${above} has node_modules`);
  return folder;
}

/** With this environment alone: tap would have every Node.js that is started load something of this repository. */
function alone(program: Program, env: NodeJS.ProcessEnv): readonly [string, ...string[]] {
  return [
    '/usr/bin/env',
    '-i',
    ...Object.entries({ PATH, ...env }).map(([name, value]) => `${name}=${value}`),
    ...program,
  ];
}

export function runIn(cwd: string, program: Program, args: readonly string[], env = {}): Promise<Ran> {
  const [command, ...first] = alone(program, env);
  return new Promise((resolve) => {
    const options = { cwd, timeout: 300_000, maxBuffer: 1 << 26 };
    execFile(command, [...first, ...args], options, (error, out, err) => {
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, out, err });
    });
  });
}

/** `--version`, `--help`, `config --schema`, `check`, `serve`, `explain` and `watch`, in front of the embedded JumpCloud. */
export async function tryCommands(t: Test, program: Program, env = {}): Promise<void> {
  const folder = emptyFolder(t);
  const upstream = await StandIn.start();
  t.teardown(() => upstream.stop());
  const run = (...args: string[]) => runIn(folder, program, args, env);
  const built: Program = [process.execPath, join(process.cwd(), 'dist/main.js')];

  t.same(await run('--version'), { code: 0, out: `${version}\n`, err: '' });
  for (const args of [['--help'], ['config', '--schema'], ['recipe']])
    t.same(await run(...args), await runIn(folder, built, args), `${args.join(' ')} says what the build says`);
  const german = await runIn(folder, program, ['--help'], { ...env, LC_ALL: 'de_DE.UTF-8' });
  t.match(german.out, /Optionen/, 'words in other languages are there');
  t.match(await run('serve', '--prot', '1'), { code: 2, err: /prot/ });

  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content, { mode: 0o600 });
    return join(folder, name);
  };
  const { url, orgId, reader } = upstream;
  const settings = {
    upstream: { urls: [url], caFile: file('ca.pem', upstream.caPem), orgId, reader },
    listen: { ldap: `127.0.0.1:${await freePort()}` },
    local: { baseDN: BASE },
    ops: { http: `127.0.0.1:${await freePort()}` },
  };
  const config = file('jumpgate.yaml', JSON.stringify(settings));
  const checked = await run('check', '--config', config, '--user', 'quillon.varrek');
  t.match(checked, { code: 0, out: /✓ reader rights/, err: '' }, 'check finds all in order');
  t.match(await run('explain', 'corvane.thessly', '--config', config), { out: /not-a-member/ });

  const [runtime, ...first] = alone(program, env);
  const product = await startProduct({ upstream, folder, runtime, program: first });
  t.teardown(() => product.stop());
  const user = (uid: string) => `uid=${uid},ou=Users,${BASE}`;
  const ldap = (name: string, dn: string, password: string, ...more: string[]) =>
    runIn(folder, [`/usr/bin/${name}`], ['-x', '-H', product.url, '-D', dn, '-w', password, ...more]);
  const member = [user('quillon.varrek'), 'user-secret-5001'] as const;
  const found = await ldap('ldapsearch', ...member, '-LLL', '-b', BASE, '(uid=quillon.varrek)', 'uid');
  t.match(found, { code: 0, out: /^uid: quillon\.varrek$/m });
  t.equal((await ldap('ldapwhoami', user('quillon.varrek'), 'wrong')).code, 49);
  t.equal((await ldap('ldapwhoami', user('corvane.thessly'), 'user-secret-5005')).code, 49, 'not a member');
  const page = await (await fetch(product.opsUrl)).text();
  t.match(page, 'placeholder="Name, address, 49 …"', 'characters beyond ASCII arrive as they are');
  await followed(t, program, folder, product.opsUrl, env);
  await product.stop();
  t.same(await product.ending(), { code: 0, signal: null });
  t.equal(product.errors(), '');
}

/** `watch` shows the login of a non-member. */
async function followed(t: Test, program: Program, cwd: string, url: string, env: NodeJS.ProcessEnv): Promise<void> {
  const [command, ...first] = alone(program, env);
  const child = spawn(command, [...first, 'watch', '--url', url], { cwd });
  const ended = once(child, 'exit');
  let text = '';
  child.stdout.setEncoding('utf8');
  for await (const more of child.stdout) {
    text += String(more);
    if (text.includes('not-a-member')) break;
  }
  t.match(text, 'not-a-member');
  child.kill('SIGTERM');
  await ended;
}

/** The demo runs, and lets its member in. */
export async function tryDemo(t: Test, program: Program, cwd: string, env = {}): Promise<void> {
  const [command, ...first] = alone(program, env);
  const [port, opsPort] = [await freePort(), await freePort()].map(String);
  const args = [...first, 'demo', '--port', port!, '--ops-port', opsPort!];
  const child = spawn(command, args, { cwd });
  const ended = once(child, 'exit');
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (more: string) => {
    text += more;
  });
  child.stdout.setEncoding('utf8');
  for await (const more of child.stdout) {
    text += String(more);
    if (/^ {2}ldapwhoami .*quillon\.varrek.*$/m.test(text)) break;
  }
  const line = /^ {2}(ldapwhoami .*quillon\.varrek.*)$/m.exec(text)?.[1] ?? `echo ${JSON.stringify(text)}; false`;
  // As one pastes it.
  t.match(await runIn(cwd, ['/bin/sh'], ['-c', line]), { code: 0, out: /quillon\.varrek/ }, text);
  child.kill('SIGTERM');
  t.same(await ended, [0, null]);
}
