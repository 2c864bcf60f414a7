// The fuzzer itself: it finds what was planted, makes it small and says how to have it again.
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
  t.ok((input?.length ?? 99) <= 32, `${input?.length} bytes`);
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
    const { finding, sent } = await fuzzSockets({ seed: 5, time: HOUR, messages: 2_000_000, program, trials: 200 });
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
  const { finding } = await fuzzSockets({ seed: 5, time: HOUR, messages: 2_000_000, program, trials: 10 });
  t.match(finding?.what, /the process has ended[\s\S]*planted/);
  t.ok((finding?.input.length ?? 0) > 0, 'with a conversation that does it');
});
