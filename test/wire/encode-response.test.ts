// Responses written the quick ways: octet for octet what the plain encoder writes, whatever was written before into the same memory.
import fc from 'fast-check';
import t from 'tap';
import type { LDAPResult, Response } from '../../src/ldap/message.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { briefOctets, briefTag, ResponseEncoder, writeBrief } from '../../src/wire/encode-response.js';
import { message, response } from '../support/arbitrary.js';

const ids = fc.oneof(
  fc.nat(2 ** 31 - 1),
  fc.constantFrom(0, 1, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0x7f_ffff, 0x80_0000, 2 ** 31 - 1),
);

t.test('a response that says no more than a code is what the encoder makes of it', async (t) => {
  const kinds = fc.constantFrom('bindResponse', 'searchResultDone');
  fc.assert(
    fc.property(kinds, fc.nat(127), ids, fc.nat(40), (kind, code, messageID, at) => {
      const op: Response = { kind, result: { code, matchedDN: '', text: '' } };
      const memory = Buffer.alloc(80, 0xee);
      const octets = briefOctets(messageID);
      writeBrief(memory, at, messageID, briefTag(op), code);
      const expected = Buffer.alloc(80, 0xee);
      encodeMessage({ messageID, op }).copy(expected, at);
      return octets === encodeMessage({ messageID, op }).length && memory.equals(expected);
    }),
    { numRuns: 2000 },
  );
  t.pass('none differed');
});

t.test('a response that says more is none of those', async (t) => {
  const plain: LDAPResult = { code: 0, matchedDN: '', text: '' };
  const more: Partial<LDAPResult>[] = [
    { code: 128 },
    { code: -1 },
    { matchedDN: 'o=x' },
    { text: 'x' },
    { referral: [] },
  ];
  for (const kind of ['bindResponse', 'searchResultDone'] as const) {
    t.not(briefTag({ kind, result: plain }), 0, kind);
    for (const one of more) t.equal(briefTag({ kind, result: { ...plain, ...one } }), 0, JSON.stringify(one));
  }
  t.equal(briefTag({ kind: 'bindResponse', result: plain, serverSaslCreds: Buffer.alloc(0) }), 0);
  fc.assert(
    fc.property(message(response), ({ op }) => {
      const written = encodeMessage({ messageID: 1, op });
      return briefTag(op) === 0 || written.length === briefOctets(1);
    }),
  );
});

t.test('one encoder writes one response after the other as each alone', async (t) => {
  const encoder = new ResponseEncoder();
  const long = fc
    .tuple(message(response), fc.integer({ min: 60_000, max: 300_000 }))
    .map(([one, length]) => ({ ...one, controls: [{ type: '1.2', critical: true, value: Buffer.alloc(length, 7) }] }));
  const one = fc.oneof({ weight: 20, arbitrary: message(response) }, { weight: 1, arbitrary: long });
  fc.assert(
    fc.property(fc.array(one, { minLength: 1, maxLength: 6 }), fc.nat(9), (all, at) =>
      all.every((message) => {
        const octets = encoder.encode(message.messageID, message.op, message.controls);
        const memory = Buffer.alloc(at + octets + 3, 0xee);
        encoder.copyTo(memory, at);
        const rest = [Buffer.alloc(at, 0xee), encodeMessage(message), Buffer.alloc(3, 0xee)];
        return memory.equals(Buffer.concat(rest));
      }),
    ),
    { numRuns: 300 },
  );
  t.pass('none differed');
});
