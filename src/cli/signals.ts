// The signals that end a running command.

/** Resolves with the first SIGTERM or SIGINT; the second one ends the process at once with the usual 128+n. */
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
