// Searches answered from memory: byte for byte what a search gives, for nobody else, and for no longer than it is true.

import fc from 'fast-check';
import t from 'tap';
import { makeAuthority } from '../../src/demo/certificate.js';
import { StandIn } from '../../src/demo/stand-in.js';
import { Scope } from '../../src/ldap/message.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { ownCertificate } from '../support/certificate.js';
import { Client, type SearchOptions, searchRequest } from '../support/client.js';
import { BASE, eventually, startProxy, USERS, userDN } from '../support/proxy.js';

const upstream = await StandIn.start();
const authority = await makeAuthority();
const folder = t.testdir({});
const tls = await ownCertificate(authority, folder);
const proxy = await startProxy(upstream, {
  listen: { ldaps: '127.0.0.1:0', tls },
  directory: { refresh: '1h', membershipAge: '1h' },
});
t.teardown(async () => {
  await proxy.stop();
  await upstream.stop();
});

const USER = userDN('quillon.varrek');
const READER = userDN('ldap-reader');
const RECALLED = 'recall: the same was answered from this snapshot before';

async function bound(name: string, password: string, url = proxy.url): Promise<Client> {
  const client = await Client.open(
    url.startsWith('ldaps') ? { port: Number(new URL(url).port), tls: true, ca: authority.caPem } : url,
  );
  t.equal((await client.bind(name, password)).code, 0);
  return client;
}

/** All messages of an answer, each as bytes with the message ID taken out. */
async function octetsOf(client: Client, options: SearchOptions, messageID?: number): Promise<string> {
  const id = client.send(searchRequest(options), undefined, messageID);
  const messages = await client.answered(id);
  return messages.map((message) => encodeMessage({ ...message, messageID: 0 }).toString('hex')).join(' ');
}

/** How many searches were answered from memory so far. */
const recalled = () => proxy.log.filter((line) => line.includes(RECALLED)).length;

const QUESTIONS: readonly SearchOptions[] = [
  { base: BASE, filter: '(uid=*)' },
  { base: BASE, filter: '(uid=quillon.varrek)', attributes: ['mail', 'cn'] },
  { base: BASE, filter: '(uid=quillon.varrek)', attributes: ['cn', 'mail'] },
  { base: BASE, filter: '(uid=quillon.varrek)', typesOnly: true },
  { base: BASE, filter: '(uid=nobody)' },
  { base: `uid=corvane.thessly,${USERS}`, scope: Scope.baseObject },
  { base: BASE, filter: '(uid=*)', sizeLimit: 3 },
  { base: '', scope: Scope.baseObject, attributes: ['*', '+'] },
  { base: 'cn=Subschema', scope: Scope.baseObject, attributes: ['*', '+'] },
  { base: BASE, filter: `(|${'(cn=a somewhat longer name than there is)'.repeat(12)}(uid=mirelle.oskand))` },
];

t.test('asked again, the answer is the same in every byte, whatever the message ID', async (t) => {
  const before = recalled();
  for (const question of QUESTIONS) {
    const client = await bound(READER, upstream.reader.password);
    const first = await octetsOf(client, question);
    for (const id of [101, 0x7f, 0x80, 0xff, 0x7ffe, 0x7fff, 0x8000, 0x7f_ffff, 0x80_0000, 0x7fff_fffe, 0x7fff_ffff])
      t.equal(await octetsOf(client, question, id), first, `${question.filter ?? question.base}, ID ${id}`);
    client.destroy();
  }
  t.ok(recalled() - before >= 7 * QUESTIONS.length, 'and most came from memory');
});

t.test('however the bytes are cut and put together, what was asked before is answered from memory', async (t) => {
  const client = await bound(READER, upstream.reader.password);
  const question = { base: BASE, filter: '(uid=corvane.thessly)', attributes: ['cn', 'uid'] };
  const first = await octetsOf(client, question, 100);
  const pdu = (messageID: number) => encodeMessage({ messageID, op: searchRequest(question) });
  const before = recalled();
  const all = Buffer.concat(Array.from({ length: 20 }, (_, i) => pdu(101 + i)));
  // One after the other each of many places where a chunk may end.
  for (let at = 0; at < all.length; at += 37) {
    client.write(all.subarray(at, at + 37));
    await new Promise(setImmediate);
  }
  client.write(Buffer.concat(Array.from({ length: 7 }, (_, i) => pdu(121 + i))));
  for (let id = 101; id < 128; id++) {
    const messages = await client.answered(id);
    t.equal(messages.map((message) => encodeMessage({ ...message, messageID: 0 }).toString('hex')).join(' '), first);
  }
  await eventually(() => recalled() === before + 27);
  client.destroy();
});

