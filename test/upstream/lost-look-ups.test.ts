// A look-up whose connection is lost is asked once more: it only asks. A bind is not: it may have counted as an attempt.
import type { Socket } from 'node:net';
import t, { type Test } from 'tap';
import type { SearchRequest } from '../../src/ldap/message.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { Client } from '../support/client.js';
import { eventually, startProxy, userDN } from '../support/proxy.js';
import { assertions, SmallUpstream, upstreamDN } from '../support/small-upstream.js';

const alice = { uid: 'quillon.varrek', password: 'user-secret-5001' };
/** A member whom no read of the list brings, so that each bind asks about her. */
const newcomer = { uid: 'mirelle.oskand', password: 'user-secret-5002' };
const outsider = { uid: 'corvane.thessly', password: 'user-secret-5005', isMember: false };
const [OK, INVALID_CREDENTIALS, UNAVAILABLE] = [0, 49, 52];

const isLookUp = ({ filter }: SearchRequest) =>
  assertions(filter).some((one) => one.startsWith('uid=') || one.startsWith('mail='));
const end = (messageID: number, code: number) =>
  encodeMessage({ messageID, op: { kind: 'searchResultDone', result: { code, matchedDN: '', text: '' } } });

/** A proxy whose list never comes; each of the first look-ups is spoilt so. */
async function losing(t: Test, losses: readonly ((socket: Socket, messageID: number) => void)[]) {
  const upstream = await SmallUpstream.start([alice, newcomer, outsider]);
  const asked: Socket[] = [];
  const left = [...losses];
  upstream.instead.until = ({ filter }) =>
    assertions(filter).some((one) => one.startsWith('memberof=')) ? new Promise(() => {}) : undefined;
  upstream.instead.search = (request, messageID, socket) => {
    if (!isLookUp(request)) return false;
    asked.push(socket);
    const lose = left.shift();
    lose?.(socket, messageID);
    return lose !== undefined;
  };
  const proxy = await startProxy(upstream, { upstream: { operationTime: '5s' } }, false);
  const client = await Client.open(proxy.url);
  t.teardown(async () => {
    client.destroy();
    await proxy.stop();
    await upstream.stop();
  });
  const code = async (uid: string, password: string) => (await client.bind(userDN(uid), password)).code;
  return { upstream, asked, code };
}

const reset = (socket: Socket) => void socket.destroy();
const ways = [
  ['reset', reset],
  ['closed', (socket: Socket) => void socket.end()],
  ['busy', (socket: Socket, messageID: number) => void socket.write(end(messageID, 51))],
  ['unavailable', (socket: Socket, messageID: number) => void socket.write(end(messageID, 52))],
  ['half an answer', (socket: Socket, messageID: number) => void socket.end(end(messageID, 0).subarray(0, 5))],
] as const;

for (const [name, lose] of ways)
  t.test(`${name}: the look-up is asked again on another connection, and the login goes on`, async (t) => {
    const { asked, code, upstream } = await losing(t, [lose]);
    t.equal(await code(newcomer.uid, newcomer.password), OK);
    t.equal(asked.length, 2);
    t.not(asked[0], asked[1], 'another connection');
    t.same(
      upstream.binds.filter((dn) => dn === upstreamDN(newcomer.uid)),
      [upstreamDN(newcomer.uid)],
      'her password went once',
    );
    t.equal(await code(outsider.uid, outsider.password), INVALID_CREDENTIALS);
  });

t.test('lost twice it is trouble, and no third question', async (t) => {
  const { asked, code } = await losing(t, [reset, reset]);
  t.equal(await code(newcomer.uid, newcomer.password), UNAVAILABLE);
  t.equal(asked.length, 2);
  t.equal(await code(newcomer.uid, newcomer.password), OK, 'the next login asks again');
});

t.test('a member of an old snapshot whose confirmation is lost gets in as well (R92)', async (t) => {
  const upstream = await SmallUpstream.start([alice]);
  const proxy = await startProxy(upstream, { directory: { refresh: '1ms', membershipAge: '1ms' } });
  const client = await Client.open(proxy.url);
  t.teardown(async () => {
    client.destroy();
    await proxy.stop();
    await upstream.stop();
  });
  let lost = 0;
  upstream.instead.until = ({ filter }) =>
    assertions(filter).some((one) => one.startsWith('memberof=')) ? new Promise(() => {}) : undefined;
  upstream.instead.search = (request, _messageID, socket) => {
    if (!isLookUp(request) || lost > 0) return false;
    lost++;
    socket.destroy();
    return true;
  };
  await eventually(() => (proxy.app.readiness().snapshot.ageSeconds ?? 0) >= 1);
  t.equal((await client.bind(userDN(alice.uid), alice.password)).code, OK);
  t.equal(lost, 1);
});
