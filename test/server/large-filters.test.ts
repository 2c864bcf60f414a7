// Searches with very many parts: batch look-ups of real programs are answered, what is beyond a limit is refused as the search that it is.
import t from 'tap';
import { StandIn } from '../../src/demo/stand-in.js';
import type { Filter } from '../../src/ldap/filter.js';
import type { Control, SearchRequest } from '../../src/ldap/message.js';
import { BerWriter, Tag } from '../../src/wire/ber.js';
import { Client, searchRequest } from '../support/client.js';
import { BASE, eventually, startProxy, USERS, userDN } from '../support/proxy.js';
import { element, hex, message, RawClient, searchWith, sequence, text } from '../support/raw.js';

const upstream = await StandIn.start();
const proxy = await startProxy(upstream, { directory: { refresh: '1h', membershipAge: '1h' } });
t.teardown(async () => {
  await proxy.stop();
  await upstream.stop();
});

const READER = userDN('ldap-reader');
const MEMBERS = ['quillon.varrek', 'tavian.bruskel', 'svenja.ulmarik'];

async function bound(): Promise<Client> {
  const client = await Client.open(proxy.url);
  t.equal((await client.bind(READER, upstream.reader.password)).code, 0);
  return client;
}

const equal = (attribute: string, value: string): Filter => ({
  kind: 'equalityMatch',
  attribute,
  value: Buffer.from(value),
});
/** A list of names, three of them of existing people: at the beginning, in the middle and at the end. */
const names = (count: number): Filter => ({
  kind: 'or',
  filters: Array.from({ length: count }, (_, i) => {
    const at = [0, count >> 1, count - 1].indexOf(i);
    return equal('uid', MEMBERS[at] ?? `nobody.number.${i}`);
  }),
});
const nested = (levels: number, filter: Filter): Filter =>
  levels === 0 ? filter : { kind: 'and', filters: [nested(levels - 1, filter)] };
const asked = (filter: Filter, more: Partial<SearchRequest> = {}): SearchRequest => ({
  ...searchRequest({ base: USERS, attributes: ['uid'] }),
  filter,
  ...more,
});

async function found(client: Client, request: SearchRequest, controls?: readonly Control[]) {
  const messages = await client.answered(client.send(request, controls));
  const uids = messages.flatMap(({ op }) =>
    op.kind === 'searchResultEntry' ? String(op.attributes[0]?.values[0]) : [],
  );
  const last = messages.at(-1);
  return { uids: uids.sort(), result: last?.op.kind === 'searchResultDone' ? last.op.result : undefined, last };
}

t.test('a search for 20,000 names, in 249 levels, or for 5,000 attributes, is answered (R39)', async (t) => {
  const client = await bound();
  const other = await bound();
  const people = [...MEMBERS].sort();
  const active: Filter = { kind: 'and', filters: [equal('objectClass', 'inetOrgPerson'), names(20_000)] };
  for (const [what, request] of Object.entries({
    '1,000 names': asked(names(1000)),
    '20,000 names': asked(names(20_000)),
    '20,000 names of a class': asked(active),
    '50 levels': asked(nested(50, names(3))),
    '248 levels around 20,000 names': asked(nested(248, names(20_000))),
    '5,000 attributes': asked(names(3), { attributes: ['uid', ...Array.from({ length: 4999 }, (_, i) => `x${i}`)] }),
  })) {
    const before = other.received.length;
    const answer = found(client, request);
    for (let i = 0; i < 3; i++) t.equal((await other.search({ base: BASE, filter: '(uid=*)' })).result.code, 0, what);
    t.ok(other.received.length > before);
    t.match(await answer, { uids: people, result: { code: 0 } }, what);
  }
  client.destroy();
  other.destroy();
});

