// What may be done to the stand-in while it runs: states of accounts, members of groups, delays and faults.
import t, { type Test } from 'tap';
import type { Person } from '../../src/demo/people.js';
import { StandIn, type StandInOptions, type UpstreamFault } from '../../src/demo/stand-in.js';
import { type Attribute, Oid, type Request } from '../../src/ldap/message.js';
import { Client, searchRequest, simpleBind } from '../support/client.js';
import { PPOLICY, READER, READER_PASSWORD, USERS, userDN } from './requests.js';

const QUILLON = userDN('quillon.varrek');
const PASSWORD = 'user-secret-5001';
const NEWCOMER: Person = {
  uid: 'wenna.orrister',
  givenName: 'Wenna',
  sn: 'Orrister',
  number: 16,
  title: 'Archivist',
  department: 'Operations',
  employeeType: 'employee',
  password: 'a new secret',
  state: {},
};

/** A stand-in of one's own, with a reader bound to it. */
async function fresh(t: Test, options: StandInOptions = {}) {
  const upstream = await StandIn.start(options);
  const clients: Client[] = [];
  t.teardown(async () => {
    for (const client of clients) client.destroy();
    await upstream.stop();
  });
  const open = async () => {
    const client = await Client.open({ port: upstream.port, tls: true, ca: upstream.caPem });
    clients.push(client);
    return client;
  };
  const reader = await open();
  await reader.bind(READER, READER_PASSWORD);
  /** The code of a bind on a connection of its own. */
  const bind = async (uid: string, password: string) => (await (await open()).bind(userDN(uid), password)).code;
  /** The one entry that the reader finds, by attribute; undefined if there is none. */
  const entry = async (rdn: string): Promise<Record<string, string[]> | undefined> => {
    const { entries } = await reader.search({ base: USERS, filter: `(${rdn})` });
    return entries[0] === undefined ? undefined : texts(entries[0].attributes);
  };
  return { upstream, open, reader, bind, entry };
}

const texts = (attributes: readonly Attribute[]) =>
  Object.fromEntries(attributes.map(({ type, values }) => [type, values.map(String)]));

/** Code and password policy response of a bind that asks for one. */
async function policyBind(client: Client, uid: string, password: string): Promise<[number | undefined, string]> {
  const [answer] = await client.answered(
    client.send(simpleBind(userDN(uid), password), [{ type: PPOLICY, critical: false }]),
  );
  const control = answer?.controls?.find(({ type }) => type === PPOLICY);
  return [
    answer?.op.kind === 'bindResponse' ? answer.op.result.code : undefined,
    control?.value?.toString('hex') ?? 'none',
  ];
}

t.test('suspended, locked and expired accounts cannot bind, but are there', async (t) => {
  const { upstream, bind, entry } = await fresh(t);
  for (const state of ['suspended', 'locked', 'passwordExpired'] as const) {
    t.equal(await bind('quillon.varrek', PASSWORD), 0, `before: ${state}`);
    upstream.setState('quillon.varrek', { [state]: true });
    t.equal(await bind('quillon.varrek', PASSWORD), 49, state);
    t.ok(await entry('uid=quillon.varrek'), `${state}: the entry`);
    upstream.setState('quillon.varrek', { [state]: false });
  }
  t.equal(await bind('quillon.varrek', PASSWORD), 0, 'and all is as before');
  t.equal(await bind('emrick.solvane', 'user-secret-5009'), 49, 'suspended from the beginning');
  t.equal(await bind('daxon.wyrmell', 'user-secret-5013'), 49, 'expired from the beginning');
  t.equal(await bind('philo.estrande', 'user-secret-5014'), 49, 'locked from the beginning');
});

t.test('the password policy control gives the reason, and expiry only to a client with the password', async (t) => {
  const { open } = await fresh(t);
  const client = await open();
  t.same(await policyBind(client, 'quillon.varrek', PASSWORD), [0, '3000']);
  t.same(await policyBind(client, 'quillon.varrek', 'wrong'), [49, '3000']);
  t.same(await policyBind(client, 'nobody', 'wrong'), [49, '3000']);
  t.same(await policyBind(client, 'philo.estrande', 'wrong'), [49, '3003810101'], 'accountLocked');
  t.same(await policyBind(client, 'daxon.wyrmell', 'wrong'), [49, '3000']);
  t.same(await policyBind(client, 'daxon.wyrmell', 'user-secret-5013'), [49, '3003810100'], 'passwordExpired');
  t.same(await policyBind(client, 'emrick.solvane', 'user-secret-5009'), [49, '3000'], 'suspended');
});

