// `npm run fuzz`: throws mutated and generated messages at the product, or at the codec alone; with --coverage, inputs at its parsers.
import { randomInt } from 'node:crypto';
import { readArguments, wholeNumber } from './arguments.js';
import { fuzzCodec } from './codec.js';
import { runGuided, runInput, TARGETS } from './guided/run.js';
import { findingText, type Progress, progressLine, type Result } from './report.js';
import { fuzzSockets } from './sockets.js';

const DEFAULT_SECONDS = 60;

const USAGE = `npm run fuzz -- [--seconds ${DEFAULT_SECONDS}] [--seed N] [--messages N] [--codec]
npm run fuzz -- --coverage TARGET|all [--seconds ${DEFAULT_SECONDS}] [--seed N] [--messages N] [--corpus FOLDER]
npm run fuzz -- --coverage TARGET --input HEX

Throws mutated and generated messages at the product over many connections, while good clients are watched; with --codec at the
codec alone. With --coverage, a parser (${Object.keys(TARGETS).join(', ')}) is run with counters in it, and inputs that take a new branch are
mutated further; --corpus keeps them for the next run, --input runs one again. Times and numbers count for each target.
A finding is printed with its seed and its smallest input. Ends with 0 if nothing was found, else with 1.

  npm run fuzz -- --seconds 300
  npm run fuzz -- --codec --messages 1000000 --seed 20261126
  npm run fuzz -- --coverage all --seconds 60`;

const values = readArguments(USAGE, {
  seconds: { type: 'string' },
  messages: { type: 'string' },
  seed: { type: 'string' },
  codec: { type: 'boolean', default: false },
  coverage: { type: 'string' },
  corpus: { type: 'string' },
  input: { type: 'string' },
});
const seed = wholeNumber('seed', values.seed, randomInt(2 ** 31));
const messages = wholeNumber('messages', values.messages, Number.POSITIVE_INFINITY);
const seconds = wholeNumber('seconds', values.seconds, values.messages === undefined ? DEFAULT_SECONDS : 86_400);
const startedAt = performance.now();
const { stdout } = process;
let lastLine = 0;

/** Once a second, and only on a terminal. */
function show(line: () => string): void {
  const now = performance.now();
  if (!stdout.isTTY || now - lastLine < 1000) return;
  lastLine = now;
  stdout.write(`\r\x1b[K${line()}`);
}

function write(text: string): void {
  stdout.write(stdout.isTTY ? `\r\x1b[K${text}` : text);
}

/** True if nothing was found. */
async function guided(coverage: string): Promise<boolean> {
  const names = coverage === 'all' ? Object.keys(TARGETS) : [coverage];
  const isHex = values.input === undefined || /^([0-9a-f]{2})*$/i.test(values.input);
  if (
    !names.every((name) => Object.hasOwn(TARGETS, name)) ||
    !isHex ||
    (values.input !== undefined && names.length > 1)
  ) {
    process.stderr.write(
      `--coverage takes one of ${Object.keys(TARGETS).join(', ')}, all; --input one of them and hex\n`,
    );
    process.exit(2);
  }
  if (values.input !== undefined) return runInput(coverage, Buffer.from(values.input, 'hex'), write);
  const progress = (line: string) => show(() => line);
  const { corpus } = values;
  return runGuided({ names, seed, time: seconds * 1000, executions: messages, corpus, write, progress });
}

/** True if nothing was found. */
async function unguided(): Promise<boolean> {
  const progress = (state: Progress) => show(() => progressLine(state, performance.now() - startedAt));
  stdout.write(`fuzzing ${values.codec ? 'the codec' : 'the product over sockets'} with --seed ${seed}\n`);
  const run = values.codec ? fuzzCodec : fuzzSockets;
  const result: Result = await run({ seed, time: seconds * 1000, messages, progress });
  write(`${progressLine(result, performance.now() - startedAt)}, --seed ${seed}\n`);
  stdout.write(result.finding === undefined ? 'nothing was found\n' : findingText(result.finding, seed));
  return result.finding === undefined;
}

const isClean = values.coverage === undefined ? await unguided() : await guided(values.coverage);
process.exitCode = isClean ? 0 : 1;
