// Who is a member is said by the upstream's own words, by both of its lists, and alike in the mirror and in a look-up.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { makeAuthority } from '../../src/demo/certificate.js';
import { ORG_ID as orgId } from '../../src/demo/people.js';
import { makeEntry } from '../../src/directory/entry.js';
import { formatRDN } from '../../src/ldap/dn.js';
import { values } from '../../src/ldap/values.js';
import { Client } from '../support/client.js';
import { type Contents, directory, entriesToLdif, OpenLDAP, tool, withoutOpenLDAP } from '../support/openldap.js';
import { BASE, eventually, startProxy, USERS } from '../support/proxy.js';

const { orgDN, usersDN, userDN } = directory;
const ROOT = { dn: `cn=root,${orgDN}`, password: 'root-secret' };
const READER = { dn: userDN('ldap-reader'), password: 'reader-secret-5000' };
const groupDN = (cn: string) => `${formatRDN([{ type: 'cn', value: cn }])},${usersDN}`;
const passwordOf = (uid: string) => `secret of ${uid}`;
const localDN = (uid: string) => `${formatRDN([{ type: 'uid', value: uid }])},${USERS}`;
const attribute = (type: string, ...texts: readonly string[]) => ({ type, values: values(...texts) });

function person(uid: string, memberOf: readonly string[], furtherUids: readonly string[] = []) {
  return makeEntry('user', userDN(uid), [
    attribute('objectClass', 'inetOrgPerson', 'jumpcloudUser'),
    attribute('uid', uid, ...furtherUids),
    attribute('cn', uid),
    attribute('sn', uid),
    attribute('mail', `${uid.replace(/[^ -~]/g, 'x')}@example.test`),
    attribute('userPassword', uid === 'ldap-reader' ? READER.password : passwordOf(uid)),
    attribute('memberOf', ...memberOf.map(groupDN)),
  ]);
}

function group(cn: string, ...members: readonly string[]) {
  return makeEntry('group', groupDN(cn), [
    attribute('objectClass', 'groupOfNames'),
    attribute('cn', cn),
    attribute('member', ...members.map(userDN)),
  ]);
}

const frame = [
  makeEntry('base', 'dc=jumpcloud,dc=com', [attribute('objectClass', 'domain'), attribute('dc', 'jumpcloud')]),
  makeEntry('base', orgDN, [attribute('objectClass', 'organization'), attribute('o', orgId)]),
  makeEntry('container', usersDN, [attribute('objectClass', 'organizationalUnit'), attribute('ou', 'Users')]),
  person('ldap-reader', []),
];

/** Members of Massen, in both lists or in one; and those of groups whose names look like it. There is no ghost any more. */
const ENTRIES = [
  person('both.lists', ['Massen', 'Crew']),
  person('ilker.demir', ['Massen']),
  person('ılker.demir', ['Massen']),
  person('tavian', ['Massen'], ['odrienne', 'ghost']),
  person('odrienne', []),
  person('only.memberof', ['Massen']),
  person('only.member', []),
  person('leaver', ['Massen']),
  person('mirelle', ['Massen']),
  person('oskand', ['Massen']),
  person('corvane', ['Maßen']),
  person('liora', ['Mas\u200bsen']),
  group(
    'Massen',
    'both.lists',
    'ilker.demir',
    'ılker.demir',
    'tavian',
    'only.member',
    'leaver',
    'ghost',
    'mirelle',
    'oskand',
  ),
  group('Crew', 'both.lists'),
  group('Maßen', 'corvane'),
  group('Mas\u200bsen', 'liora'),
];