t.test('everybody gets what is theirs, in whatever order they ask (R29, R31)', async (t) => {
  const clients = {
    anonymous: await Client.open(proxy.url),
    reader: await bound(READER, upstream.reader.password),
    quillon: await bound(USER, 'user-secret-5001'),
    mirelle: await bound(userDN('mirelle.oskand'), 'user-secret-5002'),
    overTls: await bound(USER, 'user-secret-5001', proxy.app.ldapsUrl),
  };
  const names = Object.keys(clients) as (keyof typeof clients)[];
  const right = new Map<string, string>();
  for (const name of names)
    for (const [i, question] of QUESTIONS.entries()) {
      // A control makes it a search that is never cached.
      const id = clients[name].send(searchRequest(question), [{ type: '1.2.3', critical: false }]);
      const messages = await clients[name].answered(id);
      right.set(
        `${name} ${i}`,
        messages.map((message) => encodeMessage({ ...message, messageID: 0 }).toString('hex')).join(' '),
      );
    }
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom(...names), fc.nat(QUESTIONS.length - 1)), { minLength: 10, maxLength: 40 }),
      async (asked) => {
        for (const [name, i] of asked)
          if ((await octetsOf(clients[name], QUESTIONS[i]!)) !== right.get(`${name} ${i}`)) return false;
        return true;
      },
    ),
    { numRuns: 20 },
  );
  t.ok(recalled() > 100);
  for (const client of Object.values(clients)) client.destroy();
});

t.test('who lost an identity is not answered as before (R9)', async (t) => {
  const client = await bound(READER, upstream.reader.password);
  const question = { base: BASE, filter: '(uid=*)' };
  t.equal((await client.search(question)).entries.length, 9);
  t.equal((await client.search(question)).entries.length, 9);
  t.equal((await client.bind(READER, 'wrong')).code, 49);
  t.equal((await client.search(question)).result.code, 32);
  client.destroy();
});

t.test('a changed directory is used for answers immediately', async (t) => {
  const client = await bound(READER, upstream.reader.password);
  const question = { base: BASE, filter: '(uid=*)' };
  t.equal((await client.search(question)).entries.length, 9);
  upstream.addToGroup('wayk-users', 'joreth.pellmar');
  t.teardown(() => upstream.removeFromGroup('wayk-users', 'joreth.pellmar'));
  const newcomer = await bound(userDN('joreth.pellmar'), 'user-secret-5011');
  t.equal((await client.search(question)).entries.length, 10);
  newcomer.destroy();
  client.destroy();
});

t.test('what is not exactly one search is not taken for one that was answered', async (t) => {
  const client = await bound(READER, upstream.reader.password);
  const asked = encodeMessage({ messageID: 9, op: searchRequest({ base: BASE, filter: '(uid=quillon.varrek)' }) });
  client.write(asked);
  await client.answered(9);
  const before = recalled();
  const id = (octets: number[]) => Buffer.concat([Buffer.from([0x02, octets.length, ...octets]), asked.subarray(5)]);
  const message = (content: Buffer) => Buffer.concat([Buffer.from([0x30, 0x81, content.length]), content]);
  t.equal(asked[1]! < 0x80, true);
  for (const [what, octets] of [
    ['a negative one', id([0x89])],
    ['one in more bytes than it needs', id([0, 9])],
    ['one of five bytes', id([0, 0, 0, 0, 9])],
    ['surplus bytes behind the operation', Buffer.concat([id([10]), Buffer.from([0x04, 0x00])])],
  ] as const) {
    const other = await bound(READER, upstream.reader.password);
    other.write(message(octets));
    await other.closed();
    const last = other.received.at(-1);
    t.ok(last?.messageID === 0, `${what}: a Notice of Disconnection`);
  }
  t.equal(recalled(), before);
  client.write(message(id([11])));
  await client.answered(11);
  await eventually(() => recalled() === before + 1);
  client.destroy();
});

t.test('many answers of some size do not pile up in front of a client that does not read (R69)', async (t) => {
  const client = await bound(READER, upstream.reader.password, proxy.app.ldapsUrl);
  const request = searchRequest({ base: BASE, filter: '(objectClass=*)', attributes: ['*', '+'] });
  const all = Buffer.concat(Array.from({ length: 400 }, (_, i) => encodeMessage({ messageID: 1000 + i, op: request })));
  client.write(all);
  await client.answered(1399);
  const ids = new Set(client.received.map(({ messageID }) => messageID));
  t.equal([...ids].filter((id) => id >= 1000).length, 400, 'all are answered');
  client.destroy();
});
