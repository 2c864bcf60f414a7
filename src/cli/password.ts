// A password from standard input: bytes from a pipe, or a line that is typed and not shown.
import { createInterface } from 'node:readline';
import type { CliIo } from './io.js';

/** The password's bytes; empty if none came. */
export function readPassword(io: CliIo): Promise<Buffer> {
  return io.stdin.isTTY === true ? asked(io) : piped(io);
}

/** From a pipe: all of it, less one line end. */
async function piped(io: CliIo): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of io.stdin) chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  const all = Buffer.concat(chunks);
  const end = all.at(-1) === 0x0a ? (all.at(-2) === 0x0d ? 2 : 1) : 0;
  return all.subarray(0, all.length - end);
}

/** From a terminal: one line that is not shown. */
function asked(io: CliIo): Promise<Buffer> {
  io.stderr.write('Password (not shown): ');
  const lines = createInterface({ input: io.stdin, terminal: true });
  return new Promise((resolve) => {
    let isDone = false;
    const done = (password: Buffer) => {
      if (isDone) return;
      isDone = true;
      lines.close();
      io.stderr.write('\n');
      resolve(password);
    };
    lines.once('line', (line) => done(Buffer.from(line, 'utf8')));
    lines.once('close', () => done(Buffer.alloc(0)));
  });
}
