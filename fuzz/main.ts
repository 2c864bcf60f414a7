// `npm run fuzz -- --seconds N --seed S [--codec] [--messages N]`: throws mutated and generated messages at the product, or at the codec alone.
import { randomInt } from 'node:crypto';
import { readArguments, wholeNumber } from './arguments.js';
import { fuzzCodec } from './codec.js';
import { findingText, type Progress, progressLine, type Result } from './report.js';
import { fuzzSockets } from './sockets.js';

const DEFAULT_SECONDS = 60;

const USAGE = `npm run fuzz -- [--seconds ${DEFAULT_SECONDS}] [--seed N] [--messages N] [--codec]

Throws mutated and generated messages at the product over many connections, while good clients are watched; with --codec at the
codec alone. A finding is printed with its seed and its smallest input. Ends with 0 if nothing was found, else with 1.

  npm run fuzz -- --seconds 300
  npm run fuzz -- --codec --messages 1000000 --seed 20261126`;

const values = readArguments(USAGE, {
  seconds: { type: 'string' },
  messages: { type: 'string' },
  seed: { type: 'string' },
  codec: { type: 'boolean', default: false },
});
const seed = wholeNumber('seed', values.seed, randomInt(2 ** 31));
const messages = wholeNumber('messages', values.messages, Number.POSITIVE_INFINITY);
const seconds = wholeNumber('seconds', values.seconds, values.messages === undefined ? DEFAULT_SECONDS : 86_400);
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
