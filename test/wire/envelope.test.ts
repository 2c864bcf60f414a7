// Envelopes looked at where they lie in a chunk: as if the message were alone, whatever is before and behind it.
import fc from 'fast-check';
import t from 'tap';
import { decodeRequest } from '../../src/wire/decode.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { idOctetsBefore, messageEnds, messageIDBefore, plainSearchStart, writeID } from '../../src/wire/envelope.js';
import { ProtocolError } from '../../src/wire/errors.js';
import { searchRequest, simpleBind } from '../support/client.js';

const padding = fc.uint8Array({ maxLength: 12 });
const ids = fc.oneof(
  fc.constantFrom(0, 1, 0x7f, 0x80, 0x7fff, 0x8000, 0x7fffff, 0x800000, 0x7fffffff),
  fc.nat(0x7fffffff),
);
const controls = fc.constantFrom({}, { controls: [{ type: '1.2.3', critical: false }] });
const search = fc
  .record({ base: fc.string({ maxLength: 300 }), messageID: ids, controls })
  .map(({ base, messageID, controls }) => encodeMessage({ messageID, op: searchRequest({ base }), ...controls }));
const bind = ids.map((messageID) => encodeMessage({ messageID, op: simpleBind('uid=ada', 'secret') }));

/** Frames whose content is anything: of a search that was changed here and there, or of no LDAP at all. */
const broken = fc
  .tuple(search, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }))
  .map(([pdu, changes]) => {
    const header = pdu[1]! < 0x80 ? 2 : 2 + (pdu[1]! & 0x7f);
    for (const [at, octet] of changes) pdu[header + (at % (pdu.length - header))] = octet;
    return pdu;
  });
const anything = fc.uint8Array({ maxLength: 100 }).map((content) => Buffer.from([0x30, content.length, ...content]));
const message = fc.oneof(search, bind, broken, anything);

/** What `decodeRequest` finds it to be: a search without controls, and under which ID. */
function plainID(pdu: Buffer): number | undefined {
  try {
    const { messageID, op, controls = [] } = decodeRequest(pdu);
    return op.kind === 'searchRequest' && controls.length === 0 ? messageID : undefined;
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

t.test('a plain search is one wherever it lies, and under the ID that the decoder reads', async (t) => {
  let found = 0;
  fc.assert(
    fc.property(message, padding, padding, (pdu, before, behind) => {
      const alone = plainSearchStart(pdu);
      const chunk = Buffer.concat([before, pdu, behind]);
      const at = before.length;
      const start = plainSearchStart(chunk, at, at + pdu.length);
      if (start !== (alone < 0 ? -1 : at + alone)) return false;
      const id = plainID(pdu);
      // The search itself may be broken: the envelope does not say.
      if (start < 0) return id === undefined;
      found++;
      const idOctets = idOctetsBefore(chunk, at, start);
      return id === undefined || messageIDBefore(chunk, start, idOctets) === id;
    }),
    { numRuns: 2000 },
  );
  t.ok(found > 100, `${found} searches`);
});

t.test('an ID is put into all messages, and nothing else changes', async (t) => {
  const text = fc.oneof(
    fc.string({ maxLength: 20 }),
    fc.nat(70_000).map((length) => 'x'.repeat(length)),
  );
  const lengths = [0x7f, 0x7fff, 0x7fffff, 0x7fffffff];
  fc.assert(
    fc.property(
      fc.array(text, { maxLength: 5 }),
      fc.nat(3),
      fc.nat(),
      fc.nat(),
      padding,
      (texts, octets, a, b, before) => {
        const least = octets === 0 ? 0 : lengths[octets - 1]! + 1;
        const id = (seed: number) => least + (seed % (lengths[octets]! - least + 1));
        const messages = (messageID: number) =>
          texts.map((text) =>
            encodeMessage({ messageID, op: { kind: 'searchResultDone', result: { code: 0, matchedDN: '', text } } }),
          );
        const memory = Buffer.concat([before, ...messages(id(a)), before]);
        const right = Buffer.concat([before, ...messages(id(b)), before]);
        const size = memory.length - 2 * before.length;
        writeID(memory, before.length, size, id(b), octets + 1);
        let end = 0;
        const ends = messages(id(b)).map(({ length }) => (end += length));
        return memory.equals(right) && String(messageEnds(memory, before.length, size)) === String(ends);
      },
    ),
    { numRuns: 300 },
  );
  t.pass('it is');
});