t.test('failed binds lock an account only where a threshold is set, and a good one resets the count', async (t) => {
  const { bind } = await fresh(t);
  for (let i = 0; i < 12; i++) await bind('quillon.varrek', 'wrong');
  t.equal(await bind('quillon.varrek', PASSWORD), 0, 'no threshold');

  const strict = await fresh(t, { lockoutThreshold: 2 });
  await strict.bind('quillon.varrek', 'wrong');
  t.equal(await strict.bind('quillon.varrek', PASSWORD), 0);
  await strict.bind('quillon.varrek', 'wrong');
  t.equal(await strict.bind('quillon.varrek', PASSWORD), 0, 'one failure each time');
  for (let i = 0; i < 2; i++) await strict.bind('quillon.varrek', 'wrong');
  t.equal(await strict.bind('quillon.varrek', PASSWORD), 49, 'two in a row');
  strict.upstream.setState('quillon.varrek', { locked: false });
  await strict.bind('quillon.varrek', 'wrong');
  t.equal(await strict.bind('quillon.varrek', PASSWORD), 0, 'unlocking resets the count, too');
});

t.test('with a code, the password alone is not enough', async (t) => {
  const { upstream, bind } = await fresh(t);
  const password = 'user-secret-5004';
  t.equal(await bind('yselda.mornwick', `${password},123456`), 0);
  for (const wrong of [password, `${password},654321`, `${password},`, ',123456', 'wrong,123456']) {
    t.equal(await bind('yselda.mornwick', wrong), 49, wrong);
  }
  t.equal(await bind('quillon.varrek', `${PASSWORD},123456`), 49, 'a code where none is asked for');
  upstream.setState('quillon.varrek', { mfa: 'code' });
  t.equal(await bind('quillon.varrek', `${PASSWORD},123456`), 0);
});

t.test('with a push, the right password waits for its confirmation and the wrong one does not', async (t) => {
  const { open } = await fresh(t, { pushDelay: 60 });
  const nahlia = userDN('nahlia.grevost');
  const [right, wrong] = [await open(), await open()];
  const answers: string[] = [];
  const start = performance.now();
  const waiting = right.bind(nahlia, 'user-secret-5010').then(({ code }) => answers.push(`right ${code}`));
  await wrong.bind(nahlia, 'wrong').then(({ code }) => answers.push(`wrong ${code}`));
  await waiting;
  t.same(answers, ['wrong 49', 'right 0']);
  t.ok(performance.now() - start >= 59, 'it took at least the delay');
  const whoAmI = await right.answered(right.send({ kind: 'extendedRequest', requestName: Oid.whoAmI }));
  t.match(whoAmI, [{ op: { responseValue: Buffer.from(`dn:${nahlia}`) } }]);
});

t.test('who is suspended while the push is under way is not let in', async (t) => {
  const { upstream, open } = await fresh(t, { pushDelay: 60 });
  const client = await open();
  const waiting = client.bind(userDN('nahlia.grevost'), 'user-secret-5010');
  while (upstream.counters.binds < 2) await new Promise(setImmediate);
  upstream.setState('nahlia.grevost', { suspended: true });
  t.equal((await waiting).code, 49);
});

t.test('who goes away while the push is under way leaves nothing behind', async (t) => {
  const { upstream, open, bind } = await fresh(t, { pushDelay: 20 });
  const impatient = await open();
  impatient.send(simpleBind(userDN('nahlia.grevost'), 'user-secret-5010'));
  while (upstream.counters.binds < 2) await new Promise(setImmediate);
  impatient.destroy();
  t.equal(await bind('nahlia.grevost', 'user-secret-5010'), 0, 'whose own push comes after the abandoned one');
});

t.test('who is not in the directory does not exist in it', async (t) => {
  const { upstream, bind, entry, reader } = await fresh(t);
  upstream.setState('corvane.thessly', { inDirectory: false });
  t.equal(await bind('corvane.thessly', 'user-secret-5005'), 49);
  t.equal(await entry('uid=corvane.thessly'), undefined);
  t.equal((await reader.search({ base: userDN('corvane.thessly') })).result.code, 32);
  t.same((await entry('cn=Finance'))?.member, [userDN('liora.penhadrin')], 'nor in its groups');
  upstream.setState('corvane.thessly', { inDirectory: true });
  t.equal(await bind('corvane.thessly', 'user-secret-5005'), 0);
});

