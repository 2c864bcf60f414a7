// `npm run fuzz -- --seconds N --seed S [--codec] [--messages N]`: throws mutated and generated messages at the product, or at the codec alone.
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { fuzzCodec } from './codec.js';
import { findingText, type Progress, progressLine, type Result } from './report.js';
import { fuzzSockets } from './sockets.js';

const DEFAULT_SECONDS = 60;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string' },
    messages: { type: 'string' },
    seed: { type: 'string' },
    codec: { type: 'boolean', default: false },
  },
});

function numberOf(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (!/^[0-9]+$/.test(text)) {
    process.stderr.write(`fuzz: --${name} takes a whole number\n`);
    process.exit(2);
  }
  return Number(text);
}

const seed = numberOf('seed', values.seed, randomInt(2 ** 31));
const messages = numberOf('messages', values.messages, Number.POSITIVE_INFINITY);
const seconds = numberOf('seconds', values.seconds, values.messages === undefined ? DEFAULT_SECONDS : 86_400);
const startedAt = performance.now();
const { stdout } = process;
let lastLine = 0;

/** Once a second, and only for eyes. */
function progress(state: Progress): void {
  const now = performance.now();
  if (!stdout.isTTY || now - lastLine < 1000) return;
  lastLine = now;
  stdout.write(`\r\x1b[K${progressLine(state, now - startedAt)}`);
}

stdout.write(`fuzzing ${values.codec ? 'the codec' : 'the product over sockets'} with --seed ${seed}\n`);
const run = values.codec ? fuzzCodec : fuzzSockets;
const result: Result = await run({ seed, time: seconds * 1000, messages, progress });
const took = performance.now() - startedAt;
if (stdout.isTTY) stdout.write('\r\x1b[K');
stdout.write(`${progressLine(result, took)}, --seed ${seed}\n`);
if (result.finding === undefined) stdout.write('nothing was found\n');
else stdout.write(findingText(result.finding, seed));
process.exitCode = result.finding === undefined ? 0 : 1;
