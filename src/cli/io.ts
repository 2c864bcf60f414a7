// What a command may touch of the process: handed in, so that commands can be tested.

export interface CliIo {
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** What a shell reports of a program that the end of its pipe has ended: 128 and SIGPIPE's number. */
const READER_GONE = 141;

/** For errors of `stdout`, while output is what the command is for: quietly where its reader went away, as `head` does, else with the reason. */
export function endWithOutput(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(READER_GONE);
  complain(process.stderr, `jumpgate: standard output: ${error.message}\n`);
  process.exit(1);
}

/** Readies the process's own streams: errors of theirs end a command in order, and complaints that nobody reads end nothing. */
export function guardStreams({ stdout, stderr }: Pick<CliIo, 'stdout' | 'stderr'>): void {
  stdout.on('error', endWithOutput);
  stderr.on('error', () => {});
}

/** For commands that go on without their output: `serve` and `demo`. */
export function outliveOutput({ stdout }: Pick<CliIo, 'stdout'>): void {
  stdout.on('error', () => {});
  stdout.removeListener('error', endWithOutput);
}

/** Writes to standard error, if that takes it. */
export function complain(stderr: NodeJS.WritableStream, text: string): void {
  try {
    stderr.write(text);
  } catch {}
}
