// A long search keeps nobody waiting: it yields, it can be abandoned, and its connection goes on meanwhile.
import t from 'tap';
import { schema } from '../../src/config/schema.js';
import { makeEntry, type SnapshotEntry } from '../../src/directory/entry.js';
import { Snapshot } from '../../src/directory/snapshot.js';
import type { World } from '../../src/gate/world.js';
import { Oid, Scope } from '../../src/ldap/message.js';
import { values } from '../../src/ldap/values.js';
import { Listener } from '../../src/server/listener.js';
import { ResponseCache } from '../../src/server/response-cache.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { Client, searchRequest } from '../support/client.js';
import { BASE, USERS, userDN } from '../support/proxy.js';
import { makeWorld, SERVICE, SERVICE_PASSWORD } from '../support/world.js';

const MANY = 100_000;

function entries(): SnapshotEntry[] {
  const people = Array.from({ length: MANY }, (_, i) =>
    makeEntry('user', userDN(`u${i}`), [{ type: 'description', values: values(`number ${i}`) }], `u${i}`),
  );
  return [makeEntry('base', BASE, []), makeEntry('container', USERS, []), ...people];
}

const snapshot = new Snapshot(entries(), 0);
const clock = () => performance.now();
const { context } = makeWorld();
const gate: World = { ...context, clock, snapshot: () => snapshot, searchEntries: 10 };
const { limits } = schema.parse({}).listen;
const listener = new Listener({
  doors: new Map([['door', { first: { name: 'app', gate, responses: new ResponseCache(1), limits, tls: undefined } }]]),
  entrances: [{ name: 'door', ldap: { host: '127.0.0.1', port: 0 }, ldaps: undefined, ldapi: undefined }],
  events: { operation: () => {}, fault: () => {}, defect: () => {} },
  trustedProxies: undefined,
});
const [{ ldap } = {}] = await listener.start();
t.teardown(() => listener.stop(0));

async function bound(): Promise<Client> {
  const client = await Client.open({ port: ldap?.port ?? 0 });
  await client.bind(SERVICE, SERVICE_PASSWORD);
  return client;
}

/** Looks at every entry and finds none. */
const scan = searchRequest({ base: BASE, filter: '(description=*nowhere*)' });
const quick = searchRequest({ base: '', scope: Scope.baseObject });

t.test('others are answered while long searches run, and so is the same client (R72, R75)', async (t) => {
  const [slow, other] = await Promise.all([bound(), bound()]);
  const scans = Array.from({ length: 20 }, () => slow.send(scan));
  const own = slow.send(quick);
  for (let i = 0; i < 20; i++) await other.answered(other.send(quick));
  await slow.answered(own);
  t.ok(
    slow.received.filter(({ messageID }) => scans.includes(messageID)).length < scans.length,
    'the long ones are still running',
  );
  await Promise.all(scans.map((id) => slow.answered(id)));
  t.pass('and are answered as well');
  slow.destroy();
  other.destroy();
});

t.test('an abandoned search stops and has no answer; strange IDs do nothing (R41)', async (t) => {
  const client = await bound();
  const scans = Array.from({ length: 12 }, (_, i) => 1000 + i);
  const abandoned = [...scans, 0, 4711, 2 ** 31 - 1];
  client.write(
    Buffer.concat([
      ...scans.map((messageID) => encodeMessage({ messageID, op: scan })),
      ...abandoned.map((id, i) =>
        encodeMessage({ messageID: 2000 + i, op: { kind: 'abandonRequest', messageID: id } }),
      ),
    ]),
  );
  await client.answered(client.send(quick));
  t.equal((await client.bind(SERVICE, SERVICE_PASSWORD)).code, 0, 'nothing is left that a bind would have to wait for');
  t.equal(client.received.filter(({ messageID }) => scans.includes(messageID)).length, 0);
  client.destroy();
});

t.test(
  'a search with message ID 0 is not abandoned by that ID, as with OpenLDAP; Cancel ends it (R41, R51)',
  async (t) => {
    const client = await bound();
    client.write(
      Buffer.concat([
        encodeMessage({ messageID: 0, op: scan }),
        encodeMessage({ messageID: 7, op: { kind: 'abandonRequest', messageID: 0 } }),
        encodeMessage({ messageID: 0, op: { kind: 'abandonRequest', messageID: 4711 } }),
      ]),
    );
    t.match(await client.answered(0), [{ messageID: 0, op: { kind: 'searchResultDone', result: { code: 0 } } }]);
    client.received.length = 0;
    const requestValue = Buffer.from([0x30, 0x03, 0x02, 0x01, 0]);
    const cancel = encodeMessage({
      messageID: 100,
      op: { kind: 'extendedRequest', requestName: Oid.cancel, requestValue },
    });
    client.write(Buffer.concat([encodeMessage({ messageID: 0, op: scan }), cancel]));
    t.match(await client.answered(0), [{ op: { kind: 'searchResultDone', result: { code: 118 } } }]);
    t.match(await client.answered(100), [{ op: { result: { code: 0 } } }]);
    client.destroy();
  },
);

t.test('a canceled search is answered with 118, and the cancel with 0 (RFC 3909)', async (t) => {
  const client = await bound();
  const [id, cancel] = [99, 100];
  const requestValue = Buffer.from([0x30, 0x03, 0x02, 0x01, id]);
  client.write(
    Buffer.concat([
      encodeMessage({ messageID: id, op: scan }),
      encodeMessage({ messageID: cancel, op: { kind: 'extendedRequest', requestName: '1.3.6.1.1.8', requestValue } }),
    ]),
  );
  const [[canceled], [answer]] = [await client.answered(id), await client.answered(cancel)];
  t.match(canceled?.op, { kind: 'searchResultDone', result: { code: 118 } });
  t.match(answer?.op, { kind: 'extendedResponse', result: { code: 0 } });
  client.destroy();
});

t.test('a bind waits for the searches before it, and what is behind it waits for the bind (R10)', async (t) => {
  const client = await bound();
  const search = client.send(scan);
  const bind = client.send({
    kind: 'bindRequest',
    version: 3,
    name: SERVICE,
    authentication: { method: 'simple', password: Buffer.from('wrong') },
  });
  const behind = client.send(searchRequest({ base: BASE, scope: Scope.baseObject }));
  await client.answered(behind);
  const order = client.received.map(({ messageID }) => messageID).slice(-3);
  t.same(order, [search, bind, behind]);
  t.match(client.received.at(-1)?.op, { result: { code: 32 } }, 'under the identity of the bind: nobody');
  client.destroy();
});

t.test('a search has its time limit (R37)', async (t) => {
  const client = await bound();
  const ids = Array.from({ length: 400 }, () =>
    client.send(searchRequest({ base: BASE, filter: '(description=*nowhere*)', timeLimit: 1 })),
  );
  const last = (await client.answered(ids.at(-1)!)).at(-1)?.op;
  t.match(last, { kind: 'searchResultDone', result: { code: 3 } });
  client.destroy();
});
