// The processes that a benchmark starts: each is tracked by its PID and ends with the benchmark, however that ends.
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const running = new Set<ChildProcess>();
/** Milliseconds that a process has to shut down. */
const PATIENCE = 5000;
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Files that a program's output is appended to. */
interface Output {
  readonly stdout?: string | undefined;
  readonly stderr?: string | undefined;
}

/** Starts a program. Without files its stdout is discarded, and its stderr goes to ours. */
export function launch(command: string, args: readonly string[], { stdout, stderr }: Output = {}): ChildProcess {
  const to = (file: string | undefined, other: 'ignore' | 'inherit') =>
    file === undefined ? other : openSync(file, 'a');
  return known(spawn(command, args, { stdio: ['ignore', to(stdout, 'ignore'), to(stderr, 'inherit')] }));
}

/** Starts one of the benchmark's own files as a process that communicates by messages. */
export function launchOwn(file: string, args: readonly string[] = []): ChildProcess {
  const path = fileURLToPath(new URL(file, import.meta.url));
  return known(fork(path, args, { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }));
}

function known(child: ChildProcess): ChildProcess {
  running.add(child);
  child.once('exit', () => running.delete(child));
  child.once('error', () => running.delete(child));
  return child;
}

/** Ends a process that was started here, after `PATIENCE` by force. Resolves when it is gone. */
export async function end(child: ChildProcess): Promise<void> {
  if (!running.has(child)) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
  await gone;
  clearTimeout(late);
}

export async function endAll(): Promise<void> {
  await Promise.all([...running].map(end));
}

/** The next message of a process; rejects if it ends before. */
export function message<Message>(child: ChildProcess): Promise<Message> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`a process of the benchmark ended with exit code ${code}`));
    child.once('exit', ended);
    child.once('message', (value) => {
      child.removeListener('exit', ended);
      resolve(value as Message);
    });
  });
}

/** Polls until the answer is true. Throws an Error if the process ends before, or after `patience` ms. */
export async function until(
  name: string,
  child: ChildProcess,
  ask: () => Promise<boolean>,
  complaint: string,
  patience: number,
): Promise<void> {
  const late = performance.now() + patience;
  while (!(await ask())) {
    if (child.exitCode !== null) throw new Error(`${name} ended during its start with exit code ${child.exitCode}`);
    if (performance.now() > late) throw new Error(`${name} ${complaint}`);
    await sleep(2);
  }
}