t.test('an ordinary user finds nothing, and everything once they may search', async (t) => {
  const { upstream, open } = await fresh(t);
  const client = await open();
  t.equal((await client.search({ base: USERS })).result.code, 32, 'nobody');
  await client.bind(QUILLON, PASSWORD);
  t.match(await client.search({ base: USERS }), { result: { code: 0 }, entries: [] });
  upstream.setState('quillon.varrek', { bindDn: true });
  t.equal((await client.search({ base: USERS, filter: '(uid=*)' })).entries.length, 16);
  upstream.setState('quillon.varrek', { bindDn: false });
  t.same((await client.search({ base: USERS })).entries, []);
});

t.test('a new password replaces the old one, and a newcomer is there', async (t) => {
  const { upstream, bind, entry } = await fresh(t);
  upstream.setPassword('quillon.varrek', 'another');
  t.equal(await bind('quillon.varrek', PASSWORD), 49);
  t.equal(await bind('quillon.varrek', 'another'), 0);

  t.equal(await bind('wenna.orrister', 'a new secret'), 49);
  upstream.addPerson(NEWCOMER);
  t.equal(await bind('wenna.orrister', 'a new secret'), 0);
  t.match(await entry('uid=wenna.orrister'), { cn: ['Wenna Orrister'], uidNumber: ['5016'], title: ['Archivist'] });
});

t.test('membership shows on both sides', async (t) => {
  const { upstream, entry } = await fresh(t);
  const finance = `cn=Finance,${USERS}`;
  upstream.addToGroup('Finance', 'odrienne.faltz');
  upstream.addToGroup('Finance', 'odrienne.faltz');
  t.same((await entry('uid=odrienne.faltz'))?.memberOf, [finance]);
  t.same((await entry('cn=Finance'))?.member?.slice(2), [userDN('odrienne.faltz')], 'once, though added twice');
  t.same((await entry('cn=finance_unix'))?.memberUid?.slice(2), ['odrienne.faltz']);
  upstream.removeFromGroup('Finance', 'odrienne.faltz');
  t.equal((await entry('uid=odrienne.faltz'))?.memberOf, undefined);
  t.equal((await entry('cn=Finance'))?.member?.length, 2);
});

t.test('a group without members vanishes with its Linux twin, and comes back with the first', async (t) => {
  const { upstream, entry } = await fresh(t);
  upstream.removeFromGroup('Finance', 'corvane.thessly');
  t.ok(await entry('cn=Finance'));
  upstream.setState('liora.penhadrin', { inDirectory: false });
  t.equal(await entry('cn=Finance'), undefined, 'the last member is not in the directory');
  t.equal(await entry('cn=finance_unix'), undefined);
  upstream.setState('liora.penhadrin', { inDirectory: true });
  t.ok(await entry('cn=finance_unix'));
  upstream.removeFromGroup('Finance', 'liora.penhadrin');
  t.equal(await entry('cn=Finance'), undefined, 'there is no member');
  upstream.addToGroup('Finance', 'quillon.varrek');
  t.same((await entry('cn=finance_unix'))?.memberUid, ['quillon.varrek']);
});

t.test('a slip in a name is reported, not swallowed', async (t) => {
  const { upstream } = await fresh(t);
  t.throws(() => upstream.setState('quillon', { locked: true }), { message: 'there is no quillon' });
  t.throws(() => upstream.setPassword('quillon', 'x'), { message: 'there is no quillon' });
  t.throws(() => upstream.addToGroup('Finance', 'quillon'), { message: 'there is no quillon' });
  t.throws(() => upstream.addToGroup('finance', 'quillon.varrek'), { message: 'there is no group finance' });
  t.throws(() => upstream.removeFromGroup('finance', 'quillon.varrek'), { message: 'there is no group finance' });
  t.throws(() => upstream.addPerson({ ...NEWCOMER, uid: 'quillon.varrek' }), {
    message: 'there is a quillon.varrek already',
  });
});

