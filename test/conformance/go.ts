// A module from Go's proxy, fetched by `go` itself, and its own tests run against a server of ours.
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, need, run, withoutCommands } from './packages.js';

/** False, or why the suites in Go are skipped. */
export const withoutGo = withoutCommands('go');

const environment = () => ({ GOMODCACHE: cacheFolder('go-modules'), GOFLAGS: '-modcacherw' });

/** A copy of a module's source, for changes. `sum` is its digest as in go.sum; throws an Error if it has another. */
export async function goModule(name: string, version: string, sum: string, copy: string): Promise<string> {
  // Outside of any module of this machine.
  const cwd = cacheFolder('go');
  const text = await need('go', ['mod', 'download', '-json', `${name}@${version}`], { env: environment(), cwd });
  const { Dir, Sum } = JSON.parse(text.slice(text.indexOf('{'))) as { Dir: string; Sum: string };
  if (Sum !== sum) throw new Error(`${name}@${version} has the digest ${Sum}`);
  const folder = join(cwd, copy);
  rmSync(folder, { recursive: true, force: true });
  cpSync(Dir, folder, { recursive: true });
  return folder;
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
  const { code, text } = await run('go', args, { cwd: folder, env: environment() });
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
