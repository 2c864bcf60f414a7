// The upstream's schema is nice to have: no read of the directory depends on it.
import t from 'tap';
import { ReadError, type UpstreamEntry } from '../../src/directory/reader.js';
import type { BoundClient, ReaderConnection } from '../../src/upstream/reader-connection.js';
import { SubschemaReader } from '../../src/upstream/subschema-reader.js';
import { attribute } from '../layout/image.js';

const ROOT: UpstreamEntry = { dn: '', attributes: [attribute('subschemaSubentry', 'cn=Schema,cn=config')] };
const SCHEMA: UpstreamEntry = {
  dn: 'cn=Schema,cn=config',
  attributes: [attribute('attributeTypes', "( 1.2.3 NAME 'x' )")],
};

/** A connection on which each search of a base brings what `answer` says of it, or throws. */
function reader(answer: (base: string) => UpstreamEntry | undefined) {
  let clock = 0;
  const asked: string[] = [];
  let last: UpstreamEntry | undefined;
  const bound = {
    client: {
      search: async (base: string) => {
        asked.push(base);
        last = answer(base);
      },
    },
    collected: () => (last === undefined ? [] : [last]),
  } as unknown as BoundClient;
  const connection = { run: async (work: (one: BoundClient) => unknown) => work(bound) } as unknown as ReaderConnection;
  const subschema = new SubschemaReader(connection, 1000, () => clock);
  const later = (ms: number) => {
    clock += ms;
  };
  return { subschema, asked, later };
}

t.test('it is read where the root DSE says, and again after ten minutes', async (t) => {
  let schema = SCHEMA;
  const { subschema, asked, later } = reader((base) => (base === '' ? ROOT : schema));
  t.equal(await subschema.read(), SCHEMA);
  t.same(asked, ['', 'cn=Schema,cn=config']);
  schema = { ...SCHEMA };
  t.equal(await subschema.read(), SCHEMA, 'not with each read');
  later(600_000);
  t.equal(await subschema.read(), schema);
  t.equal(asked.length, 4);
});

t.test('whatever goes wrong, there is none, nothing is rejected, and it is not asked for in each read', async (t) => {
  const none: [string, (base: string) => UpstreamEntry | undefined][] = [
    ['no root DSE', () => undefined],
    ['no subschema named', () => ({ dn: '', attributes: [] })],
    ['an empty name', () => ({ dn: '', attributes: [attribute('subschemaSubentry', '')] })],
    ['not readable', (base) => (base === '' ? ROOT : undefined)],
    ['too long', (base) => (base === '' ? ROOT : { ...SCHEMA, octets: Buffer.alloc(5 * 1024 * 1024) })],
    [
      'refused, cut, or too late',
      () => {
        throw new ReadError('unreachable', 'reset');
      },
    ],
  ];
  for (const [what, answer] of none) {
    const { subschema, asked, later } = reader(answer);
    t.equal(await subschema.read(), undefined, what);
    const before = asked.length;
    await subschema.read();
    t.equal(asked.length, before, what);
    later(600_000);
    await subschema.read();
    t.ok(asked.length > before, `${what}: later`);
  }
});

t.test('one that could be read before stays when it cannot be read any more', async (t) => {
  let isBroken = false;
  const { subschema, later } = reader((base) => {
    if (isBroken) throw new ReadError('unreachable', 'reset');
    return base === '' ? ROOT : SCHEMA;
  });
  await subschema.read();
  isBroken = true;
  later(600_000);
  t.equal(await subschema.read(), SCHEMA);
});