t.test('a search for 20,000 names page by page is the same (R47)', async (t) => {
  const client = await bound();
  const uids: string[] = [];
  let cookie = Buffer.alloc(0);
  for (let page = 0; page < 10; page++) {
    const writer = new BerWriter();
    writer.octets(cookie);
    writer.integer(1);
    writer.wrap(Tag.sequence, 0);
    const control = { type: '1.2.840.113556.1.4.319', critical: true, value: writer.finish() };
    const { uids: some, result, last } = await found(client, asked(names(20_000)), [control]);
    t.equal(result?.code, 0);
    uids.push(...some);
    const value = last?.controls?.[0]?.value ?? Buffer.alloc(0);
    // A SEQUENCE of an INTEGER and the cookie, all of them short.
    cookie = Buffer.from(value.subarray(4 + value[3]! + 2));
    if (cookie.length === 0) break;
  }
  t.same(uids.sort(), [...MEMBERS].sort());
  client.destroy();
});

t.test(
  'what is beyond a limit is refused with 11 and a text that names it, and logged as a search (R39)',
  async (t) => {
    const client = await bound();
    for (const [request, text] of [
      [asked(names(25_000)), 'a filter of more than 25,000 parts is more than this server takes'],
      [asked(nested(250, names(3))), 'a filter of more than 250 levels is more than this server takes'],
      [
        asked(names(3), { attributes: Array<string>(5001).fill('uid') }),
        /^a list of more than 5,000 attributes is more/,
      ],
    ] as const) {
      proxy.log.length = 0;
      t.match(await found(client, request), { uids: [], result: { code: 11, text } });
      await eventually(() => proxy.log.length > 0);
      t.equal(proxy.log.length, 1, 'one line');
      t.match(JSON.parse(proxy.log[0] ?? ''), {
        msg: 'search',
        'ldap.target': USERS,
        'ldap.code': 11,
        reason: 'admin-limit',
        steps: [/^authorize: /, /^evaluate: a (filter|list) of more than/],
      });
      t.match(await found(client, asked(names(3))), { result: { code: 0 } }, 'the connection goes on');
    }
    client.destroy();
  },
);

t.test('an error in a filter of many parts is 2, wherever it is (R38)', async (t) => {
  const client = await RawClient.open(proxy.url);
  const bind = element(0x60, '020103', text(READER), text(upstream.reader.password, 0x80));
  t.equal(await client.code(1, message(1, bind)), 0);
  const some = Buffer.concat(Array<Buffer>(3000).fill(element(0xa3, text('uid'), text('x'))));
  t.equal(await client.code(2, message(2, searchWith({ filter: element(0xa1, some) }))), 0);
  for (const [what, fault] of Object.entries({
    'an unknown part': hex('aa00'),
    'a NOT of two': element(0xa2, hex('870161'), hex('870161')),
    'no attribute': element(0xa3, text(''), text('x')),
    'no value': element(0xa3, text('uid')),
    'one value too many': element(0xa3, text('uid'), text('x'), text('y')),
    'no substrings': element(0xa4, text('uid'), sequence()),
    'two last substrings': element(0xa4, text('uid'), sequence(text('a', 0x82), text('b', 0x82))),
    'a first substring behind another': element(0xa4, text('uid'), sequence(text('a', 0x81), text('b', 0x80))),
    'a match of nothing': element(0xa9, text('x', 0x83)),
    'a constructed string': element(0xa3, element(0x24, text('uid')), text('x')),
    'an item that reaches beyond': hex('a37f04017504'),
  }))
    for (const filter of [
      element(0xa1, fault, some),
      element(0xa1, some, fault),
      element(0xa0, element(0xa1, some), fault),
    ])
      t.equal(await client.code(3, message(3, searchWith({ filter }))), 2, what);
  client.destroy();
});

t.test('searches of many parts are counted by what they take in memory: beyond it they are 51 (R67)', async (t) => {
  const clients = await Promise.all(Array.from({ length: 12 }, bound));
  // 168 KB each on the wire, and about ten megabytes when it is compiled.
  const costly: Filter = { kind: 'or', filters: Array<Filter>(24_000).fill({ kind: 'present', attribute: 'title' }) };
  const codes = await Promise.all(clients.map(async (client) => (await found(client, asked(costly))).result?.code));
  t.same([...new Set(codes)].sort(), [0, 51]);
  for (const client of clients) {
    t.match(await found(client, asked(names(3))), { result: { code: 0 } }, 'and nothing of it stays counted');
    client.destroy();
  }
});
