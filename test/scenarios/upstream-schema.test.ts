// Attributes and classes that a real OpenLDAP upstream defines for itself: found here as there, and described here.
import t from 'tap';
import { makeAuthority } from '../../src/demo/certificate.js';
import { ORG_ID } from '../../src/demo/people.js';
import { Scope } from '../../src/ldap/message.js';
import { Client } from '../support/client.js';
import { directory, likeJumpCloud, OpenLDAP, withoutOpenLDAP } from '../support/openldap.js';
import { BASE, userDN, withProxy } from '../support/proxy.js';

const SCHEMA = `
attributetype ( 1.3.6.1.4.1.99999.1 NAME ( 'badgeNumber' 'badge' ) DESC 'Confidential Corp' EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.99999.2 NAME 'nickName' SUP name )
attributetype ( 1.3.6.1.4.1.99999.3 NAME 'deputy' SUP distinguishedName )
attributetype ( 1.3.6.1.4.1.99999.4 NAME 'oldHash' SUP userPassword )
objectclass ( 1.3.6.1.4.1.99999.10 NAME 'sailor' SUP inetOrgPerson STRUCTURAL MUST badgeNumber MAY ( nickName $ deputy $ oldHash $ x121Address ) )
objectclass ( 1.3.6.1.4.1.99999.11 NAME ( 'captain' 'skipper' ) SUP sailor STRUCTURAL )
`;
const CLASSES = 'objectClass: captain\nobjectClass: sailor';
const MORE = `badgeNumber: 42
nickName: The  Old Man
deputy: ${directory.userDN('tavian.bruskel')}
deputy: ${directory.userDN('corvane.thessly')}
oldHash: {SSHA}secret
x121Address: 1234`;

t.test('an upstream with a schema of its own', { skip: withoutOpenLDAP }, async (t) => {
  const contents = likeJumpCloud();
  const dn = `dn:: ${Buffer.from(directory.userDN('quillon.varrek')).toString('base64')}`;
  const ldif = contents.ldif
    .split('\n\n')
    .map((entry) =>
      entry.startsWith(`${dn}\n`)
        ? `${entry.replace('\nobjectClass::', `\n${CLASSES}\nobjectClass::`)}\n${MORE}`
        : entry,
    )
    .join('\n\n');
  const authority = await makeAuthority();
  const upstream = await OpenLDAP.start(t.testdir({}), authority, { ...contents, ldif, moreSchema: SCHEMA });
  const theirs = await Client.open({ port: upstream.clearPort });
  t.teardown(async () => {
    theirs.destroy();
    await upstream.kill();
  });
  const reader = { dn: directory.userDN('ldap-reader'), password: 'reader-secret-5000' };
  await theirs.bind(reader.dn, reader.password);

  await withProxy({ url: upstream.url, caPem: authority.caPem, orgId: ORG_ID, reader }, {}, async ({ url }) => {
    const ours = await Client.open(url);
    await ours.bind(userDN('ldap-reader'), reader.password);
    const uids = async (client: Client, base: string, filter: string) => {
      const { entries } = await client.search({
        base,
        filter: `(&(uid=quillon.varrek)${filter})`,
        attributes: ['uid'],
      });
      return entries.flatMap(({ attributes }) => attributes.flatMap(({ values }) => values.map(String)));
    };
    let matched = 0;
    for (const item of [
      ...[
        'badgeNumber=42',
        'badge=42',
        'BADGE>=41',
        'badge<=41',
        'badge=x',
        '1.3.6.1.4.1.99999.1=42',
        'nickname=the old man',
        'nickName=the*',
      ],
      ...[
        'name=the old man',
        'objectClass=captain',
        'objectClass=SKIPPER',
        'objectClass=sailor',
        'objectClass=1.3.6.1.4.1.99999.10',
      ],
      ...[
        'objectClass=person',
        'x121Address=12 34',
        'x121Address=*3*',
        'deputy=*',
        'deputy=x',
        'badge:integerOrderingMatch:=43',
        'nope=x',
      ],
    ])
      for (const filter of [`(${item})`, `(!(${item}))`]) {
        const real = await uids(theirs, directory.orgDN, filter);
        matched += real.length;
        t.same(await uids(ours, BASE, filter), real, filter);
      }
    t.ok(matched > 15, `${matched} matched`);
    for (const [attribute, value] of [
      ['badge', '42'],
      ['badge', '43'],
      ['badge', 'x'],
      ['nickName', 'THE OLD MAN'],
      ['objectClass', 'sailor'],
      ['x121Address', '12 34'],
      ['deputy', 'x'],
    ]) {
      const request = { kind: 'compareRequest', attribute: attribute!, value: Buffer.from(value!) } as const;
      const { code } = await theirs.result({ ...request, entry: directory.userDN('quillon.varrek') });
      t.equal(
        (await ours.result({ ...request, entry: userDN('quillon.varrek') })).code,
        code,
        `${attribute}: ${value}`,
      );
    }
    const { entries } = await ours.search({
      base: BASE,
      filter: '(uid=quillon.varrek)',
      attributes: ['deputy', 'oldHash', '*'],
    });
    const shown = new Map(entries[0]?.attributes.map(({ type, values }) => [type, values.map(String)]));
    t.same(shown.get('deputy'), [userDN('tavian.bruskel')], 'a member by the local name, and no stranger (R31, R35)');
    t.notOk(shown.has('oldHash'), 'a kind of password is one (R33)');
    const subschema = await ours.search({
      base: 'cn=Subschema',
      scope: Scope.baseObject,
      attributes: ['attributeTypes', 'objectClasses'],
    });
    const published = subschema.entries[0]?.attributes.flatMap(({ values }) => values.map(String)).join('\n') ?? '';
    for (const name of [...shown.keys(), ...(shown.get('objectClass') ?? [])])
      t.match(published.toLowerCase(), `'${name.toLowerCase()}'`, name);
    t.notMatch(published, /Confidential|oldHash/);
    ours.destroy();
  });
});
