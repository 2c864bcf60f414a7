// A server program of somebody else, for the length of a test.
import { type SpawnOptions, spawn } from 'node:child_process';
import type t from 'tap';
import { eventually } from './proxy.js';

export interface Daemon {
  /** None if it could not be started. */
  readonly pid: number | undefined;
  /** Waits until the condition holds, at most 15 s. Throws with what the program has said if it ends before. */
  until(condition: () => boolean | Promise<boolean>): Promise<void>;
}

/** Starts a program that stays in the foreground; ends it with `signal` when the test ends, and waits until it is gone. */
export function startDaemon(
  test: Pick<typeof t, 'teardown'>,
  file: string,
  args: readonly string[],
  { signal = 'SIGTERM', ...options }: Pick<SpawnOptions, 'cwd' | 'env'> & { signal?: NodeJS.Signals } = {},
): Daemon {
  const child = spawn(file, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (text: Buffer) => {
    complaint += text.toString();
  });
  const ended = new Promise((resolve) => child.once('exit', resolve).once('error', resolve));
  test.teardown(async () => {
    child.kill(signal);
    await ended;
  });
  return {
    pid: child.pid,
    until: (condition) =>
      eventually(() => {
        if (child.exitCode !== null) throw new Error(`${file}: ${complaint}`);
        return condition();
      }),
  };
}
