// The codec: what it writes it reads again, and an invalid message is refused without harm.
import { deepEqual, throws } from 'node:assert';
import fc from 'fast-check';
import t from 'tap';
import { BerReader, BerWriter, Tag } from '../../src/wire/ber.js';
import { decodePolicyNews, encodePolicyNews } from '../../src/wire/controls.js';
import { decodeMessage, decodeRequest, decodeResponse } from '../../src/wire/decode.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { ProtocolError } from '../../src/wire/errors.js';
import { Framer } from '../../src/wire/frame.js';
import { message, octets, request, response } from '../support/arbitrary.js';
import { simpleBind } from '../support/client.js';

const runs = { numRuns: 400 };
const hex = (text: string) => Buffer.from(text.replace(/\s/g, ''), 'hex');

t.test('decoding what was encoded gives the same request and response', async () => {
  fc.assert(
    fc.property(message(request), (m) => deepEqual(decodeRequest(encodeMessage(m)), m)),
    { numRuns: 300 },
  );
  fc.assert(
    fc.property(message(response), (m) => deepEqual(decodeResponse(encodeMessage(m)), m)),
    { numRuns: 300 },
  );
});

t.test(
  'a writer that has to grow writes what one with room writes, and never what the memory held before',
  async (t) => {
    const write = (writer: BerWriter) => {
      for (let i = 0; i < 12; i++) {
        writer.octets(Buffer.alloc(i * 7, i));
        writer.integer(-(2 ** (2 * i)));
        writer.boolean(i % 2 === 0);
        writer.text('ä'.repeat(i * 5));
      }
      writer.wrap(Tag.sequence, 0);
      return writer.finish().toString('hex');
    };
    const roomy = write(new BerWriter(4096));
    const sizes = Array.from({ length: 600 }, (_, size) => size);
    t.same(
      sizes.filter((size) => write(new BerWriter(size)) !== roomy),
      [],
    );
    const long = fc.tuple(message(response), fc.nat(1200)).map(([m, length]) => ({
      ...m,
      controls: [{ type: '1.2.3', critical: true, value: Buffer.alloc(length, 0x61) }],
    }));
    fc.assert(fc.property(long, (m) => deepEqual(decodeResponse(encodeMessage(m)), m)));
  },
);

t.test('an integer is its two’s complement, and has one form only (R51)', async () => {
  const numbers = fc.oneof(fc.integer(), fc.constantFrom(...[7, 8, 15, 16, 23, 24, 31].flatMap((n) => near(2 ** n))));
  fc.assert(
    fc.property(numbers, (value) => {
      const writer = new BerWriter();
      writer.integer(value);
      const written = writer.finish();
      const octets = [1, 2, 3, 4, 5].find((n) => value >= -(2 ** (8 * n - 1)) && value < 2 ** (8 * n - 1));
      if (written.length - 2 !== octets || written.readIntBE(2, octets) !== value) return false;
      return octets === 5 || new BerReader(written).integer() === value;
    }),
    { numRuns: 1000 },
  );
  const content = fc.uint8Array({ minLength: 1, maxLength: 4 });
  const edges = fc.array(fc.constantFrom(0, 1, 0x7f, 0x80, 0xfe, 0xff), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.oneof(content, edges), ([...octets]) => {
      const value = Buffer.from(octets).readIntBE(0, octets.length);
      const isShorter = octets.length > 1 && Buffer.from(octets).readIntBE(1, octets.length - 1) === value;
      const read = () => new BerReader(Buffer.from([Tag.integer, octets.length, ...octets])).integer();
      if (!isShorter) return read() === value;
      throws(read, ProtocolError);
      return true;
    }),
    { numRuns: 2000 },
  );
});

/** Numbers around an edge, on both sides of zero. */
function near(edge: number): number[] {
  return [edge - 1, edge, -edge, -edge - 1];
}

t.test('any octets give a message or a ProtocolError (R51, R57, R103)', async (t) => {
  const isFine = (pdu: Buffer) => {
    try {
      decodeMessage(pdu);
      return true;
    } catch (error) {
      return error instanceof ProtocolError;
    }
  };
  fc.assert(fc.property(octets, isFine), runs);
  const mutated = fc
    .tuple(message(request), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }))
    .map(([m, edits]) => {
      const pdu = encodeMessage(m);
      for (const [at, octet] of edits) pdu[at % pdu.length] = octet;
      return pdu;
    });
  fc.assert(fc.property(mutated, isFine), { numRuns: 2000 });
  t.pass('no other error was seen');
});

