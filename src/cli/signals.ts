// The signals that end a running command.

/** Resolves with the first SIGTERM or SIGINT; the second one ends the process immediately with the usual 128+n. */
export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let isFirst = true;
    const received = (signal: NodeJS.Signals, number: number) => {
      if (!isFirst) process.exit(128 + number);
      isFirst = false;
      resolve(signal);
    };
    process.on('SIGTERM', received);
    process.on('SIGINT', received);
  });
}

const ignore = () => {};

/**
 * SIGHUP and SIGUSR2 do nothing from now on, beside what a running server makes of them: Node.js ends a process at a signal that nobody listens to,
 * while it starts as well as while it finishes running operations.
 */
export function surviveReloads(): void {
  for (const signal of ['SIGHUP', 'SIGUSR2'] as const)
    if (!process.listeners(signal).includes(ignore)) process.on(signal, ignore);
}
