// The process that a container begins with. The kernel drops a signal to it for which there is no handler, where any other process would end.

/** Ends the process at SIGTERM and SIGINT with the usual 128+n, until a command has handlers of its own (`untilSignal`). */
export function endAtSignals(): void {
  const end = (_: NodeJS.Signals, number: number) => process.exit(128 + number);
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
}
