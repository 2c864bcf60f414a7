// A flood of invented names: it causes a bounded number of upstream questions, reveals nothing, and shuts out no member.
import { connect } from 'node:net';
import t from 'tap';
import { Client } from '../support/client.js';
import { startProxy, userDN } from '../support/proxy.js';
import { SmallUpstream } from '../support/small-upstream.js';

const LIMIT = 8;
const FLOOD = 60;
const alice = { uid: 'quillon.varrek', password: 'user-secret-5001' };
const outsider = { uid: 'corvane.thessly', password: 'user-secret-5005', isMember: false };

const upstream = await SmallUpstream.start([alice, outsider]);
const binds = { failuresPerAddress: LIMIT };
const proxy = await startProxy(upstream, { directory: { refresh: '10m', membershipAge: '10m' }, binds });
t.teardown(async () => {
  await proxy.stop();
  await upstream.stop();
});

const lookUps = () => upstream.requests.filter(({ op }) => op.kind === 'searchRequest').length;

/** A client at another address of this machine. */
async function elsewhere(): Promise<Client> {
  const socket = connect({ port: Number(new URL(proxy.url).port), host: '127.0.0.1', localAddress: '127.0.0.2' });
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return Client.open(socket);
}

t.test('invented names reach the upstream up to the limit of their address, then no more (R97)', async (t) => {
  const client = await Client.open(proxy.url);
  t.teardown(() => client.destroy());
  const before = lookUps();
  const answers = new Set<string>();
  for (let i = 0; i < FLOOD; i++) {
    const id = client.send({
      kind: 'bindRequest',
      version: 3,
      name: userDN(`nobody-${i}`),
      authentication: { method: 'simple', password: Buffer.from('x') },
    });
    answers.add(JSON.stringify((await client.answered(id)).map(({ op }) => op)));
  }
  t.equal(lookUps() - before, LIMIT, 'questions');
  t.equal(answers.size, 1, 'the first answer and the last one are the same bytes');
  const reasons = proxy.log.map((line) => (JSON.parse(line) as { reason?: string }).reason);
  t.equal(reasons.filter((reason) => reason === 'unknown-name').length, LIMIT);
  t.equal(reasons.filter((reason) => reason === 'too-many-attempts').length, FLOOD - LIMIT, 'the log says why');
  t.equal((await client.bind(userDN(alice.uid), alice.password)).code, 0, 'a member at the same address gets in');
  const other = await elsewhere();
  t.teardown(() => other.destroy());
  t.equal((await other.bind(userDN('nobody-else'), 'x')).code, 49);
  t.equal(lookUps() - before, LIMIT + 1, 'another address is asked for still');
});

t.test('people outside the group count like nobody', async (t) => {
  const client = await elsewhere();
  t.teardown(() => client.destroy());
  for (let i = 0; i < LIMIT; i++) await client.bind(userDN(outsider.uid), outsider.password);
  const before = lookUps();
  await client.bind(userDN('nobody-at-all'), 'x');
  t.equal(lookUps(), before);
});
