// The quick ways of a bind, to the upstream and back, say exactly what the general encoder and decoder say.
import fc from 'fast-check';
import t from 'tap';
import type { Control, LDAPMessage } from '../../src/ldap/message.js';
import { encodeBindRequest, nextMessageID, setMessageID } from '../../src/wire/bind-request.js';
import { plainBindCode } from '../../src/wire/bind-response.js';
import { PASSWORD_POLICY } from '../../src/wire/controls.js';
import { decodeResponse } from '../../src/wire/decode.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { Framer } from '../../src/wire/frame.js';

/** Around the lengths at which a header grows. */
const lengths = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.constantFrom(0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000, 70_000),
);
const passwords = lengths.chain((length) => fc.uint8Array({ minLength: length, maxLength: length })).map(Buffer.from);
const names = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  lengths.map((length) => 'x'.repeat(length)),
  // Halves of surrogate pairs.
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 50 }).map((units) => String.fromCharCode(...units)),
);
const ids = fc.integer({ min: 0x80, max: 0x7fff });

t.test('a request is what the general encoder makes of it, whatever its ID was before', async () => {
  const property = (name: string, password: Buffer, asksPolicy: boolean, [before, id]: [number, number]) => {
    const request = encodeBindRequest(name, password, asksPolicy);
    for (const each of [before, id]) setMessageID(request, each);
    const controls: Control[] = [{ type: PASSWORD_POLICY, critical: false }];
    const general = encodeMessage({
      messageID: id,
      op: { kind: 'bindRequest', version: 3, name, authentication: { method: 'simple', password } },
      ...(asksPolicy ? { controls } : {}),
    });
    return request.equals(general);
  };
  fc.assert(fc.property(names, passwords, fc.boolean(), fc.tuple(ids, ids), property), { numRuns: 200 });
});

t.test('a request is a copy of its own: what is wiped on either side is there on the other', async (t) => {
  const password = Buffer.from('correct horse');
  const request = encodeBindRequest('uid=a', password, true);
  t.ok(request.includes('correct horse'));
  password.fill(0);
  t.ok(request.includes('correct horse'));
});

t.test('message IDs have two octets and none follows itself; all are used before one comes again', async (t) => {
  const seen = new Set<number>();
  let id = nextMessageID(0);
  for (; !seen.has(id); id = nextMessageID(id)) seen.add(id);
  t.equal(seen.size, 0x8000 - 0x80);
  t.ok([...seen].every((each) => each >= 0x80 && each <= 0x7fff));
});

/** The code of a message that is one bindResponse with nothing but a code and a text, or why it is not one, by the general decoder. */
function generalCode(octets: Buffer, messageID: number): number | undefined {
  const framer = new Framer(64 * 1024);
  let answer: LDAPMessage;
  try {
    // The framer may wipe what it is given.
    framer.push(Buffer.from(octets));
    const pdu = framer.next();
    if (pdu === undefined || framer.pendingBytes > 0) return undefined;
    answer = decodeResponse(pdu);
  } catch {
    return undefined;
  }
  const { op } = answer;
  if (op.kind !== 'bindResponse' || answer.messageID !== messageID || answer.controls !== undefined) return undefined;
  const { code, matchedDN, referral } = op.result;
  const isPlain = matchedDN === '' && referral === undefined && op.serverSaslCreds === undefined;
  return isPlain && (code === 0 || code === 49) ? code : undefined;
}