t.test('any split of the octets gives the same messages (R58)', async (t) => {
  fc.assert(
    fc.property(
      fc.array(message(request), { minLength: 1, maxLength: 5 }),
      fc.array(fc.nat(60), { maxLength: 80 }),
      (messages, sizes) => {
        const stream = Buffer.concat(messages.map((m) => encodeMessage(m)));
        const framer = new Framer(1024 * 1024);
        const seen: unknown[] = [];
        let at = 0;
        for (const size of [...sizes, stream.length]) {
          framer.push(stream.subarray(at, at + size));
          at += size;
          for (let pdu = framer.next(); pdu !== undefined; pdu = framer.next()) seen.push(decodeRequest(pdu));
        }
        deepEqual(seen, messages);
        return framer.pendingBytes === 0;
      },
    ),
    { numRuns: 100 },
  );
  t.pass('none differed');
});

t.test('one octet at a time', async (t) => {
  const pdu = encodeMessage({ messageID: 7, op: simpleBind('cn=x', Buffer.alloc(20_000, 0x61)) });
  const framer = new Framer(64 * 1024);
  let found: Buffer | undefined;
  let early = false;
  for (const octet of pdu) {
    early ||= found !== undefined;
    framer.push(Buffer.of(octet));
    found = framer.next();
  }
  t.notOk(early, 'not before the last octet');
  t.ok(found?.equals(pdu));
});

t.test('unacceptable headers are refused as soon as they are there (R53, R54, R59)', async (t) => {
  for (const [name, header] of [
    ['2^32-1', '30 84 ff ff ff ff'],
    ['2^31', '30 84 80 00 00 00'],
    ['five octets', '30 85 00'],
    ['eight octets', '30 88 ff'],
    ['reserved', '30 ff'],
    ['indefinite', '30 80'],
    ['above the limit', '30 83 01 00 01'],
    ['zeros', '00'],
    ['HTTP', '47 45 54 20'],
    ['TLS hello', '16 03 01'],
  ] as const) {
    const framer = new Framer(64 * 1024);
    framer.push(hex(header));
    t.throws(() => framer.next(), { name: 'ProtocolError' }, name);
  }
  for (const length of ['81 07', '82 00 07', '83 00 00 07', '84 00 00 00 07']) {
    const pdu = hex(`30 ${length} 02 01 01 42 00 a0 00`);
    t.equal(decodeRequest(pdu).op.kind, 'unbindRequest', `the longer form ${length} is accepted`);
  }
});

t.test(
  'envelopes that cannot be read end the connection; operations that cannot be read are answered (R14, R16, R37, R38, R39, R48, R51, R52, R55, R56)',
  async (t) => {
    const table: [name: string, pdu: string, answerable: boolean][] = [
      ['negative message ID', '30 05 02 01 ff 42 00', false],
      ['message ID of no octets', '30 04 02 00 42 00', false],
      ['over-long message ID', '30 06 02 02 00 01 42 00', false],
      ['five-octet message ID', '30 09 02 05 01 00 00 00 00 42 00', false],
      ['unknown operation', '30 05 02 01 01 5f 00', false],
      ['a response as a request', '30 0c 02 01 01 61 07 0a 01 00 04 00 04 00', false],
      ['operation reaches beyond', '30 05 02 01 01 60 7f', false],
      ['surplus behind the message', '30 05 02 01 01 42 00 00', false],
      ['bind without fields', '30 05 02 01 01 60 00', true],
      ['bind with a second password', '30 10 02 01 01 60 0b 02 01 03 04 00 80 01 61 80 01 62', true],
      ['bind with an over-long version', '30 0d 02 01 01 60 08 02 02 00 03 04 00 80 00', true],
      ['constructed string', '30 0e 02 01 01 60 09 02 01 03 24 02 04 00 80 00', true],
      ['control without a type', '30 0b 02 01 01 42 00 a0 04 30 02 04 00', true],
      ['malformed controls', '30 07 02 01 01 42 00 a0 00', false],
    ];
    for (const [name, pdu, answerable] of table) {
      if (name === 'malformed controls') {
        t.same(decodeRequest(hex(pdu)).controls, [], 'an empty list of controls is harmless');
        continue;
      }
      try {
        decodeRequest(hex(pdu));
        t.fail(name);
      } catch (error) {
        t.ok(error instanceof ProtocolError, name);
        t.equal((error as ProtocolError).messageID, answerable ? 1 : undefined, `${name}: message ID`);
      }
    }
  },
);

