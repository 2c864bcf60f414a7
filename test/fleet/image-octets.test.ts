// A read of the upstream as bytes and back: nothing is lost, and garbled bytes cost no more than their size.
import fc from 'fast-check';
import t from 'tap';
import { KeptEntry } from '../../src/directory/kept-entry.js';
import type { UpstreamEntry, UpstreamImage } from '../../src/directory/reader.js';
import { GarbledImage, imageOctets, imageOf } from '../../src/fleet/image-octets.js';
import { runToEnd } from '../../src/runtime/cooperative.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { description, octets, text } from '../support/arbitrary.js';

const LIMITS = { entries: 10_000, entryOctets: 1024 * 1024 };

const plain = fc.record({
  dn: text,
  attributes: fc.array(fc.record({ type: description, values: fc.array(octets, { maxLength: 4 }) }), { maxLength: 4 }),
});
/** As the reader keeps it, with the message ID of some search. */
const kept = fc.tuple(plain, fc.integer({ min: 0, max: 2 ** 31 - 1 })).map(([{ dn, attributes }, messageID]) => {
  const op = { kind: 'searchResultEntry', objectName: dn, attributes } as const;
  return new KeptEntry(encodeMessage({ messageID, op }), () => false);
});
const entry: fc.Arbitrary<UpstreamEntry> = fc.oneof(plain, kept);
const image: fc.Arbitrary<UpstreamImage> = fc.record(
  {
    gates: fc.array(fc.tuple(text, entry), { maxLength: 3 }).map((gates) => new Map(gates)),
    everyone: fc.boolean(),
    missing: fc.array(
      fc.record(
        { name: text, cause: fc.constantFrom('no-group' as const, 'empty-group' as const) },
        { noNullPrototype: true },
      ),
      {
        minLength: 1,
        maxLength: 3,
      },
    ),
    users: fc.array(entry, { maxLength: 6 }),
    groups: fc.array(entry, { maxLength: 3 }),
    schema: entry,
    searchLimit: fc.record(
      {
        code: fc.constantFrom(3 as const, 4 as const, 11 as const),
        entries: fc.integer({ min: 0, max: 200_000 }),
      },
      { noNullPrototype: true },
    ),
  },
  { requiredKeys: ['gates', 'everyone', 'users', 'groups'] },
);

const said = ({ dn, attributes }: UpstreamEntry) => ({
  dn,
  attributes: attributes.map(({ type, values }) => ({ type, values: values.map((value) => value.toString('hex')) })),
});
const allSaid = (image: UpstreamImage) => ({
  ...image,
  gates: [...image.gates].map(([name, gate]) => [name, said(gate)]),
  users: image.users.map(said),
  groups: image.groups.map(said),
  schema: image.schema && said(image.schema),
});

t.test('an image comes back as it was, however it is cut', async (t) => {
  fc.assert(
    fc.property(image, fc.integer({ min: 1, max: 300 }), (image, piece) => {
      const pieces = runToEnd(imageOctets(image, piece));
      for (const each of pieces.slice(0, -1)) t.equal(each.length, piece);
      const back = runToEnd(imageOf(pieces, LIMITS));
      t.strictSame(allSaid(back), allSaid({ ...image, schema: image.schema as UpstreamEntry }));
      // Byte for byte: then the next read of one's own changes nothing.
      for (const [i, user] of image.users.entries())
        if (user.octets !== undefined) t.ok(back.users[i]!.octets?.equals(user.octets));
    }),
    { numRuns: 200 },
  );
});

t.test('what nobody wants is not in it', async (t) => {
  const op = {
    kind: 'searchResultEntry',
    objectName: 'uid=ada',
    attributes: [
      { type: 'uid', values: [Buffer.from('ada')] },
      { type: 'userPassword', values: [Buffer.from('marker-of-a-secret')] },
    ],
  } as const;
  const entry = new KeptEntry(
    encodeMessage({ messageID: 7, op: { ...op, attributes: [...op.attributes] } }),
    (type) => type === 'userPassword',
  );
  const image = { gates: new Map(), everyone: true, users: [entry], groups: [] };
  const pieces = runToEnd(imageOctets(image));
  t.notOk(Buffer.concat(pieces).includes('marker-of-a-secret'));
  t.strictSame(said(runToEnd(imageOf(pieces, LIMITS)).users[0]!), said(entry));
});

/** The image, or undefined for a clear error; whatever else is thrown fails. */
function tried(pieces: readonly Buffer[]): UpstreamImage | undefined {
  try {
    return runToEnd(imageOf(pieces, LIMITS));
  } catch (error) {
    if (error instanceof GarbledImage) return undefined;
    throw error;
  }
}

const entriesOf = ({ gates, users, groups }: UpstreamImage) => [...gates.values(), ...users, ...groups];

t.test('garbled bytes give a clear error, or an image whose every entry can be read', async (t) => {
  const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
  let garbled = 0;
  fc.assert(
    fc.property(image, fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat(), (image, changes, cut) => {
      const octets = Buffer.concat(runToEnd(imageOctets(image)));
      for (const [at, value] of changes) octets[at % octets.length] = value;
      const back = tried([octets.subarray(0, cut % 3 === 0 ? cut % octets.length : octets.length)]);
      if (back === undefined) garbled++;
      else for (const { dn, attributes } of entriesOf(back)) t.ok(typeof dn === 'string' && Array.isArray(attributes));
    }),
    { numRuns: 500 },
  );
  t.ok(garbled > 50, `${garbled} of 500 were refused`);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => tried([Buffer.from(octets)]) === undefined));
});

t.test('a number that promises more than there is costs nothing', async (t) => {
  const head = Buffer.concat(
    runToEnd(imageOctets({ gates: new Map(), everyone: true, users: [], groups: [] })),
  ).subarray(0, 5);
  const most = Buffer.from([0xff, 0xff, 0xff, 0xff]);
  for (const zeros of [0, 1, 2, 3]) {
    const octets = Buffer.concat([head, Buffer.alloc(4 * zeros), most, most]);
    let steps = 0;
    t.throws(() => {
      for (const _ of imageOf([octets], LIMITS)) steps++;
    }, GarbledImage);
    t.ok(steps < 3, `${steps} steps`);
  }
});

t.test('no more entries, and none larger, than the limits allow', async (t) => {
  const entry = { dn: 'uid=a', attributes: [{ type: 'cn', values: [Buffer.alloc(500)] }] };
  const pieces = runToEnd(imageOctets({ gates: new Map(), everyone: true, users: [entry, entry], groups: [entry] }));
  t.ok(runToEnd(imageOf(pieces, { entries: 3, entryOctets: 1000 })));
  t.throws(() => runToEnd(imageOf(pieces, { entries: 2, entryOctets: 1000 })), /too many entries/);
  t.throws(() => runToEnd(imageOf(pieces, { entries: 3, entryOctets: 500 })), /too large/);
});

t.test('a large directory is cut and read in steps of one entry', async (t) => {
  const users = Array.from({ length: 20_000 }, (_, i) => ({
    dn: `uid=m${i}`,
    attributes: [{ type: 'uid', values: [Buffer.from(`m${i}`)] }],
  }));
  const steps = imageOctets({ gates: new Map(), everyone: true, users, groups: [] });
  let written = 0;
  let result = steps.next();
  for (; result.done !== true; result = steps.next()) written++;
  t.equal(written, users.length, 'a step for each entry');
  let read = 0;
  for (const _ of imageOf(result.value, { ...LIMITS, entries: 20_000 })) read++;
  t.equal(read, users.length, 'and the same to read it');
});
