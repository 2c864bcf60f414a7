// What clients of Active Directory ask besides logins: names by identifier, parts of a list of members, the domain itself.
import t from 'tap';
import { StandIn } from '../../src/demo/stand-in.js';
import { sidText } from '../../src/layout/activedirectory/identifiers.js';
import { ACTIVE_DIRECTORY_SCHEMA } from '../../src/layout/activedirectory/schema.js';
import { canonicalType, objectClass } from '../../src/ldap/schema.js';
import { Client, type SearchOptions } from '../support/client.js';
import { startProxy } from '../support/proxy.js';

const BASE = 'DC=example,DC=com';
const SERVICE = { dn: `CN=svc,CN=Users,${BASE}`, password: 'service-secret-7' };
const upstream = await StandIn.start({});
const proxy = await startProxy(upstream, {
  local: { baseDN: BASE, face: 'activedirectory', search: { users: 'self' }, serviceAccounts: [SERVICE] },
});
const client = await Client.open(proxy.url);
await client.bind(SERVICE.dn, SERVICE.password);
t.teardown(async () => {
  client.destroy();
  await proxy.stop();
  await upstream.stop();
});

type Found = Readonly<Record<string, readonly Buffer[]>>;
async function read(options: SearchOptions, by = client): Promise<{ code: number; names: string[]; found: Found[] }> {
  const { result, entries } = await by.search({ base: BASE, ...options });
  return {
    code: result.code,
    names: entries.map(({ objectName }) => objectName),
    found: entries.map(({ attributes }) => Object.fromEntries(attributes.map(({ type, values }) => [type, values]))),
  };
}
const escaped = (octets: Buffer) => octets.toString('hex').replace(/../g, '\\$&');
const person = await read({ filter: '(sAMAccountName=quillon.varrek)' });
const [name = ''] = person.names;
const guid = person.found[0]!.objectGUID![0]!;
const sid = person.found[0]!.objectSid![0]!;

t.test('a base by identifier leads to its entry, in bytes and as text', async (t) => {
  const uuid = (await read({ base: name, scope: 0, attributes: ['entryUUID'] })).found[0]!.entryUUID!.toString();
  for (const base of [
    `<GUID=${guid.toString('hex')}>`,
    `<guid=${uuid}>`,
    `<SID=${sidText(sid)}>`,
    `<SID=${sid.toString('hex').toUpperCase()}>`,
  ])
    t.match(await read({ base, scope: 0 }), { code: 0, names: [name] }, base);
  t.equal((await read({ base: '<SID=S-1-5-21-1-2-3-4>', scope: 0 })).code, 32);
  t.equal((await read({ base: `<GUID=${'0'.repeat(32)}>`, scope: 0 })).code, 32);
  for (const base of ['<GUID=x>', '<GUID=00>', '<SID=>', '<WHAT=1>', '<', `<SID=${'0'.repeat(4000)}>`])
    t.match((await read({ base, scope: 0 })).code, base === '<GUID=00>' ? 32 : 34, base);
});

t.test('a domain’s container of people is found by its well-known identifier', async (t) => {
  const known = 'a9d1ca15768811d1aded00c04fd8d5cd';
  const root = (await read({ base: BASE, scope: 0 })).found[0]!;
  const [object = ''] = (root.wellKnownObjects ?? []).map(String);
  t.match(object, /^B:32:A9D1CA15768811D1ADED00C04FD8D5CD:[A-Z]+=Users,/i);
  const [, users = ''] = /^B:32:[0-9A-F]{32}:(.*)$/.exec(object) ?? [];
  for (const base of [`<WKGUID=${known},${BASE}>`, `<wkguid=${known.toUpperCase()},${BASE.toUpperCase()}>`]) {
    t.match(await read({ base, scope: 0 }), { code: 0, names: [users] }, base);
    t.match(await read({ base, scope: 1, filter: '(sAMAccountName=quillon.varrek)' }), { code: 0, names: [name] });
  }
  for (const [base, code] of [
    [`<WKGUID=${'0'.repeat(32)},${BASE}>`, 32],
    [`<WKGUID=${known},DC=elsewhere>`, 32],
    [`<WKGUID=${known},${users}>`, 32],
    [`<WKGUID=${known}>`, 34],
    [`<WKGUID=00,${BASE}>`, 34],
  ] as const)
    t.equal((await read({ base, scope: 0 })).code, code, base);
});

