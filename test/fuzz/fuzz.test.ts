// The fuzzer itself: it finds what was planted, makes it small, says how to have it again, and finds nothing where nothing is.
import { spawn } from 'node:child_process';
import t from 'tap';
import { fuzzCodec } from '../../fuzz/codec.js';
import { conversation } from '../../fuzz/conversation.js';
import { corpus } from '../../fuzz/corpus.js';
import { Random } from '../../fuzz/random.js';
import { findingText } from '../../fuzz/report.js';
import { fuzzSockets } from '../../fuzz/sockets.js';
import { decodeRequest } from '../../src/wire/decode.js';

const HOUR = 3_600_000;
const ALICE = { name: 'uid=a', password: 'x' };

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

t.test('a defect planted in the decoder is found, made small, and found again by its seed', async (t) => {
  const decode: typeof decodeRequest = (pdu) => {
    const message = decodeRequest(pdu);
    if (message.op.kind === 'compareRequest' && (message.controls?.length ?? 0) > 1) throw new TypeError('planted');
    return message;
  };
  const find = (seed: number) => fuzzCodec({ seed, time: HOUR, messages: 200_000, decode });
  const { finding } = await find(7);
  t.match(finding?.what, /TypeError: planted/);
  const [input] = finding?.input ?? [];
  t.throws(() => decode(input ?? Buffer.alloc(0)), { message: 'planted' }, 'the small one does it as well');
  t.ok((input?.length ?? 99) <= 32, `${input?.length} octets`);
  t.same((await find(7)).finding?.input, finding?.input, 'the same seed, the same input');
  t.match(findingText(finding!, 7), `--seed 7`);
  t.match(findingText(finding!, 7), input?.toString('hex') ?? '-');
});

t.test('a decoder that reads something else the second time, or that never advances, is found', async (t) => {
  const forgetful: typeof decodeRequest = (pdu) => {
    const message = decodeRequest(pdu);
    return message.op.kind === 'delRequest'
      ? { ...message, op: { ...message.op, entry: `${message.op.entry}x` } }
      : message;
  };
  const { finding } = await fuzzCodec({ seed: 1, time: HOUR, messages: 200_000, decode: forgetful });
  t.equal(finding?.what, 'read again it is another');
});

t.test('conversations depend on seed and number alone', async (t) => {
  const make = (seed: number) => {
    const valid = corpus(new Random(seed), 50);
    return [0, 1, 2, 3].map((number) => conversation(seed, number, valid, ALICE));
  };
  t.same(make(3), make(3));
  t.notSame(make(3), make(4));
});

t.test(
  'a defect planted in the product is found by its log, and the message that causes it is left alone',
  async (t) => {
    const program = ['--import=tsx', 'test/fuzz/planted-defect.ts'];
    const { finding, sent } = await fuzzSockets({ seed: 5, time: HOUR, messages: 2_000_000, program, trials: 150 });
    t.comment(`found after ${sent} messages`);
    t.match(finding?.what, /planted: another name/);
    t.equal(finding?.input.length, 1, 'one message');
    const [input] = finding?.input ?? [];
    t.match(decodeRequest(input ?? Buffer.alloc(0)).op, { kind: 'modDNRequest', newSuperior: String });
  },
);

t.test('the end of the process is found as well', async (t) => {
  const program = [
    '--import=tsx',
    '--import=data:text/javascript,process.env.PLANTED="crash"',
    'test/fuzz/planted-defect.ts',
  ];
  const { finding } = await fuzzSockets({ seed: 5, time: HOUR, messages: 2_000_000, program, trials: 6 });
  t.match(finding?.what, /the process has ended[\s\S]*planted/);
  t.ok((finding?.input.length ?? 0) > 0, 'with a conversation that does it');
});

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
