// A parent that holds listening sockets as systemd does, and passes them to the built program.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type t from 'tap';
import { eventually } from './proxy.js';

const PYTHON = '/usr/bin/python3';
const HOLDER = fileURLToPath(new URL('./socket-holder.py', import.meta.url));

/** False, or why there is no holder. */
export const withoutHolder = existsSync(PYTHON) ? false : `${PYTHON} is not installed here`;

export interface Holder {
  /** The port of each socket; 0 for a socket file. */
  readonly ports: readonly number[];
  /** Lines of JSON that the program has written to standard output, all starts together. */
  readonly log: readonly Readonly<Record<string, unknown>>[];
  /** Standard output as it came. */
  text(): string;
  /** What was written to standard error. */
  errors(): string;
  /** Starts the program; resolves when it says that it listens. */
  start(): Promise<void>;
  /** Has it end, and resolves with its exit code; negative: by that signal. */
  end(signal: 'TERM' | 'KILL'): Promise<number>;
  /** Has it read its configuration again. */
  hangUp(): void;
}

/** `sockets`: name and address or path of each. `args`: of the program. */
export async function holdSockets(
  test: Pick<typeof t, 'teardown'>,
  sockets: readonly (readonly [name: string, where: string])[],
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Holder> {
  const words = [HOLDER, JSON.stringify(sockets), process.execPath, 'dist/main.js', ...args];
  const child = spawn(PYTHON, words, { env: { PATH: process.env.PATH, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
  const lines: unknown[] = [];
  let rest = '';
  let text = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (more: string) => {
    text += more;
    const parts = (rest + more).split('\n');
    rest = parts.pop() ?? '';
    // `check` writes JSON over many lines.
    lines.push(...parts.filter((line) => /^[{[].+[}\]]$/.test(line)).map((line): unknown => JSON.parse(line)));
  });
  child.stderr.setEncoding('utf8').on('data', (more: string) => {
    errors += more;
  });
  const gone = new Promise((resolve) => child.once('close', resolve));
  test.teardown(async () => {
    child.stdin.end();
    await gone;
  });
  const objects = () => lines.filter((line) => !Array.isArray(line)) as Record<string, unknown>[];
  const count = (has: (line: Record<string, unknown>) => boolean) => objects().filter(has).length;
  const listening = () => count(({ msg }) => msg === 'listening');
  const ended = () => objects().filter((line) => 'ended' in line);
  await eventually(() => lines.length > 0);
  return {
    ports: (lines[0] as unknown[]).map((name) => (Array.isArray(name) ? Number(name[1]) : 0)),
    get log() {
      return objects();
    },
    text: () => text,
    errors: () => errors,
    start: async () => {
      const before = listening();
      child.stdin.write('start\n');
      await eventually(() => {
        if (errors !== '') throw new Error(errors);
        return listening() > before;
      });
    },
    end: async (signal) => {
      const before = ended().length;
      child.stdin.write(`${signal}\n`);
      await eventually(() => ended().length > before);
      return Number(ended().at(-1)?.ended);
    },
    hangUp: () => void child.stdin.write('HUP\n'),
  };
}