t.test('a person sees by identifier what it sees by name, and no other', async (t) => {
  const self = await Client.open(proxy.url);
  t.match(await self.bind('mirelle.oskand@example.com', 'user-secret-5002'), { code: 0 });
  t.equal((await read({ base: `<GUID=${guid.toString('hex')}>`, scope: 0 }, self)).code, 32);
  t.equal((await read({ base: `<SID=${sidText(sid)}>`, scope: 0 }, self)).code, 32);
  const own = (await read({ filter: '(sAMAccountName=mirelle.oskand)' }, self)).found[0]!.objectSid![0]!;
  t.match(await read({ base: `<SID=${sidText(own)}>`, scope: 0 }, self), { code: 0, names: [/^CN=mirelle\.oskand,/] });
  self.destroy();
});

t.test('filters by the bytes of an identifier find its entry', async (t) => {
  for (const filter of [`(objectGUID=${escaped(guid)})`, `(objectSid=${escaped(sid)})`, `(objectSid=${sidText(sid)})`])
    t.same((await read({ filter })).names, [name], filter);
});

t.test('numbers of 64 bits are compared as numbers', async (t) => {
  t.ok((await read({ filter: '(&(objectClass=user)(pwdLastSet>=1))' })).names.length > 1);
  t.same((await read({ filter: '(&(objectClass=user)(pwdLastSet=0))' })).names, []);
});

t.test('a list of members comes in parts, the last of which says so', async (t) => {
  const group = async (attribute: string) => {
    const { found } = await read({ filter: '(cn=wayk-users)', attributes: [attribute] });
    return found[0] ?? {};
  };
  const all = (await group('member')).member!.map(String);
  t.equal(all.length, 9);
  const shown = async (attribute: string) =>
    Object.entries(await group(attribute)).map(([type, values]) => [type, values.map(String)]);
  t.same(await shown('member;range=0-*'), [['member;range=0-*', all]]);
  t.same(await shown('member;range=0-1499'), [['member;range=0-*', all]]);
  t.same(await shown('member;Range=0-3'), [['member;range=0-3', all.slice(0, 4)]]);
  t.same(await shown('member;range=4-8'), [['member;range=4-*', all.slice(4)]]);
  t.same(await shown('member;range=4-*'), [['member;range=4-*', all.slice(4)]]);
  t.same(await shown('member;range=4-2'), [], 'an invalid range is an option that nothing has');
  t.same(await shown('member;range=4000-*'), [], 'nothing is beyond the end');
});

t.test('the base is the domain, and each group is there once', async (t) => {
  const { found } = await read({ scope: 0 });
  t.match(found[0]!.objectClass!.map(String), ['top', 'domain', 'domainDNS']);
  t.equal(sidText(found[0]!.objectSid![0]!), sidText(sid)!.replace(/-[0-9]+$/, ''));
  t.equal(String(found[0]!.distinguishedName), BASE);
  t.equal(found[0]!.objectGUID![0]!.length, 16);
  const groups = await read({ filter: '(objectClass=group)', attributes: ['*'] });
  t.same(
    groups.names.filter((one) => /unix/i.test(one)),
    [],
    'none for Linux alone',
  );
  t.ok(groups.names.some((one) => one.startsWith('CN=Domain Users,')));
  t.ok(groups.found.every((one) => one.memberUid === undefined));
});

t.test('classes allow whatever their entries have: clients ask for what the schema allows', async (t) => {
  const classes = new Map(ACTIVE_DIRECTORY_SCHEMA.objectClasses.map((one) => [one.names[0]!.toLowerCase(), one]));
  const allowedBy = (name: string): string[] => {
    const one = classes.get(name.toLowerCase()) ?? objectClass(name);
    return one === undefined ? [] : [...one.must, ...one.may, ...one.superiors.flatMap(allowedBy)];
  };
  const { found, names } = await read({ attributes: ['*'] });
  t.ok(found.length > 10);
  found.forEach((entry, i) => {
    const allowed = new Set(entry.objectClass!.map(String).flatMap(allowedBy).map(canonicalType));
    t.same(
      Object.keys(entry).filter((type) => !allowed.has(canonicalType(type))),
      [],
      names[i]!,
    );
  });
});

t.test('in another face a range is an option like any other, and an identifier is not a name', async (t) => {
  const plain = await startProxy(upstream, { local: { baseDN: BASE, serviceAccounts: [SERVICE] } });
  t.teardown(() => plain.stop());
  const other = await Client.open(plain.url);
  t.teardown(() => other.destroy());
  await other.bind(SERVICE.dn, SERVICE.password);
  t.same((await read({ filter: '(cn=wayk-users)', attributes: ['member;range=0-*'] }, other)).found, [{}]);
  t.equal((await read({ base: `<GUID=${guid.toString('hex')}>`, scope: 0 }, other)).code, 34);
});
