// What the suites are fetched with: the ordinary clients of the registries, into a cache outside of the repository.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { withoutOpenLDAP } from '../support/openldap.js';

/** Survives `npm ci`; `CONFORMANCE_CACHE` names another place. */
const CACHE =
  process.env.CONFORMANCE_CACHE ??
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'jumpgate-conformance');

/** A folder of the cache, made if it is not there. */
export function cacheFolder(name: string): string {
  const folder = join(CACHE, name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** False, or why the tests that need these commands (and OpenLDAP) are skipped. */
export function withoutCommands(...commands: readonly string[]): false | string {
  if (withoutOpenLDAP !== false) return withoutOpenLDAP;
  const missing = commands.find((command) => spawnSync('sh', ['-c', `command -v ${command}`]).status !== 0);
  return missing === undefined ? false : `${missing} is not installed here`;
}

export interface Ended {
  readonly code: number | null;
  /** Standard output and standard error, as they came. */
  readonly text: string;
}

export interface RunOptions {
  readonly cwd?: string;
  /** Beside the environment of this process, which the clients need for their settings. */
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  /** Milliseconds; ten minutes unless given. */
  readonly timeout?: number;
}

/** Runs a program to its end, whatever its exit code. Rejects if it cannot be started or takes too long. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const { cwd = '/', env, input = '', timeout = 600_000 } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env } });
    let text = '';
    const late = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${command} ${args.join(' ')} took longer than ${timeout} ms: ${text.slice(-2000)}`));
    }, timeout);
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    child.once('error', (error) => {
      clearTimeout(late);
      reject(error);
    });
    child.once('close', (code) => {
      clearTimeout(late);
      resolve({ code, text });
    });
  });
}

/** Like `run`, and rejects with what the program said when its exit code is not 0: for what has to succeed before a suite can begin. */
export async function need(command: string, args: readonly string[], options?: RunOptions): Promise<string> {
  const { code, text } = await run(command, args, options);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}: ${text.slice(-4000)}`);
  return text;
}