t.test('latency delays every answer and keeps their order on a connection', async (t) => {
  const { reader } = await fresh(t, { latency: 30 });
  const start = performance.now();
  await reader.search({ base: USERS });
  t.ok(performance.now() - start >= 29, 'a search');
  await reader.result({ kind: 'delRequest', entry: 'no name' });
  t.ok(performance.now() - start >= 58, 'a refusal');

  const numbers = [
    reader.send(searchRequest({ base: USERS, filter: '(uid=*)' })),
    reader.send({ kind: 'extendedRequest', requestName: '1.2.3' }),
    reader.send(searchRequest({ base: 'no name' })),
    reader.send({ kind: 'extendedRequest', requestName: Oid.whoAmI }),
  ];
  await reader.answered(numbers.at(-1) ?? 0);
  t.same([...new Set(reader.received.map(({ messageID }) => messageID))].slice(-4), numbers);
});

t.test('busy and unavailable refuse every operation, until the fault is over', async (t) => {
  const { upstream, open } = await fresh(t);
  const requests: Request[] = [
    simpleBind(READER, READER_PASSWORD),
    simpleBind('', ''),
    simpleBind('no name', 'x'),
    searchRequest({ base: USERS }),
    { kind: 'compareRequest', entry: QUILLON, attribute: 'sn', value: Buffer.from('Varrek') },
    { kind: 'extendedRequest', requestName: Oid.whoAmI },
    { kind: 'extendedRequest', requestName: '1.2.3' },
    { kind: 'delRequest', entry: QUILLON },
  ];
  for (const [fault, code] of [
    ['busy', 51],
    ['unavailable', 52],
  ] as const) {
    const client = await open();
    upstream.fault = fault;
    for (const request of requests) {
      t.match(await client.result(request), { code, text: '', matchedDN: '' }, `${fault}: ${request.kind}`);
    }
    upstream.fault = 'none';
    t.equal((await client.bind(READER, READER_PASSWORD)).code, 0);
  }
});

t.test('a hanging bind is not answered; what else is asked on the connection is', async (t) => {
  const { upstream, open } = await fresh(t);
  const client = await open();
  await client.bind(READER, READER_PASSWORD);
  upstream.fault = 'hang-at-bind';
  const bind = client.send(simpleBind(READER, READER_PASSWORD));
  t.equal(
    (await client.search({ base: USERS })).result.code,
    32,
    'and the bind has begun, so the connection is anonymous',
  );
  t.notOk(client.received.some(({ messageID }) => messageID === bind));
  upstream.fault = 'none';
  t.equal((await client.bind(READER, READER_PASSWORD)).code, 0);
});

t.test('a dropped bind costs its connection and no other', async (t) => {
  const { upstream, open, reader } = await fresh(t);
  const client = await open();
  upstream.fault = 'drop-at-bind';
  client.send(simpleBind(QUILLON, PASSWORD));
  await client.closed();
  t.same(client.received, []);
  t.equal((await reader.search({ base: USERS })).result.code, 0);
});

t.test('dropConnections ends every connection; new ones are welcome', async (t) => {
  const { upstream, open, reader, bind } = await fresh(t);
  const other = await open();
  upstream.dropConnections();
  await Promise.all([reader.closed(), other.closed()]);
  t.equal(await bind('quillon.varrek', PASSWORD), 0);
});

t.test('it counts what arrives, and keeps the latest thousand names', async (t) => {
  const { upstream, open } = await fresh(t);
  t.same(upstream.counters, { binds: 1, searches: 0, connections: 1 });
  t.same(upstream.bindNames, [READER]);
  const client = await open();
  await client.search({ base: 'no name' });
  await client.bind('no name', 'x');
  const faults: UpstreamFault[] = ['busy', 'hang-at-bind'];
  for (const fault of faults) {
    upstream.fault = fault;
    client.send(simpleBind(fault, 'x'));
    await client.answered(client.send({ kind: 'extendedRequest', requestName: Oid.whoAmI }));
  }
  upstream.fault = 'none';
  t.same(upstream.counters, { binds: 4, searches: 1, connections: 2 });
  t.same(upstream.bindNames, [READER, 'no name', 'busy', 'hang-at-bind']);
  let last = 0;
  for (let i = 0; i < 1000; i++) last = client.send(simpleBind('', ''));
  await client.answered(last);
  t.equal(upstream.bindNames.length, 1000);
  t.same([...new Set(upstream.bindNames)], ['']);
});
