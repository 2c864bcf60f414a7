// Whether the system lets this process open as many files as its connections want.
import { readFileSync } from 'node:fs';
import type { Config } from '../config/config.js';
import type { ConfigFault } from '../config/fault.js';

/** Beside clients: connections to JumpCloud, of the ops port, and the program's own files. */
const OTHERS = 200;

/** A warning where clients would be closed without an answer before `listen.limits.connections` counts. `most`: files that may be open. */
export function tooFewFiles({ listen }: Config, most = mostOpenFiles()): ConfigFault | undefined {
  const { connections } = listen.limits;
  const wanted = connections + OTHERS;
  const lower = most !== undefined && most > OTHERS ? `, or lower the key to ${most - OTHERS}` : '';
  if (most === undefined || most >= wanted) return undefined;
  return {
    path: 'listen.limits.connections',
    value: String(connections),
    message: `the system lets this process open only ${most} files: when they are used up, clients are disconnected without an answer`,
    remedy: `Allow ${wanted} (LimitNOFILE= in systemd, --ulimit nofile= in Docker, ulimit -Hn in a shell)${lower}.`,
  };
}

/** Node.js has raised the soft limit to the hard one. Undefined: no limit, or none that is known here. */
function mostOpenFiles(): number | undefined {
  try {
    const [, soft] = /^Max open files +([0-9]+) /m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}
