// A revoked session immediately belongs to nobody: also in the midst of its searches, and not behind the back of a bind under way.
import t from 'tap';
import { schema } from '../../src/config/schema.js';
import { makeEntry } from '../../src/directory/entry.js';
import { Snapshot } from '../../src/directory/snapshot.js';
import { BindOperation } from '../../src/gate/bind/bind.js';
import { anonymousSession } from '../../src/gate/session.js';
import type { World } from '../../src/gate/world.js';
import { values } from '../../src/ldap/values.js';
import { runToEnd } from '../../src/runtime/cooperative.js';
import { Listener } from '../../src/server/listener.js';
import { ResponseCache } from '../../src/server/response-cache.js';
import { Client, searchRequest, simpleBind } from '../support/client.js';
import { BASE, USERS, userDN } from '../support/proxy.js';
import { makeWorld } from '../support/world.js';

const people = Array.from({ length: 50_000 }, (_, i) =>
  makeEntry('user', userDN(`u${i}`), [{ type: 'description', values: values(`number ${i}`) }], `u${i}`),
);
const snapshot = new Snapshot([makeEntry('base', BASE, []), makeEntry('container', USERS, []), ...people], 0);
const { context, asked } = makeWorld();
const { credentialCache } = context;
const gate: World = {
  ...context,
  clock: () => performance.now(),
  snapshot: () => snapshot,
  userSearch: 'all',
  membershipAge: Number.POSITIVE_INFINITY,
  maxStale: Number.POSITIVE_INFINITY,
};
for (const uid of ['u1', 'u2'])
  credentialCache.remember(credentialCache.keyOf(uid, Buffer.from('right')), 'accepted', gate.versionOf);
const { limits } = schema.parse({}).listen;
const listener = new Listener({
  doors: new Map([['door', { first: { name: 'app', gate, responses: new ResponseCache(1), limits, tls: undefined } }]]),
  entrances: [{ name: 'door', ldap: { host: '127.0.0.1', port: 0 }, ldaps: undefined, ldapi: undefined }],
  events: { operation: () => {}, fault: () => {}, defect: (error) => t.fail(String(error)) },
  trustedProxies: undefined,
});
const [{ ldap } = {}] = await listener.start();
t.teardown(() => listener.stop(0));

async function bound(uid: string): Promise<Client> {
  const client = await Client.open({ port: ldap?.port ?? 0 });
  t.equal((await client.bind(userDN(uid), 'right')).code, 0);
  return client;
}

/** Looks at every entry; all of `u1` begin so. */
const long = searchRequest({ base: BASE, filter: '(description=*number*)', attributes: ['description'] });
const scan = searchRequest({ base: BASE, filter: '(description=*nowhere*)' });

t.test(
  'what it has asked ends as for nobody, and so does what it asks from then on; another is left alone',
  async (t) => {
    const [mine, other] = [await bound('u1'), await bound('u2')];
    const others = other.send(scan);
    const searches = [mine.send(long), mine.send(scan)];
    await mine.until(() => mine.received.some(({ op }) => op.kind === 'searchResultEntry'));
    t.equal(runToEnd(listener.revoke((uid) => uid === 'u1')), 1);
    for (const id of searches) {
      const answers = await mine.answered(id);
      t.match(answers.at(-1)?.op, { kind: 'searchResultDone', result: { code: 32, text: '', matchedDN: '' } });
      t.ok(answers.length < people.length / 2, `${answers.length} messages`);
    }
    const nobody = await Client.open({ port: ldap?.port ?? 0 });
    const question = { base: BASE, filter: '(description=number 7)' };
    t.same(await mine.search(question), await nobody.search(question));
    t.match((await other.answered(others)).at(-1)?.op, { result: { code: 0 } });
    t.equal((await other.search(question)).entries.length, 1);
    t.equal(runToEnd(listener.revoke((uid) => uid === 'u1')), 0, 'and nothing is left to revoke');
    t.equal((await mine.bind(userDN('u1'), 'right')).code, 0, 'it may bind again');
    for (const client of [mine, other, nobody]) client.destroy();
  },
);

t.test(
  'a bind under way when its account is revoked is asked about again: the first answer may be from before',
  async (t) => {
    const world = makeWorld();
    const operation = new BindOperation(
      simpleBind('ada', 'right'),
      anonymousSession('tls', '192.0.2.1'),
      world.context,
    );
    t.equal(operation.advance(), 'waiting');
    world.context.credentialCache.revoke('ada');
    world.asked[0]?.answer({ kind: 'accepted' });
    t.equal(operation.advance(), 'waiting');
    t.equal(world.asked.length, 2);
    t.equal(world.asked[1]?.password, 'right');
    world.asked[1]?.answer({ kind: 'refused' });
    const step = operation.advance();
    t.match(step, { response: { result: { code: 49 } } });
    t.equal(asked.length, 0, 'nothing else was asked');
  },
);