for (const memberOfOverlay of [true, false]) {
  const kind = memberOfOverlay ? 'operational' : 'an ordinary attribute';
  t.test(`where memberOf is ${kind}`, { skip: withoutOpenLDAP }, async (t) => {
    const authority = await makeAuthority();
    const contents: Contents = {
      suffix: 'dc=jumpcloud,dc=com',
      ldif: entriesToLdif([...frame, ...ENTRIES], []).join('\n\n'),
      access: `rootdn "${ROOT.dn}"
rootpw ${ROOT.password}
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="${READER.dn}" read by users search by * none`,
      memberOfOverlay,
    };
    const folder = t.testdir({});
    const upstream = await OpenLDAP.start(folder, authority, contents);
    const proxy = await startProxy(
      { url: upstream.url, caPem: authority.caPem, orgId, reader: READER },
      {
        group: { name: 'Massen' },
        binds: { cache: { ttl: '0s' }, failuresPerAccount: 1000, failuresPerAddress: 10_000 },
      },
    );
    const client = await Client.open(proxy.url);
    t.teardown(async () => {
      client.destroy();
      await proxy.stop();
      await upstream.kill();
    });
    const logIn = async (name: string, password: string) => (await client.bind(name, password)).code;
    const modify = async (ldif: string) => {
      const file = join(folder, 'change.ldif');
      writeFileSync(file, ldif);
      const ran = await tool('ldapmodify', [
        '-x',
        '-H',
        `ldap://127.0.0.1:${upstream.clearPort}`,
        '-D',
        ROOT.dn,
        '-w',
        ROOT.password,
        '-f',
        file,
      ]);
      t.equal(ran.code, 0, ran.err);
    };
    const reads = () => proxy.log.filter((line) => line.includes('"mirror: read"')).length;

    await t.test(
      'members of both lists get in, and nobody in a group whose name looks alike (R1, R23, R111)',
      async (t) => {
        for (const uid of ['both.lists', 'ilker.demir', 'ılker.demir', 'tavian', 'leaver'])
          for (const name of [uid, localDN(uid)]) t.equal(await logIn(name, passwordOf(uid)), 0, name);
        for (const uid of ['corvane', 'liora', 'odrienne'])
          for (const name of [uid, localDN(uid)]) t.equal(await logIn(name, passwordOf(uid)), 49, name);
      },
    );

    await t.test('nobody’s password opens another account (R23)', async (t) => {
      for (const [uid, other] of [
        ['ilker.demir', 'ılker.demir'],
        ['ılker.demir', 'ilker.demir'],
        ['odrienne', 'tavian'],
        ['ghost', 'tavian'],
        ['both\u00ad.lists', 'both.lists'],
        ['both.lists\u200b', 'both.lists'],
      ] as const)
        for (const name of [uid, localDN(uid)])
          t.equal(await logIn(name, passwordOf(other)), 49, `${name} with ${other}'s`);
    });

    await t.test('whom one list alone has is out, everywhere, and costs no read of the directory (R92)', async (t) => {
      const before = reads();
      for (const uid of ['only.memberof', 'only.member']) {
        for (const name of [uid, localDN(uid), `${uid}@example.test`])
          t.equal(await logIn(name, passwordOf(uid)), 49, name);
      }
      t.equal(reads(), before);
      await client.bind(localDN('ldap-reader'), READER.password);
      t.same((await client.search({ base: BASE, filter: '(|(uid=only.memberof)(uid=only.member))' })).entries, []);
    });

    await t.test('memberOf is shown and found, and says what member says', async (t) => {
      await client.bind(localDN('ldap-reader'), READER.password);
      const crew = `cn=Crew,ou=Groups,${BASE}`;
      const { entries } = await client.search({ base: BASE, filter: `(memberOf=${crew})`, attributes: ['*'] });
      t.same(
        entries.map(({ objectName }) => objectName),
        [localDN('both.lists')],
      );
      const shown = entries[0]?.attributes.find(({ type }) => type === 'memberOf')?.values.map(String);
      t.same(shown?.sort(), [crew, `cn=Massen,ou=Groups,${BASE}`].sort());
    });

    await t.test('a newcomer gets in immediately, with one read; a member who leaves is out (R92)', async (t) => {
      t.equal(await logIn('new\u00adcomer', 'x'), 49, 'another spelling, before');
      const before = reads();
      const memberOf = memberOfOverlay ? '' : `memberOf: ${groupDN('Massen')}\n`;
      await modify(
        [
          `dn: ${userDN('newcomer')}\nchangetype: add\nobjectClass: inetOrgPerson\nobjectClass: jumpcloudUser\nuid: newcomer\ncn: n\nsn: n\nuserPassword: ${passwordOf('newcomer')}\nmail: newcomer@example.test\n${memberOf}`,
          `dn: ${groupDN('Massen')}\nchangetype: modify\nadd: member\nmember: ${userDN('newcomer')}\n`,
          `dn: ${groupDN('Massen')}\nchangetype: modify\ndelete: member\nmember: ${userDN('leaver')}\n`,
        ].join('\n'),
      );
      t.equal(await logIn('newcomer', passwordOf('newcomer')), 0);
      t.equal(reads(), before + 1);
      t.equal(await logIn('newcomer@example.test', passwordOf('newcomer')), 0);
      t.same((await client.search({ base: localDN('newcomer'), scope: 0 })).entries.length, 1, 'and finds itself');
      for (const name of ['leaver', localDN('leaver')]) t.equal(await logIn(name, passwordOf('leaver')), 49, name);
      t.equal(await logIn('leaver@example.test', passwordOf('leaver')), 49);
    });

    await t.test(
      'who has a name later is not mistaken for its former owner, nor the other way round (R23)',
      async (t) => {
        const caching = await startProxy(
          { url: upstream.url, caPem: authority.caPem, orgId, reader: READER },
          { group: { name: 'Massen' }, binds: { cache: { ttl: '1h' } }, directory: { refresh: '200ms' } },
        );
        const [reader, owner, other] = [
          await Client.open(caching.url),
          await Client.open(caching.url),
          await Client.open(caching.url),
        ];
        t.teardown(async () => {
          for (const each of [reader, owner, other]) each.destroy();
          await caching.stop();
        });
        const found = async (by: Client, filter: string) =>
          (await by.search({ base: BASE, filter })).entries.map(({ objectName }) => objectName);
        await reader.bind(localDN('ldap-reader'), READER.password);
        for (const name of ['mirelle', localDN('mirelle')])
          t.equal((await owner.bind(name, passwordOf('mirelle'))).code, 0, name);
        t.same(await found(owner, '(uid=*)'), [localDN('mirelle')]);
        const rename = (from: string, to: string) =>
          `dn: ${userDN(from)}\nchangetype: modrdn\nnewrdn: uid=${to}\ndeleteoldrdn: 1\n`;
        const remaining = ['both.lists', 'ilker.demir', 'ılker.demir', 'tavian', 'only.member', 'newcomer'];
        const members = [...remaining, 'mirelle', 'mirelle.married'].map((uid) => `member: ${userDN(uid)}\n`).join('');
        await modify(
          [
            rename('mirelle', 'mirelle.married'),
            rename('oskand', 'mirelle'),
            `dn: ${groupDN('Massen')}\nchangetype: modify\nreplace: member\n${members}`,
          ].join('\n'),
        );
        await eventually(async () => (await found(reader, '(mail=oskand@example.test)'))[0] === localDN('mirelle'));
        t.same(await found(owner, '(uid=*)'), [], 'a session from before');
        for (const name of ['mirelle', localDN('mirelle')]) {
          t.equal((await other.bind(name, passwordOf('mirelle'))).code, 49, `${name}, with the former owner's`);
          t.equal((await other.bind(name, passwordOf('oskand'))).code, 0, `${name}, with the new owner's`);
        }
        t.same(await found(other, '(uid=*)'), [localDN('mirelle')]);
        t.equal((await other.bind('mirelle.married', passwordOf('mirelle'))).code, 0, 'by the new name');
      },
    );
  });
}
