// Several apps on one listener: which one a connection is for, and that it sees nothing of another.
import { mkdtempSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { type BindRequest, Oid, Scope } from '../../src/ldap/message.js';
import type { Door } from '../../src/server/rules.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { authority, chat, entranceAt, found, options, rootDSE, siteOf, wiki } from '../support/app-site.js';
import {
  accountOf,
  appRules,
  baseOf,
  foreignAccountOf,
  listenerAt,
  PASSWORD,
  sharedDoor,
  upstreamAccountOf,
  userOf,
} from '../support/apps.js';
import { Client, searchRequest, simpleBind } from '../support/client.js';
import { message, sequence, text } from '../support/raw.js';

const plain = (name: string): BindRequest => ({
  kind: 'bindRequest',
  version: 3,
  name: '',
  authentication: { method: 'sasl', mechanism: 'PLAIN', credentials: Buffer.from(`\0${name}\0${PASSWORD}`) },
});
const external: BindRequest = {
  kind: 'bindRequest',
  version: 3,
  name: '',
  authentication: { method: 'sasl', mechanism: 'EXTERNAL' },
};

t.test('the first bind decides by its DN, and a user of one app is nobody in the other', async (t) => {
  const site = await siteOf(t);
  for (const [name, code, app] of [
    [userOf('wiki', 'ben'), 0, 'wiki'],
    [userOf('chat', 'cid'), 0, 'chat'],
    [userOf('chat', 'ben'), 49, 'chat'],
    [userOf('wiki', 'cid'), 49, 'wiki'],
    [userOf('chat', 'ada'), 0, 'chat'],
  ] as const) {
    const client = await site.open();
    t.equal((await client.bind(name, PASSWORD)).code, code, name);
    t.equal(site.app(), app);
    client.destroy();
  }
});

t.test('a service account decides wherever its name lies, and a bare name decides for the first app', async (t) => {
  const site = await siteOf(t);
  for (const [name, code, app] of [
    [foreignAccountOf('chat'), 0, 'chat'],
    [accountOf('chat'), 0, 'chat'],
    [foreignAccountOf('wiki'), 0, 'wiki'],
    ['ben', 0, 'wiki'],
    ['ben@example.com', 0, 'wiki'],
    ['cid', 49, 'wiki'],
  ] as const) {
    const client = await site.open();
    t.equal((await client.bind(name, PASSWORD)).code, code, name);
    t.equal(site.app(), app, name);
    client.destroy();
  }
});

t.test('SASL PLAIN over TLS decides like a simple bind', async (t) => {
  const site = await siteOf(t);
  for (const [name, code, app] of [
    [userOf('chat', 'cid'), 0, 'chat'],
    [`dn:${userOf('chat', 'cid')}`, 0, 'chat'],
    [foreignAccountOf('chat'), 0, 'chat'],
    ['u:ben', 0, 'wiki'],
    [userOf('chat', 'ben'), 49, 'chat'],
  ] as const) {
    const client = await Client.open({ port: site.tlsPort, tls: true, ca: authority.caPem });
    t.equal((await client.result(plain(name))).code, code, name);
    t.equal(site.app(), app, name);
    client.destroy();
  }
});

t.test('SASL EXTERNAL on a socket file decides for the app of its account', async (t) => {
  const dn = accountOf('chat');
  const world = { externalDN: dn };
  const apps = ['wiki', 'chat'].map((name) => appRules(name, ['ada'], { ...options, world }));
  const path = join(mkdtempSync(join(tmpdir(), 'jumpgate-')), 'ldapi');
  const entrance = { name: 'shared', ldap: undefined, ldaps: undefined, ldapi: { path, mode: 0o600 } };
  const { listener, heard } = listenerAt(new Map([['shared', sharedDoor(apps, dn)]]), [entrance]);
  await listener.start();
  t.teardown(() => listener.stop(0));
  const client = await Client.open(connectTcp(path));
  t.equal((await client.result(external)).code, 0);
  t.equal(heard.operations.at(-1)?.source.app, 'chat');
  t.same(await found(client, 'chat'), ['ada of chat']);
  client.destroy();
});

t.test('what says nothing of an app decides nothing: then its first name does', async (t) => {
  const site = await siteOf(t);
  const client = await site.open();
  t.equal((await client.result(rootDSE)).code, 0);
  t.equal((await client.result(searchRequest({ base: 'cn=Subschema', scope: Scope.baseObject }))).code, 0);
  t.equal((await client.bind('', '')).code, 0, 'anonymous');
  t.equal((await client.bind('uid=cid,dc=elsewhere', PASSWORD)).code, 49);
  t.equal((await client.search({ base: 'dc=test' })).result.code, 32);
  t.equal((await client.search({ base: 'no DN' })).result.code, 34);
  t.ok(
    site.heard.operations.every(({ source }) => source.app === undefined),
    'and is of no app',
  );
  t.equal((await client.bind(userOf('chat', 'cid'), PASSWORD)).code, 0);
  t.equal(site.app(), 'chat');
  client.destroy();
});

t.test('a search and a compare decide as well', async (t) => {
  const site = await siteOf(t);
  const [searching, comparing] = await Promise.all([site.open(), site.open()]);
  await searching.search({ base: `ou=Users,${baseOf('chat')}` });
  t.equal(site.app(), 'chat');
  t.equal((await searching.bind(userOf('wiki', 'ben'), PASSWORD)).code, 49, 'and nobody in the other app gets in');
  const ava = { attribute: 'uid', value: Buffer.from('cid') };
  await comparing.result({ kind: 'compareRequest', entry: userOf('chat', 'cid'), ...ava });
  t.equal(site.app(), 'chat');
  searching.destroy();
  comparing.destroy();
});

t.test('it is decided once: the other app is no longer available, nor is anything found in it', async (t) => {
  const site = await siteOf(t);
  const client = await site.open();
  await client.bind(accountOf('wiki'), PASSWORD);
  t.same(await found(client, 'wiki'), ['ada of wiki', 'ben of wiki']);
  t.equal((await client.search({ base: baseOf('chat') })).result.code, 32);
  t.same(await found(client, 'chat'), []);
  t.equal((await client.bind(accountOf('chat'), PASSWORD)).code, 49);
  t.equal((await client.bind(userOf('chat', 'ada'), PASSWORD)).code, 49);
  t.same(await found(client, 'chat'), []);
  t.equal((await client.bind(userOf('wiki', 'ada'), PASSWORD)).code, 0);
  t.equal(site.app(), 'wiki');
  client.destroy();
});

t.test('equal requests of two apps are not answered from one cache', async (t) => {
  const site = await siteOf(t);
  for (let i = 0; i < 3; i++) {
    for (const app of ['wiki', 'chat']) {
      const client = await site.open();
      await client.bind(foreignAccountOf(app), PASSWORD);
      for (const base of ['wiki', 'chat']) {
        const people = await found(client, base);
        t.same(new Set(people.map((each) => each.split(' of ')[1])), new Set(base === app ? [app] : []));
      }
      client.destroy();
    }
  }
});

t.test('a client that gets in by a name below no base stays with the first app', async (t) => {
  const site = await siteOf(t);
  const client = await site.open();
  t.equal((await client.bind(upstreamAccountOf('wiki'), PASSWORD)).code, 0);
  t.same(await found(client, 'chat'), []);
  t.same(await found(client, 'wiki'), ['ada of wiki', 'ben of wiki']);
  t.equal(site.app(), 'wiki');
  t.equal((await (await site.open()).bind(upstreamAccountOf('chat'), PASSWORD)).code, 49);
  client.destroy();
});

t.test('requests that come together are decided in their order', async (t) => {
  const site = await siteOf(t);
  const requests = [
    rootDSE,
    simpleBind(accountOf('chat'), PASSWORD),
    searchRequest({ base: baseOf('wiki'), filter: '(uid=*)' }),
    searchRequest({ base: baseOf('chat'), filter: '(uid=*)' }),
    simpleBind(accountOf('wiki'), PASSWORD),
  ];
  const client = await site.open();
  client.write(Buffer.concat(requests.map((op, i) => encodeMessage({ messageID: i + 1, op }))));
  const codes = [];
  for (let id = 1; id <= requests.length; id++) {
    const last = (await client.answered(id)).at(-1)?.op;
    codes.push(last !== undefined && 'result' in last ? last.result.code : undefined);
  }
  t.same(codes, [0, 0, 32, 0, 49]);
  t.same(
    site.heard.operations.map(({ source }) => source.app),
    [undefined, 'chat', 'chat', 'chat', 'chat'],
  );
  client.destroy();
});

t.test('a malformed first request decides nothing, and an invalid message ends the connection (R60)', async (t) => {
  const site = await siteOf(t);
  const client = await site.open();
  // A search with an invalid scope.
  const broken = Buffer.concat([text(baseOf('chat')), Buffer.from([0x0a, 0x01, 0x09])]);
  client.write(message(7, Buffer.concat([Buffer.from([0x63, broken.length]), broken])));
  await client.answered(7);
  t.equal(site.heard.faults.at(-1)?.fault, 'malformed message');
  t.equal((await client.bind(userOf('wiki', 'ben'), PASSWORD)).code, 0);
  t.equal(site.app(), 'wiki');
  client.destroy();
  const other = await site.open();
  other.write(sequence(text('no message')));
  await other.until(() => other.received.length > 0);
  t.equal(other.received[0]?.messageID, 0, 'notice of disconnection');
  t.equal(site.heard.faults.at(-1)?.source.app, undefined);
  t.same(site.heard.defects, []);
});

t.test('what was decided in cleartext does not count within TLS: somebody on the way may have sent it', async (t) => {
  const site = await siteOf(t);
  const client = await site.open();
  await client.search({ base: baseOf('chat') });
  t.equal(site.app(), 'chat');
  await client.startTLS(authority.caPem);
  t.equal((await client.bind('ben', PASSWORD)).code, 0);
  t.equal(site.app(), 'wiki');
  client.destroy();
});

t.test('an app with a port of its own has it for itself', async (t) => {
  const doors = new Map<string, Door>([
    ['wiki', { first: wiki }],
    ['chat', { first: chat }],
  ]);
  const { listener, heard } = listenerAt(doors, [entranceAt('wiki'), entranceAt('chat')]);
  const opened = await listener.start();
  t.teardown(() => listener.stop(0));
  const client = await Client.open({ port: opened[1]?.ldap?.port ?? 0 });
  t.equal((await client.bind(userOf('wiki', 'ben'), PASSWORD)).code, 49);
  t.equal((await client.bind('cid', PASSWORD)).code, 0);
  t.equal((await client.search({ base: baseOf('wiki') })).result.code, 32);
  t.ok(heard.operations.every(({ source }) => source.app === 'chat'));
  client.destroy();
});

t.test('where apps have no names, nothing is said of them', async (t) => {
  const only = appRules('default', ['ada'], { ...options, isNamed: false });
  const site = await siteOf(t, { first: only });
  const client = await site.open();
  t.equal((await client.bind('ada', PASSWORD)).code, 0);
  t.equal(site.app(), undefined);
  client.destroy();
});

/** Requests, and the app that each decides for where it is the first that decides. */
const requests = fc.constantFrom(
  { op: rootDSE, app: undefined },
  { op: simpleBind('', ''), app: undefined },
  { op: simpleBind('uid=ada,dc=elsewhere', PASSWORD), app: undefined },
  { op: searchRequest({ base: 'dc=test' }), app: undefined },
  { op: { kind: 'extendedRequest', requestName: Oid.whoAmI } as const, app: undefined },
  { op: simpleBind('ada', PASSWORD), app: 'wiki' },
  ...['wiki', 'chat'].flatMap((app) => [
    { op: simpleBind(userOf(app, 'ada'), PASSWORD), app },
    { op: simpleBind(userOf(app, 'nobody'), 'wrong'), app },
    { op: simpleBind(accountOf(app), PASSWORD), app },
    { op: simpleBind(foreignAccountOf(app), PASSWORD), app },
    { op: searchRequest({ base: baseOf(app), filter: '(uid=*)' }), app },
    { op: searchRequest({ base: `OU=users, ${baseOf(app).toUpperCase()}`, filter: '(uid=*)' }), app },
  ]),
);

t.test('whatever is asked in whatever order, the app is that of the first request that decides', async (t) => {
  const site = await siteOf(t);
  await fc.assert(
    fc.asyncProperty(fc.array(requests, { minLength: 1, maxLength: 8 }), fc.boolean(), async (asked, isPipelined) => {
      site.heard.operations.length = 0;
      const client = await site.open();
      const ids: number[] = [];
      for (const { op } of asked) {
        ids.push(client.send(op));
        if (!isPipelined) await client.answered(ids.at(-1)!);
      }
      for (const id of ids) await client.answered(id);
      const decided = asked.findIndex(({ app }) => app !== undefined);
      const app = asked[decided]?.app;
      const told = site.heard.operations.map(({ source }) => source.app);
      const expected = asked.map((_, i) => (app !== undefined && i >= decided ? app : undefined));
      t.same([...told].sort(), [...expected].sort());
      // Nothing of another app, whatever the client's identity was at the time.
      const strange = client.received
        .map(({ op }) => (op.kind === 'searchResultEntry' ? op.objectName : ''))
        .filter((dn) => dn.endsWith(',dc=test') && (app === undefined || !dn.endsWith(baseOf(app))));
      t.same(strange, []);
      client.destroy();
    }),
    { numRuns: 200 },
  );
  t.same(site.heard.defects, []);
});
