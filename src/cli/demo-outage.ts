// The switch for an outage of the demo's embedded JumpCloud: a line with an o on a terminal, or SIGUSR2 from anywhere.
import { createInterface } from 'node:readline';
import type { CliIo } from './io.js';

/** Windows has no such signal. */
export const OUTAGE_SIGNAL: NodeJS.Signals | undefined = process.platform === 'win32' ? undefined : 'SIGUSR2';

/** Whether lines are read: never from a pipe, a file or nothing, which may be somebody else's input. */
export function takesLines({ stdin, stdout }: Pick<CliIo, 'stdin' | 'stdout'>): boolean {
  return stdin.isTTY === true && stdout.isTTY === true;
}

/** Calls `toggle` each time the switch is used; returns how to end that. */
export function onOutageSwitch(io: Pick<CliIo, 'stdin' | 'stdout'>, toggle: () => void): () => void {
  if (OUTAGE_SIGNAL !== undefined) process.on(OUTAGE_SIGNAL, toggle);
  const lines = takesLines(io) ? createInterface({ input: io.stdin }) : undefined;
  lines?.on('line', (line) => {
    if (line.trim().toLowerCase() === 'o') toggle();
  });
  // The demo goes on without a terminal: its window may be closed.
  lines?.on('error', ignore);
  return () => {
    if (OUTAGE_SIGNAL !== undefined) process.removeListener(OUTAGE_SIGNAL, toggle);
    lines?.close();
  };
}

const ignore = () => {};