const messageIDs = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  ids,
  fc.constantFrom(0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0x7fffff, 0x800000, 2 ** 31 - 1),
);
const optional = <Value>(value: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
const texts = fc.oneof(fc.string({ maxLength: 20 }), fc.string({ unit: 'binary', maxLength: 130 }));
/** Answers, nearly all plain. */
const answers = fc
  .record({
    messageID: messageIDs,
    code: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(0, 49) },
      { weight: 1, arbitrary: fc.integer({ min: -1, max: 300 }) },
    ),
    matchedDN: optional(fc.string({ maxLength: 5 })),
    text: texts,
    referral: optional(fc.array(fc.string({ maxLength: 5 }), { maxLength: 2 })),
    credentials: optional(fc.uint8Array({ maxLength: 5 }).map(Buffer.from)),
    controls: optional(fc.array(fc.record({ type: fc.constant('1.2'), critical: fc.boolean() }), { maxLength: 2 })),
  })
  .map(({ messageID, code, matchedDN = '', text, referral, credentials, controls }) => ({
    messageID,
    octets: encodeMessage({
      messageID,
      op: {
        kind: 'bindResponse',
        result: { code, matchedDN, text, ...(referral === undefined ? {} : { referral }) },
        ...(credentials === undefined ? {} : { serverSaslCreds: credentials }),
      },
      ...(controls === undefined ? {} : { controls }),
    }),
  }));

/** Octets that are changed, dropped, doubled, or followed by others. */
const mutations = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constantFrom('set', 'insert'), at: fc.nat(40), octet: fc.nat(255) }),
    fc.record({ kind: fc.constant('nudge'), at: fc.nat(40), octet: fc.constantFrom(1, 255, 0x80) }),
    fc.record({ kind: fc.constant('drop'), at: fc.nat(40), octet: fc.constant(0) }),
  ),
  { maxLength: 3 },
);

function mutated(octets: Buffer, changes: readonly { kind: string; at: number; octet: number }[]): Buffer {
  const list = [...octets];
  for (const { kind, at, octet } of changes) {
    if (kind === 'insert') list.splice(at, 0, octet);
    else if (kind === 'drop') list.splice(at, 1);
    else if (at < list.length) list[at] = kind === 'set' ? octet : (list[at]! + octet) & 0xff;
  }
  return Buffer.from(list);
}

t.test(
  'an answer that is recognized by its octets is what the general decoder says, whatever happened to them',
  async (t) => {
    let told = 0;
    const agrees = (octets: Buffer, messageID: number) => {
      // Behind the octets that came there are older ones.
      const room = Buffer.concat([octets, Buffer.from('300c02010161070a010004000400', 'hex')]);
      const code = plainBindCode(room, octets.length, messageID);
      if (code >= 0) told++;
      return code < 0 || code === generalCode(octets, messageID);
    };
    fc.assert(
      fc.property(
        answers,
        fc.option(mutations, { nil: undefined, freq: 2 }),
        fc.nat(9),
        ({ octets, messageID }, changes = [], other) =>
          agrees(mutated(octets, changes), other === 0 ? messageID + 1 : messageID),
      ),
      { numRuns: 20_000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), messageIDs, (octets, id) => agrees(Buffer.from(octets), id)),
    );
    t.ok(told > 3000, `${told} were recognized by their octets`);
  },
);

t.test('plain answers with short texts are recognized by their octets: the quick way is taken', async (t) => {
  let told = 0;
  const property = (code: number, messageID: number, text: string) => {
    const octets = encodeMessage({ messageID, op: { kind: 'bindResponse', result: { code, matchedDN: '', text } } });
    if (octets.length > 0x81) return true;
    told++;
    return plainBindCode(octets, octets.length, messageID) === code;
  };
  fc.assert(fc.property(fc.constantFrom(0, 49), messageIDs, texts, property), { numRuns: 1000 });
  t.ok(told > 500);
});

t.test('each octet of a plain answer counts', async (t) => {
  for (const [code, text] of [
    [0, ''],
    [49, 'wrong'],
  ] as const) {
    const octets = encodeMessage({
      messageID: 0x1234,
      op: { kind: 'bindResponse', result: { code, matchedDN: '', text } },
    });
    t.equal(plainBindCode(octets, octets.length, 0x1234), code);
    for (let at = 0; at < octets.length; at++)
      for (let octet = 0; octet < 0x100; octet++) {
        const changed = Buffer.from(octets);
        changed[at] = octet;
        const quick = plainBindCode(changed, changed.length, 0x1234);
        const general = generalCode(changed, 0x1234) ?? -1;
        if (quick !== general) t.equal(quick, general, `octet ${at} is ${octet}`);
      }
  }
});
