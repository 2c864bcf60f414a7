import fc from 'fast-check';
import t from 'tap';
import { Layout } from '../../src/layout/layout.js';
import { LocalAttributes, withoutOptionalUid } from '../../src/layout/local-attributes.js';
import { VisibleNames } from '../../src/layout/visible-names.js';
import { dnKey, formatDN } from '../../src/ldap/dn.js';
import { runToEnd } from '../../src/runtime/cooperative.js';
import {
  asUpstream,
  attribute,
  dn,
  LOCAL_BASE,
  ORG,
  ORG_BASE,
  rdn,
  renamed,
  UPSTREAM_USERS,
  upstreamUser,
} from './image.js';

t.test('the local containers are below the local base, or are the upstream one (R35)', async (t) => {
  t.equal(formatDN(renamed.localUsersDN), `ou=People,${LOCAL_BASE}`);
  t.equal(formatDN(renamed.localGroupsDN), `ou=Teams,${LOCAL_BASE}`);
  t.equal(formatDN(asUpstream.localUsersDN), UPSTREAM_USERS);
  t.equal(formatDN(asUpstream.localGroupsDN), UPSTREAM_USERS);
  t.equal(asUpstream.localUserDN('brim.tolvane'), asUpstream.upstreamUserDN('brim.tolvane'));
});

t.test('a uid stays one value of one RDN, however it is spelt (R21)', async (t) => {
  t.equal(renamed.localUserDN('x,ou=Other'), `uid=x\\,ou=Other,ou=People,${LOCAL_BASE}`);
  const uid = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    // What no name can hold is refused by the parser and so never an upstream name.
    .filter((s) => s.isWellFormed() && s.trim() !== '' && !/[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufffd]/u.test(s));
  fc.assert(
    fc.property(uid, (value) => {
      for (const layout of [renamed, asUpstream]) {
        t.same(dn(layout.localUserDN(value))[0], [{ type: 'uid', value }]);
        t.same(layout.upstreamName(layout.upstreamUserDN(value)), { kind: 'uid', value });
      }
    }),
    { numRuns: 200 },
  );
});

t.test('only one AVA directly below the users container is a person or a group (R20, R21)', async (t) => {
  const cases: [string, unknown][] = [
    [upstreamUser('brim.tolvane'), { kind: 'uid', value: 'brim.tolvane' }],
    [`userid=brim , OU=USERS,${ORG_BASE.toUpperCase()}`, { kind: 'uid', value: 'brim' }],
    [`0.9.2342.19200300.100.1.1=brim,${UPSTREAM_USERS}`, { kind: 'uid', value: 'brim' }],
    [`cn=dock,${UPSTREAM_USERS}`, { kind: 'cn', value: 'dock' }],
    [`uid=a+cn=b,${UPSTREAM_USERS}`, undefined],
    [`uid=a+uid=b,${UPSTREAM_USERS}`, undefined],
    [`uid;lang-en=a,${UPSTREAM_USERS}`, undefined],
    [`mail=a,${UPSTREAM_USERS}`, undefined],
    [`uid=a,uid=b,${UPSTREAM_USERS}`, undefined],
    [`uid=a,${ORG_BASE}`, undefined],
    [`uid=a,ou=Users,o=other,dc=jumpcloud,dc=com`, undefined],
    [`uid=a,${UPSTREAM_USERS},${ORG_BASE}`, undefined],
    [UPSTREAM_USERS, undefined],
    ['', undefined],
    ['uid=', undefined],
  ];
  for (const [name, expected] of cases) t.same(renamed.upstreamName(name), expected, name);
});

t.test('texts that tell the upstream suffix are found in any case and spacing (R35)', async (t) => {
  const told = [ORG_BASE, ORG_BASE.toUpperCase(), `x o = ${ORG} y`, 'DC = JumpCloud', `\u00e9 o=${ORG}`];
  for (const text of told) t.ok(renamed.mentionsUpstream(Buffer.from(text)), text);
  for (const text of ['', 'first mate', ORG, 'dc=harbour,dc=test'])
    t.notOk(renamed.mentionsUpstream(Buffer.from(text)), text);
  const other = new Layout({
    orgBaseDN: dn('ou=Fleet,dc=elsewhere,dc=test'),
    localBaseDN: dn(LOCAL_BASE),
    usersRDN: rdn('ou=People'),
    groupsRDN: rdn('ou=Teams'),
    hiddenAttributes: [],
    groupClasses: ['groupOfNames'],
  });
  t.ok(
    other.mentionsUpstream(Buffer.from('see OU=fleet, DC=elsewhere, DC=test')),
    'a base that is not an organisation',
  );
  t.notOk(other.mentionsUpstream(Buffer.from('ou=Fleet')));
});

t.test('of an entry only what may be shown is left (R31, R33, R35)', async (t) => {
  const visible = new VisibleNames();
  const brim = renamed.localUserDN('brim');
  visible.addPerson(upstreamUser('brim'), 'brim', brim);
  const kept = (layout: Layout, type: string, ...texts: string[]) =>
    runToEnd(new LocalAttributes(layout, visible).of([attribute(type, ...texts)])).flatMap(({ values }) =>
      values.map(String),
    );
  for (const type of ['member', 'MEMBER', '2.5.4.31', 'member;x-y', 'manager', 'secretary', 'owner', 'seeAlso']) {
    t.same(kept(renamed, type, upstreamUser('BRIM'), upstreamUser('strix'), 'junk', ''), [brim], type);
  }
  t.same(kept(renamed, 'uniqueMember', `${upstreamUser('brim')}#'01'B`), [brim]);
  t.same(kept(renamed, 'memberUid', 'brim', 'strix'), ['brim']);
  t.same(kept(renamed, 'description', 'mate', ORG_BASE), ['mate']);
  t.same(kept(renamed, 'x-unknown', upstreamUser('brim')), [], 'no name is left in upstream spelling');
  t.same(kept(asUpstream, 'x-unknown', upstreamUser('brim'), upstreamUser('strix')), [upstreamUser('brim')]);
  t.same(kept(asUpstream, 'description', `of ${ORG_BASE}`), [`of ${ORG_BASE}`]);
  for (const type of [
    'userPassword',
    'USERPASSWORD;x',
    '2.5.4.35',
    'sambaNTPassword',
    'employeeNumber',
    'EmployeeNumber;x',
  ]) {
    t.same(kept(renamed, type, 'x'), [], type);
  }
  for (const type of ['creatorsName', 'modifiersName', 'entryDN', 'entryUUID', 'subschemaSubentry']) {
    t.same(kept(asUpstream, type, upstreamUser('brim')), [], type);
  }
  t.same(kept(renamed, 'modifyTimestamp', '20240102030405Z'), ['20240102030405Z']);
  for (const type of ['__proto__', 'constructor'])
    t.same(kept(renamed, type, 'x'), ['x'], `${type} is ordinary data (R27)`);
  t.equal(withoutOptionalUid("cn=a#'x'B"), "cn=a#'x'B");
});

t.test('names that RFC 4514 makes equal lead to the same entry (R22)', async (t) => {
  const visible = new VisibleNames();
  visible.addPerson(upstreamUser('odd,one'), 'odd,one', 'uid=odd\\,one,dc=local');
  for (const name of [`UID=Odd\\2COne, ou=users,${ORG_BASE}`, `uid="odd,one";${UPSTREAM_USERS}`]) {
    t.equal(visible.localName(name)?.toString(), 'uid=odd\\,one,dc=local', name);
    t.equal(visible.keyOf(name), dnKey(dn(upstreamUser('odd,one'))));
  }
  t.equal(visible.localName('no name'), undefined);
});
