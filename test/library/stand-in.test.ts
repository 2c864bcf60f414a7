// The stand-in as other programs' tests use it: their own people, faults on purpose, and what it received.
import t from 'tap';
import { start } from '../../src/index.js';
import { type StandInPerson, startStandIn } from '../../src/testing.js';
import { Client } from '../support/client.js';

const PEOPLE: readonly StandInPerson[] = [
  { uid: 'ada.lovelace', password: 'engine-1843', groups: ['wayk-users', 'Analysts'] },
  { uid: 'grace', password: 'cobol-1959', givenName: 'Grace', sn: 'Hopper', title: 'Admiral' },
  { uid: 'o,connor', password: 'comma-1', locked: true, groups: ['wayk-users'] },
];

/** A client of the stand-in itself. */
const open = (jumpcloud: { url: string; ca: string }) =>
  Client.open({ port: Number(new URL(jumpcloud.url).port), tls: true, ca: jumpcloud.ca });

t.test('its people are those that were given, and the reader', async (t) => {
  await using jumpcloud = await startStandIn({ people: PEOPLE });
  const client = await open(jumpcloud);
  t.teardown(() => client.destroy());
  t.equal((await client.bind(jumpcloud.reader.dn, jumpcloud.reader.password)).code, 0);
  const { entries } = await client.search({ base: jumpcloud.usersDN, filter: '(objectClass=*)' });
  const names = entries.map(({ objectName }) => objectName.split(`,${jumpcloud.usersDN}`)[0]).sort();
  const groups = ['cn=Analysts', 'cn=wayk-users'];
  // As ldapjs writes a comma.
  const people = ['uid=ada.lovelace', 'uid=grace', 'uid=ldap-reader', 'uid=o\\2cconnor'];
  t.same(names, [...groups, jumpcloud.usersDN, ...people]);
  const textOf = (uid: string, type: string) =>
    entries
      .find(({ objectName }) => objectName === jumpcloud.dn(uid))
      ?.attributes.find((one) => one.type === type)
      ?.values.map(String);
  t.same(textOf('ada.lovelace', 'cn'), ['Ada Lovelace']);
  t.same(
    [textOf('grace', 'cn'), textOf('grace', 'title'), textOf('grace', 'mail')],
    [['Grace Hopper'], ['Admiral'], ['grace@example.test']],
  );
  t.equal((await client.bind(jumpcloud.dn('ada.lovelace'), 'engine-1843')).code, 0);
  t.equal((await client.bind(jumpcloud.dn('o,connor'), 'comma-1')).code, 49, 'locked');
  const { binds, searches, connections, bindNames } = jumpcloud.received;
  t.same([binds, searches, connections], [3, 1, 1]);
  t.same(bindNames, [jumpcloud.reader.dn, jumpcloud.dn('ada.lovelace'), jumpcloud.dn('o,connor')]);
  await t.rejects(startStandIn({ people: [PEOPLE[0]!, PEOPLE[0]!] }), /two people/);
});

t.test('people, groups, states and faults change while it runs', async (t) => {
  await using jumpcloud = await startStandIn({ people: PEOPLE });
  const client = await open(jumpcloud);
  t.teardown(() => client.destroy());
  const code = async (uid: string, password: string) => (await client.bind(jumpcloud.dn(uid), password)).code;
  jumpcloud.addPerson({ uid: 'alan', password: 'bombe-1940', groups: ['wayk-users', 'New'] });
  t.equal(await code('alan', 'bombe-1940'), 0);
  jumpcloud.setPassword('alan', 'other-1');
  t.same([await code('alan', 'bombe-1940'), await code('alan', 'other-1')], [49, 0]);
  jumpcloud.setState('alan', { suspended: true });
  t.equal(await code('alan', 'other-1'), 49);
  jumpcloud.setState('alan', { suspended: undefined });
  t.equal(await code('alan', 'other-1'), 0);
  jumpcloud.removeFromGroup('New', 'alan');
  jumpcloud.addToGroup('Another', 'alan');
  jumpcloud.removePerson('grace');
  t.equal(await code('grace', 'cobol-1959'), 49);
  jumpcloud.fault = 'busy';
  t.equal(await code('alan', 'other-1'), 51);
  jumpcloud.fault = 'none';
  jumpcloud.latency = 1;
  t.same([jumpcloud.fault, jumpcloud.latency], ['none', 1]);
  t.equal(await code('alan', 'other-1'), 0);
  for (const wrong of [
    () => jumpcloud.addPerson(PEOPLE[0]!),
    () => jumpcloud.removePerson('nobody'),
    () => jumpcloud.setState('nobody', {}),
    () => jumpcloud.setPassword('nobody', 'x'),
    () => jumpcloud.addToGroup('wayk-users', 'nobody'),
    () => jumpcloud.removeFromGroup('nothing', 'alan'),
  ])
    t.throws(wrong, /there is/);
});

t.test('Jumpgate runs in front of it by what it says of itself, with the API and without', async (t) => {
  for (const api of [false, true]) {
    await using jumpcloud = await startStandIn({ people: PEOPLE, api });
    await using jumpgate = await start({
      config: { upstream: jumpcloud.upstream, listen: { ldap: '127.0.0.1:0' } },
      ca: jumpcloud.ca,
    });
    await jumpgate.ready();
    t.equal(jumpgate.state.snapshot.members, 2);
    t.equal(jumpgate.state.cloud === undefined, !api);
    const client = await Client.open(jumpgate.addresses.ldap!);
    t.equal((await client.bind(jumpcloud.dn('ada.lovelace'), 'engine-1843')).code, 0);
    client.destroy();
  }
});

t.test('each runs for itself', async (t) => {
  await using one = await startStandIn({ people: PEOPLE });
  await using other = await startStandIn();
  one.fault = 'unavailable';
  const client = await open(other);
  t.teardown(() => client.destroy());
  t.equal((await client.bind(other.dn('quillon.varrek'), 'user-secret-5001')).code, 0);
  t.equal(one.received.binds, 0);
});
