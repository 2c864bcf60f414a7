// The switch for an outage of the demo's embedded JumpCloud: a line with an o on a terminal, or SIGUSR2 from anywhere.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { CliIo } from './io.js';

/** Windows has no such signal. */
export const OUTAGE_SIGNAL: NodeJS.Signals | undefined = process.platform === 'win32' ? undefined : 'SIGUSR2';

/**
 * Whether lines are read: never from a pipe, a file or nothing, which may be somebody else's input; nor in the background of a terminal, where the
 * shell would stop the demo (SIGTTIN).
 */
export function takesLines(
  { stdin, stdout }: Pick<CliIo, 'stdin' | 'stdout'>,
  isBackground = runsInBackground(),
): boolean {
  return stdin.isTTY === true && stdout.isTTY === true && !isBackground;
}

/** `demo &`: another process group has the terminal (proc(5)). False where the system does not say so. */
function runsInBackground(): boolean {
  try {
    return isBackgroundIn(readFileSync('/proc/self/stat', 'latin1'));
  } catch {
    return false;
  }
}

/** `stat`: as /proc/PID/stat has it; the program's name in it may contain anything. */
export function isBackgroundIn(stat: string): boolean {
  const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(foreground) > 0 && group !== foreground;
}

/** Calls `toggle` each time the switch is used; returns how to end that. `readsLines`: as `takesLines` has it. */
export function onOutageSwitch(
  io: Pick<CliIo, 'stdin' | 'stdout'>,
  toggle: () => void,
  readsLines: boolean,
): () => void {
  if (OUTAGE_SIGNAL !== undefined) process.on(OUTAGE_SIGNAL, toggle);
  const lines = readsLines ? createInterface({ input: io.stdin }) : undefined;
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
