// A module from Go's proxy, fetched by `go` itself, and its own tests run against a server of ours.
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, need, run, withoutCommands } from './packages.js';

/** False, or why the suites in Go are skipped. */
export const withoutGo = withoutCommands('go');

export const environment = () => ({ GOMODCACHE: cacheFolder('go-modules'), GOFLAGS: '-modcacherw' });

/** Go 1.21 and later fetch automatically what a module asks for; an older one, as in Debian 12, fetches this and is done. */
const TOOLCHAIN = 'v0.0.1-go1.26.0';

interface Downloaded {
  readonly Dir: string;
  readonly Sum: string;
}

/** Fetches a module with the given `go`; Go holds it to its checksum database. */
async function download(go: string, module: string): Promise<Downloaded> {
  // Outside of any module of this machine.
  const options = { env: environment(), cwd: cacheFolder('go') };
  const text = await need(go, ['mod', 'download', '-json', module], options);
  return JSON.parse(text.slice(text.indexOf('{'))) as Downloaded;
}

/** The command of a Go that is new enough. */
export async function newGo(): Promise<string> {
  const [version = '', system = '', processor = ''] = (
    await need('go', ['env', 'GOVERSION', 'GOOS', 'GOARCH'], { cwd: cacheFolder('go') })
  ).split('\n');
  if (Number(/^go1\.(\d+)/.exec(version)?.[1]) >= 21) return 'go';
  const { Dir } = await download('go', `golang.org/toolchain@${TOOLCHAIN}.${system}-${processor}`);
  // What is in a module is not executable.
  await need('chmod', ['-R', 'u+x', join(Dir, 'bin'), join(Dir, 'pkg', 'tool')]);
  return join(Dir, 'bin', 'go');
}

/** A copy of a module's source, for changes. `sum` is its digest as in go.sum; throws an Error if it has another. */
export async function goModule(name: string, version: string, sum: string, copy: string): Promise<string> {
  const { Dir, Sum } = await download(await newGo(), `${name}@${version}`);
  if (Sum !== sum) throw new Error(`${name}@${version} has the digest ${Sum}`);
  const folder = join(cacheFolder('go'), copy);
  rmSync(folder, { recursive: true, force: true });
  cpSync(Dir, folder, { recursive: true });
  return folder;
}

/** The folder of a module as it came. `sum` as in go.sum. */
export async function goFolder(name: string, version: string, sum: string): Promise<string> {
  const { Dir, Sum } = await download(await newGo(), `${name}@${version}`);
  if (Sum !== sum) throw new Error(`${name}@${version} has the digest ${Sum}`);
  return Dir;
}

/** The path of a program of a module, built where it is not in the cache. `command`: its folder, such as `./cmd/helm`. */
export async function goProgram(name: string, version: string, sum: string, command: string): Promise<string> {
  const program = join(cacheFolder('go-programs'), `${command.split('/').at(-1)}-${version}`);
  if (!existsSync(program)) {
    const folder = await goFolder(name, version, sum);
    await need(await newGo(), ['build', '-trimpath', '-o', program, command], { cwd: folder, env: environment() });
  }
  return program;
}

/** Replaces texts in a file of a copy; throws an Error for one that is not there, for the suite would ask somebody else then. */
export function patch(file: string, replacements: readonly (readonly [string, string])[]): void {
  let text = readFileSync(file, 'utf8');
  for (const [from, to] of replacements) {
    if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
    text = text.replaceAll(from, to);
  }
  writeFileSync(file, text);
}

export interface GoTests {
  readonly passed: readonly string[];
  readonly failed: readonly string[];
  readonly skipped: readonly string[];
  /** What the failed ones said. */
  readonly text: string;
}

/** Runs the tests of one package. A package that cannot be built is an Error. */
export async function goTest(folder: string): Promise<GoTests> {
  const args = ['test', '-json', '-count=1', '-timeout=120s', '.'];
  const { code, text } = await run(await newGo(), args, { cwd: folder, env: environment() });
  const events = text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { Action: string; Test?: string; Output?: string });
  const of = (action: string) => events.filter((e) => e.Action === action && e.Test !== undefined).map((e) => e.Test!);
  const [passed, failed, skipped] = [of('pass'), of('fail'), of('skip')];
  // A panic ends the run early, and fails without the name of a test.
  if (passed.length === 0 || (code === 0) !== (failed.length === 0) || text.includes('panic: '))
    throw new Error(`go test ended with ${code}: ${text.slice(-4000)}`);
  const said = events.filter(({ Action, Test }) => Action === 'output' && failed.includes(Test ?? ''));
  return { passed, failed, skipped, text: said.map(({ Output = '' }) => Output).join('') };
}
