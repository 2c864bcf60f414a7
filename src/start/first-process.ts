// The process that a container begins with. The kernel drops a signal to it for which there is no handler, where any other process would end.

/**
 * Ends the process at SIGTERM and SIGINT with the usual 128+n, as long as no command has a handler of its own (`untilSignal`). It stays beside
 * that: Node forgets a signal that came while it was busy, if the last handler goes before it gets to it.
 */
export function endAtSignals(): void {
  const end = (signal: NodeJS.Signals, number: number) => {
    if (process.listenerCount(signal) === 1) process.exit(128 + number);
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
}
