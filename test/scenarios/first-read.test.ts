// Logins while the directory is read for the first time, which takes its time where it is large: names are looked up one by one.
import t, { type Test } from 'tap';
import type { SearchRequest } from '../../src/ldap/message.js';
import { Client } from '../support/client.js';
import { BASE, eventually, startProxy, userDN } from '../support/proxy.js';
import { SmallUpstream, upstreamDN } from '../support/small-upstream.js';

const alice = { uid: 'quillon.varrek', password: 'user-secret-5001' };
const outsider = { uid: 'corvane.thessly', password: 'user-secret-5005', isMember: false };
const service = { dn: `cn=app,${BASE}`, password: 'app-secret-7001' };

const [OK, INVALID_CREDENTIALS, UNAVAILABLE] = [0, 49, 52];

/** The mirror's question for all members; a look-up asks for one name. */
const asksForMembers = ({ filter }: SearchRequest) => JSON.stringify(filter).includes('memberOf');

/** A proxy whose first read is under way until `goOn`. */
async function reading(t: Test, settings: Record<string, unknown> = {}) {
  const upstream = await SmallUpstream.start([alice, outsider]);
  let goOn = () => {};
  const held = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  upstream.instead.until = (request) => (asksForMembers(request) ? held : undefined);
  const local = { serviceAccounts: [service], ...settings };
  const proxy = await startProxy(upstream, { local }, false);
  const client = await Client.open(proxy.url);
  t.teardown(async () => {
    goOn();
    client.destroy();
    await proxy.stop();
    await upstream.stop();
  });
  const reasons = () => proxy.log.flatMap((line) => (JSON.parse(line) as { reason?: string }).reason ?? []);
  const code = async (name: string, password: string) => (await client.bind(name, password)).code;
  return { upstream, proxy, client, goOn, reasons, code };
}

t.test('a member gets in, nobody else does, and searches wait for the directory', async (t) => {
  const { upstream, proxy, client, goOn, reasons, code } = await reading(t);
  t.equal(await code(userDN(alice.uid), alice.password), OK);
  t.equal((await client.search({ base: BASE })).result.code, UNAVAILABLE);
  t.equal(await code(userDN(alice.uid), 'wrong'), INVALID_CREDENTIALS);
  t.equal(await code(userDN(outsider.uid), outsider.password), INVALID_CREDENTIALS);
  t.equal(await code(userDN('nobody'), 'x'), INVALID_CREDENTIALS);
  t.equal(await code(`cn=x,${BASE}`, 'x'), INVALID_CREDENTIALS);
  t.equal(await code(service.dn, service.password), OK);
  t.equal(await code(service.dn, 'wrong'), INVALID_CREDENTIALS);
  t.same(reasons(), [
    ...['ok', 'no-snapshot', 'wrong-password', 'not-a-member', 'unknown-name', 'not-a-user-name'],
    ...['ok', 'wrong-password'],
  ]);
  const asked = upstream.binds.filter((name) => name !== upstream.reader.dn);
  t.same(asked, [upstreamDN(alice.uid), upstreamDN(alice.uid)], 'no password but a member’s goes upstream');
  t.notOk(proxy.app.readiness().ready);

  t.equal(await code(userDN(alice.uid), alice.password), OK);
  goOn();
  await eventually(() => proxy.app.readiness().ready);
  t.equal(
    (await client.search({ base: userDN(alice.uid) })).entries.length,
    1,
    'the session goes on with the directory',
  );
});

t.test('a name that may mean two people waits for the directory', async (t) => {
  const { code, reasons } = await reading(t);
  t.equal(await code(alice.uid, alice.password), UNAVAILABLE, 'somebody’s uid, and perhaps another’s mail');
  t.equal(await code(`cn=${alice.uid},${userDN('').slice('uid=,'.length)}`, alice.password), UNAVAILABLE);
  t.same(reasons(), ['no-snapshot', 'no-snapshot']);
});

t.test('a bare name that can only be a uid does not', async (t) => {
  const { code } = await reading(t, { names: ['uid'] });
  t.equal(await code(alice.uid, alice.password), OK);
});

t.test('after a first read that failed nobody is looked up: the answer is 52, immediately', async (t) => {
  const { upstream, proxy, goOn, reasons, code } = await reading(t);
  const result = { code: 52, matchedDN: '', text: '' };
  upstream.instead.done = (request) => (asksForMembers(request) ? { kind: 'searchResultDone', result } : undefined);
  goOn();
  await eventually(() => proxy.app.readiness().upstream.lastError !== undefined);
  t.equal(await code(userDN(alice.uid), alice.password), UNAVAILABLE);
  t.equal(await code(service.dn, service.password), UNAVAILABLE);
  t.same(reasons(), ['no-snapshot', 'no-snapshot']);
  t.notOk(upstream.binds.includes(upstreamDN(alice.uid)));
});