/** What a search asks too much of. */
function excessOf(pdu: Buffer): string | undefined {
  const { op } = decodeRequest(pdu);
  return op.kind === 'searchRequest' ? op.excess : op.kind;
}

t.test('filters are limited in depth and size before they are evaluated (R39)', async (t) => {
  const base = {
    baseObject: '',
    scope: 0,
    derefAliases: 0,
    sizeLimit: 0,
    timeLimit: 0,
    typesOnly: false,
    attributes: [],
  } as const;
  const nested = (depth: number) => {
    let octets = hex('87 02 63 6e');
    for (let i = 0; i < depth; i++) {
      const length = octets.length;
      const header =
        length < 0x80
          ? [length]
          : length < 0x100
            ? [0x81, length]
            : length < 0x10000
              ? [0x82, length >> 8, length & 0xff]
              : [0x83, length >> 16, (length >> 8) & 0xff, length & 0xff];
      octets = Buffer.concat([Buffer.of(0xa2, ...header), octets]);
    }
    const marker = encodeMessage({
      messageID: 1,
      op: { kind: 'searchRequest', ...base, filter: { kind: 'present', attribute: 'cn' } },
    });
    const at = marker.indexOf(hex('87 02 63 6e'));
    const body = Buffer.concat([marker.subarray(7, at), octets, hex('30 00')]);
    const wrap = (tag: number, content: Buffer) =>
      Buffer.concat([
        Buffer.of(tag, 0x84),
        Buffer.from([
          content.length >>> 24,
          (content.length >>> 16) & 255,
          (content.length >>> 8) & 255,
          content.length & 255,
        ]),
        content,
      ]);
    return wrap(0x30, Buffer.concat([hex('02 01 01'), wrap(0x63, body)]));
  };
  t.equal(decodeRequest(nested(20)).op.kind, 'searchRequest', 'depth 20 works');
  t.equal(excessOf(nested(249)), undefined, 'and 250 levels');
  for (const depth of [250, 1000, 10_000])
    t.equal(excessOf(nested(depth)), 'a filter of more than 250 levels', `depth ${depth}`);
  const wide = (n: number) =>
    encodeMessage({
      messageID: 1,
      op: {
        kind: 'searchRequest',
        ...base,
        filter: {
          kind: 'or',
          filters: Array.from({ length: n }, () => ({ kind: 'present', attribute: 'cn' }) as const),
        },
      },
    });
  t.equal(excessOf(wide(24_999)), undefined);
  t.equal(excessOf(wide(25_000)), 'a filter of more than 25,000 parts');
  const listing = (n: number) =>
    encodeMessage({
      messageID: 1,
      op: {
        kind: 'searchRequest',
        ...base,
        filter: { kind: 'present', attribute: 'cn' },
        attributes: Array<string>(n).fill('cn'),
      },
    });
  t.equal(excessOf(listing(5000)), undefined);
  t.equal(excessOf(listing(5001)), 'a list of more than 5,000 attributes');
  t.match(decodeRequest(listing(5001)).op, { filter: { filters: [] }, attributes: [] }, 'neither half a list');
  const cut = wide(25_000).subarray(0, -2);
  const ids = cut.indexOf(Buffer.from([0x02, 0x01, 0x01]));
  t.ok(ids > 0);
  t.throws(() => decodeRequest(cut), { name: 'ProtocolError' }, 'nor a message that is cut off');
});

t.test('password policy news: as OpenLDAP writes them, and anything else says nothing', async (t) => {
  for (const [octets, news] of [
    ['3000', {}],
    ['3005a00380010a', { secondsLeft: 10 }],
    ['3005a003810103', { logInsLeft: 3 }],
    ['3003810101', { error: 1 }],
    ['3008a003810100810102', { logInsLeft: 0, error: 2 }],
  ] as const) {
    t.same(decodePolicyNews(Buffer.from(octets, 'hex')), news, octets);
    t.equal(encodePolicyNews(news).toString('hex'), octets);
  }
  for (const octets of [
    '',
    '30',
    '3005a00380010aff',
    '3005a0038001ff',
    '3003810109',
    '30038101ff',
    '3005a003820101',
    '300402020101',
  ])
    t.equal(decodePolicyNews(Buffer.from(octets, 'hex')), undefined, octets);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (octets) => {
      const news = decodePolicyNews(Buffer.from(octets));
      return news === undefined || decodePolicyNews(encodePolicyNews(news)) !== undefined;
    }),
  );
});
