// The built product as a process of its own, looked at from outside.
import { spawn } from 'node:child_process';
import { openSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { State } from '../../src/ops/state.js';
import { eventually } from '../support/proxy.js';

export interface Product {
  readonly ldap: string;
  readonly logFile: string;
  hasEnded(): boolean;
  /** Resident memory in KiB, and open descriptors; zeros where the system does not tell. */
  measure(): { readonly rss: number; readonly descriptors: number };
  readiness(): Promise<State>;
  /** Ends it in order; its exit code. */
  stop(): Promise<number | null>;
}

/** Starts `serve` with its log in a file beside the configuration; resolves when it is ready. */
export async function begin(config: string): Promise<Product> {
  const logFile = join(dirname(config), 'log.jsonl');
  const child = spawn(process.execPath, ['dist/main.js', 'serve', '--config', config], {
    env: { PATH: process.env.PATH },
    stdio: ['ignore', openSync(logFile, 'w'), 'inherit'],
  });
  let code: number | null | undefined;
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', (status) => {
      code = status;
      resolve(status);
    });
  });
  const stopChild = () => void child.kill('SIGKILL');
  process.once('exit', stopChild);
  let listening: { ldap: string; ops: string } | undefined;
  await eventually(() => {
    if (code !== undefined) throw new Error(`the product ended with ${code}`);
    const line = readFileSync(logFile, 'utf8')
      .split('\n')
      .find((each) => each.includes('"msg":"listening"'));
    if (line !== undefined) listening = JSON.parse(line) as { ldap: string; ops: string };
    return listening !== undefined;
  });
  const { ldap, ops } = listening!;
  const readiness = async () => (await (await fetch(`${ops}/readyz`)).json()) as State;
  await eventually(async () => (await readiness()).ready);
  return {
    ldap,
    logFile,
    hasEnded: () => code !== undefined,
    measure() {
      try {
        const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
        return {
          rss: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0),
          descriptors: readdirSync(`/proc/${child.pid}/fd`).length,
        };
      } catch {
        return { rss: 0, descriptors: 0 };
      }
    },
    readiness,
    stop() {
      child.kill('SIGTERM');
      process.removeListener('exit', stopChild);
      return ended;
    },
  };
}
