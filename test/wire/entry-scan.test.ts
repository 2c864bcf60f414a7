// An entry that is gone through is taken, counted and refused as one that is decoded.
import fc from 'fast-check';
import t from 'tap';
import { decodeResponse } from '../../src/wire/decode.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { scanEntry } from '../../src/wire/entry-scan.js';

const octets = fc.uint8Array({ maxLength: 40 }).map((some) => Buffer.from(some));
const entry = fc.record({
  kind: fc.constant('searchResultEntry' as const),
  objectName: fc.string({ maxLength: 30 }),
  attributes: fc.array(fc.record({ type: fc.string({ maxLength: 10 }), values: fc.array(octets, { maxLength: 4 }) }), {
    maxLength: 5,
  }),
});
const control = fc.record({ type: fc.string({ maxLength: 12 }), critical: fc.boolean(), value: octets });
const message = fc
  .record({
    messageID: fc.nat(),
    op: entry,
    controls: fc.option(fc.array(control, { maxLength: 2 }), { nil: undefined }),
  })
  .map(({ controls, ...rest }) => encodeMessage(controls === undefined ? rest : { ...rest, controls }));
/** Some are whole, some have one octet that is another, some end too early or go on. */
const damaged = fc
  .tuple(message, fc.nat(), fc.nat(255), fc.constantFrom('whole', 'octet', 'cut', 'longer'))
  .map(([pdu, at, octet, how]) => {
    if (how === 'whole') return pdu;
    if (how === 'longer') return Buffer.concat([pdu, Buffer.from([octet])]);
    if (how === 'cut') return pdu.subarray(0, at % pdu.length);
    const other = Buffer.from(pdu);
    other[at % pdu.length] = octet;
    return other;
  });

/** What a function says of it: its result, or its error's kind and words. */
function said(find: () => unknown): unknown {
  try {
    return find();
  } catch (error) {
    return `${(error as Error).constructor.name}: ${(error as Error).message}`;
  }
}

function byDecoding(pdu: Buffer): unknown {
  const { messageID, op } = decodeResponse(pdu);
  if (op.kind !== 'searchResultEntry') return undefined;
  return { messageID, values: op.attributes.flatMap(({ values }) => values).length };
}

t.test('what is said of an entry is what decoding it would say, whole or damaged', async (t) => {
  let [taken, refused] = [0, 0];
  fc.assert(
    fc.property(damaged, (pdu) => {
      const expected = said(() => byDecoding(pdu));
      if (typeof expected === 'object') taken++;
      else if (typeof expected === 'string') refused++;
      t.strictSame(
        said(() => scanEntry(pdu)),
        expected,
        pdu.toString('hex'),
      );
    }),
    { numRuns: 2000 },
  );
  t.ok(taken > 200 && refused > 200, `${taken} taken, ${refused} refused`);
});
