// The fuzzer as somebody runs it, against the product as it is: mutated and generated messages in number do no harm.
import { spawn } from 'node:child_process';
import t from 'tap';

function cli(...args: string[]): Promise<{ code: number | null; out: string }> {
  const child = spawn(process.execPath, ['--import=tsx', 'fuzz/main.ts', ...args], {
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk;
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out })));
}

t.test(
  'a hundred thousand messages that make no sense do no harm; seed and figures are printed, and the code is 0 (R61, R103)',
  async (t) => {
    const codec = await cli('--codec', '--messages', '20000', '--seed', '11');
    t.equal(codec.code, 0, codec.out);
    t.match(codec.out, /20,000 messages, [0-9,]+ a second, --seed 11\nnothing was found\n$/);
    const sockets = await cli('--messages', '100000');
    t.equal(sockets.code, 0, sockets.out);
    t.match(sockets.out, /with --seed \d+\n[0-9,]+ messages, .* answers, [0-9,]+ good operations, \d+ MiB/);
    t.equal((await cli('--seconds', 'x')).code, 2);
  },
);
