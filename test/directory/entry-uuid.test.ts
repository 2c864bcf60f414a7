// By what applications know a person again: it neither follows the local names, nor does somebody else inherit it.
import fc from 'fast-check';
import t from 'tap';
import type { UpstreamEntry, UpstreamImage } from '../../src/directory/reader.js';
import { buildSnapshot } from '../../src/directory/snapshot.js';
import { Layout } from '../../src/layout/layout.js';
import {
  asUpstream,
  attribute,
  dn,
  gateGroup,
  image,
  person,
  rdn,
  renamed,
  UPSTREAM_USERS,
  upstreamUser,
} from '../layout/image.js';

const layout = (localBase: string, org = '7ab3c0ffee112233445566d1', users = 'ou=Users', hidden: string[] = []) =>
  new Layout({
    orgBaseDN: dn(`o=${org},dc=jumpcloud,dc=com`),
    localBaseDN: dn(localBase),
    usersRDN: rdn(users),
    groupsRDN: rdn('ou=Groups'),
    hiddenAttributes: hidden,
    groupClasses: ['groupOfNames'],
  });
/** By uid, cn or the kind of container. */
function uuidsIn(upstream: UpstreamImage, by: Layout): Map<string, string> {
  const own = (name: string) => (name === '' ? 'base' : name);
  return new Map(
    buildSnapshot(upstream, by, 0).entries.map(({ attributes, kind, dn: name, uid }, i) => [
      kind === 'group' ? own(String(attributes.get('cn')?.values[0])) : kind === 'user' ? uid : `${kind} ${i}`,
      String(attributes.get('entryuuid')?.values[0] ?? `none at ${name}`),
    ]),
  );
}
const gates = (group: UpstreamEntry) => new Map([['wayk-users', group]]);
const users = (...people: readonly UpstreamEntry[]): UpstreamImage => ({ ...image, users: people });
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const MAPPED = ['dc=example,dc=com', 'dc=corp,dc=example,dc=com', 'o=x'];

t.test('where the upstream shows its own, that is it, whatever the local names are', async (t) => {
  const own = '11111111-2222-4333-8444-555555555555';
  for (const by of [asUpstream, renamed, ...MAPPED.map((base) => layout(base))])
    t.equal(uuidsIn(image, by).get('brim.tolvane'), own);
  const group = { ...gateGroup, attributes: [...gateGroup.attributes, attribute('ENTRYUUID', own.toUpperCase())] };
  t.equal(uuidsIn({ ...image, gates: gates(group), groups: [group] }, renamed).get('wayk-users'), own.toUpperCase());
  const odd = users(person('brim.tolvane', attribute('entryUUID', 'no UUID')), ...image.users.slice(1));
  t.match(uuidsIn(odd, renamed).get('brim.tolvane'), UUID, 'an invalid one is not passed on');
});

t.test('where the upstream hides it, a person, a group, a container has one that outlives another base', async (t) => {
  const hidden = users(...image.users.map(withoutUuid));
  const before = uuidsIn(hidden, layout('dc=example,dc=com'));
  t.equal(new Set(before.values()).size, before.size, 'each another one');
  for (const uuid of before.values()) t.match(uuid, UUID);
  for (const base of MAPPED) t.same(uuidsIn(hidden, layout(base)), before, base);
  t.same(uuidsIn(hidden, layout('dc=example,dc=com', undefined, 'ou=Staff')), before, 'another container');
  const unmapped = uuidsIn(hidden, asUpstream);
  for (const name of ['brim.tolvane', 'selka.ruvane', 'wayk-users'])
    t.equal(unmapped.get(name), before.get(name), name);
});

t.test(
  'a person keeps it whatever else of the account changes; a new account under an old name has another one',
  async (t) => {
    const account = fc.record({
      uid: fc.constantFrom('brim.tolvane', 'selka.ruvane', 'wenna.ost'),
      number: fc.option(fc.constantFrom('5001', '9999', '50')),
      created: fc.option(fc.constantFrom('20240102030405Z', '20260102030405Z', '01')),
      spelling: fc.constantFrom(UPSTREAM_USERS, UPSTREAM_USERS.toUpperCase(), UPSTREAM_USERS.replaceAll(',', ', ')),
      mail: fc.constantFrom('a@harbour.test', 'b@harbour.test'),
      base: fc.constantFrom(...MAPPED),
    });
    const uuidOf = ({
      uid,
      number,
      created,
      spelling,
      mail,
      base,
    }: typeof account extends fc.Arbitrary<infer A> ? A : never) => {
      const { attributes } = person(uid);
      const entry = {
        dn: `uid=${uid},${spelling}`,
        attributes: [
          ...attributes.filter(({ type }) => !['uidNumber', 'gidNumber', 'mail'].includes(type)),
          attribute('mail', mail),
          ...(number === null ? [] : [attribute('uidNumber', number)]),
          ...(created === null ? [] : [attribute('createTimestamp', created)]),
        ],
      };
      return uuidsIn(users(entry), layout(base)).get(uid) ?? 'none';
    };
    fc.assert(
      fc.property(account, account, (one, other) => {
        const isSame = one.uid === other.uid && one.number === other.number && one.created === other.created;
        if ((uuidOf(one) === uuidOf(other)) !== isSame) throw new Error(isSame ? 'doubled' : 'inherited');
        if (!UUID.test(uuidOf(one))) throw new Error(uuidOf(one));
      }),
      { numRuns: 500 },
    );
    t.pass('of 500 pairs');
  },
);

t.test('people of the same name and number in two organisations are two', async (t) => {
  const org = '000000000000000000000001';
  const there = (text: string) => text.replaceAll('7ab3c0ffee112233445566d1', org);
  const entry = withoutUuid(person('selka.ruvane'));
  const other = { ...entry, dn: there(entry.dn) };
  const group = {
    ...gateGroup,
    dn: there(gateGroup.dn),
    attributes: [attribute('cn', 'wayk-users'), attribute('member', there(upstreamUser('selka.ruvane')))],
  };
  const base = 'dc=example,dc=com';
  const here = uuidsIn(users(entry), layout(base)).get('selka.ruvane');
  const elsewhere = uuidsIn(
    { gates: gates(group), everyone: false, users: [other], groups: [group] },
    layout(base, org),
  ).get('selka.ruvane');
  t.match(here, UUID);
  t.match(elsewhere, UUID);
  t.not(here, elsewhere);
});

t.test('the base and the containers say since when they are there, as all entries do', async (t) => {
  const { entries } = buildSnapshot(image, renamed, 0);
  for (const { kind, attributes } of entries) {
    if (kind !== 'base' && kind !== 'container') continue;
    for (const type of ['createtimestamp', 'modifytimestamp'])
      t.match(String(attributes.get(type)?.values[0]), /^[0-9]{14}Z$/, `${kind} ${type}`);
  }
});

function withoutUuid({ dn: name, attributes }: UpstreamEntry): UpstreamEntry {
  return { dn: name, attributes: attributes.filter(({ type }) => type.toLowerCase() !== 'entryuuid') };
}

t.test('hidden by the configuration, nobody has one, made here or not', async (t) => {
  const by = layout('dc=example,dc=com', undefined, undefined, ['ENTRYuuid']);
  for (const { attributes, kind, dn: name } of buildSnapshot(image, by, 0).entries)
    if (kind === 'user' || kind === 'group') t.notOk(attributes.has('entryuuid'), name);
});
