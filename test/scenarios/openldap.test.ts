// The real thing: OpenLDAP's server as upstream over LDAPS, OpenLDAP's tools as clients, the proxy between them.
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import t from 'tap';
import { startApp } from '../../src/app.js';
import { loadConfig } from '../../src/config/load.js';
import { makeAuthority } from '../../src/demo/certificate.js';
import { directory, likeJumpCloud, namesIn, OpenLDAP, tool, withoutOpenLDAP } from '../support/openldap.js';
import { eventually } from '../support/proxy.js';

const BASE = 'dc=example,dc=com';
const USERS = `ou=Users,${BASE}`;
const userDN = (uid: string) => `uid=${uid},${USERS}`;
const MEMBERS = [
  'bastel.ironquay',
  'daxon.wyrmell',
  'mirelle.oskand',
  'nahlia.grevost',
  'philo.estrande',
  'quillon.varrek',
  'svenja.ulmarik',
  'tavian.bruskel',
  'yselda.mornwick',
];
const ALICE = ['-D', userDN('quillon.varrek'), '-w', 'user-secret-5001'] as const;
const READER = ['-D', userDN('ldap-reader'), '-w', 'reader-secret-5000'] as const;
/** Of libsasl2-modules. */
const withoutPlain =
  existsSync('/usr/lib') &&
  readdirSync('/usr/lib').some((folder) => existsSync(join('/usr/lib', folder, 'sasl2/libplain.so')))
    ? false
    : 'SASL PLAIN is not installed here';
const EXTRA = [
  { uid: 'comma,person', cn: 'Comma Person', password: 'user-secret-comma' },
  { uid: 'zoë.łukasz', cn: 'Zoë Łukasz', password: 'pässwörd-漢字' },
  { uid: 'long.password', cn: 'Long Password', password: 'x'.repeat(100) },
];

t.test('in front of a real OpenLDAP server', { skip: withoutOpenLDAP }, async (t) => {
  const folder = t.testdir({});
  const authority = await makeAuthority();
  const upstream = await OpenLDAP.start(folder, authority, likeJumpCloud(EXTRA));
  t.teardown(() => upstream.kill());
  const issued = await authority.issue(['localhost', '127.0.0.1']);
  writeFileSync(join(folder, 'own-cert.pem'), issued.certPem);
  writeFileSync(join(folder, 'own-key.pem'), issued.keyPem, { mode: 0o600 });
  const settings = (local: object) => ({
    listen: {
      ldap: '127.0.0.1:0',
      ldaps: '127.0.0.1:0',
      tls: { certFile: join(folder, 'own-cert.pem'), keyFile: join(folder, 'own-key.pem') },
    },
    upstream: {
      urls: [upstream.url],
      caFile: upstream.caFile,
      orgId: directory.orgId,
      reader: { user: 'ldap-reader', password: 'reader-secret-5000' },
      operationTime: '2s',
    },
    directory: { refresh: '500ms' },
    binds: { cache: { ttl: '0s' }, failuresPerAccount: 1000, failuresPerAddress: 10_000 },
    ops: { http: false },
    local,
  });
  const started = async (local: object) => {
    const app = await startApp(loadConfig({ env: {}, flags: settings(local) }), pino({ level: 'silent' }));
    t.teardown(() => app.stop());
    await eventually(() => app.readiness().snapshot.present);
    return app;
  };
  const app = await started({ baseDN: BASE });
  const sameNames = await started({});
  const ldap = ['-x', '-H', app.ldapUrl ?? ''];
  const ldaps = ['-x', '-H', app.ldapsUrl ?? ''];
  const search = (...args: string[]) => tool('ldapsearch', [...ldap, '-LLL', '-o', 'ldif-wrap=no', ...args]);
  const bind = async (...args: string[]) => (await tool('ldapwhoami', [...ldap, ...args])).code;

  t.test('people and groups have the entryUUID that OpenLDAP gave them, under any names', async (t) => {
    const reader = (dn: string) => ['-D', dn, '-w', 'reader-secret-5000'];
    const uuids = async (url: string, as: string[]) => {
      const args = ['-x', '-LLL', '-H', url, ...as, '-b', as[1]?.replace(/^[^,]*,ou=Users,/, '') ?? ''];
      const filter = '(|(objectClass=inetOrgPerson)(cn=wayk-users))';
      const { out } = await tool('ldapsearch', [...args, filter, 'uid', 'cn', 'entryUUID']);
      return new Map(
        out.split('\n\n').flatMap((entry) => {
          const name = (/^uid:.*$/m.exec(entry) ?? /^cn:.*$/m.exec(entry))?.[0];
          const uuid = /^entryUUID: (.*)$/m.exec(entry)?.[1];
          return name === undefined || uuid === undefined ? [] : [[name, uuid] as const];
        }),
      );
    };
    const theirs = await uuids(`ldap://127.0.0.1:${upstream.clearPort}`, reader(directory.userDN('ldap-reader')));
    for (const [kind, one, as] of [
      ['mapped', app, userDN('ldap-reader')],
      ['the same', sameNames, directory.userDN('ldap-reader')],
    ] as const) {
      const ours = await uuids(one.ldapUrl ?? '', reader(as));
      t.ok(ours.size > MEMBERS.length, `${ours.size} ${kind}`);
      for (const [name, uuid] of ours) t.equal(uuid, theirs.get(name), `${name}, ${kind}`);
    }
  });

  t.test('right password in; wrong password, stranger, non-member and empty password out (R1, R4)', async (t) => {
    t.equal(await bind(...ALICE), 0);
    t.equal(await bind('-D', 'quillon.varrek', '-w', 'user-secret-5001'), 0, 'a bare name');
    t.equal(await bind('-D', 'quillon.varrek@example.test', '-w', 'user-secret-5001'), 0, 'an email address');
    t.equal(await bind('-D', ALICE[1].toUpperCase(), '-w', 'user-secret-5001'), 0, 'in capitals');
    t.equal(await bind('-D', ALICE[1], '-w', 'wrong'), 49);
    t.equal(await bind('-D', userDN('nobody'), '-w', 'wrong'), 49);
    t.equal(await bind('-D', userDN('corvane.thessly'), '-w', 'user-secret-5005'), 49, 'not in the group');
    t.equal(await bind('-D', ALICE[1], '-w', ''), 53);
    t.equal(await bind('-D', userDN('comma\\,person'), '-w', 'user-secret-comma'), 0, 'a comma in the name (R21)');
    t.equal(await bind('-D', userDN('comma\\2cperson'), '-w', 'user-secret-comma'), 0, 'and spelt as hex');
    t.equal(await bind('-D', userDN('zoë.łukasz'), '-w', 'pässwörd-漢字'), 0, 'name and password beyond ASCII');
    t.equal(await bind('-D', userDN('long.password'), '-w', 'x'.repeat(100)), 0, 'a hundred characters');
    t.equal(await bind('-D', userDN('long.password'), '-w', 'x'.repeat(99)), 49);
    t.equal(await bind(...READER), 0, 'the reader is a service account');
    t.equal(await bind('-D', userDN('ldap-reader'), '-w', 'wrong'), 49);
  });

  t.test('searches in all scopes list exactly the members (R29)', async (t) => {
    const all = await search(...READER, '-b', BASE, '(uid=*)', '1.1');
    t.equal(all.code, 0);
    t.same(
      namesIn(all.out).sort(),
      [...MEMBERS.map(userDN), userDN('comma\\2Cperson'), userDN('long.password'), userDN('zoë.łukasz')]
        .map((name) => name.replace('\\2C', '\\,'))
        .sort(),
    );
    const count = async (...args: string[]) => namesIn((await search(...READER, ...args, '1.1')).out).length;
    t.equal(await count('-b', USERS, '-s', 'one', '(objectClass=inetOrgPerson)'), MEMBERS.length + EXTRA.length);
    t.equal(await count('-b', USERS, '-s', 'base', '(objectClass=*)'), 1);
    t.equal(await count('-b', BASE, '-s', 'one', '(objectClass=*)'), 2);
    t.equal(await count('-b', ALICE[1], '-s', 'base', '(objectClass=*)'), 1);
    t.equal(await count('-b', ALICE[1], '-s', 'one', '(objectClass=*)'), 0);
    t.equal(await count('-b', ALICE[1], '-s', 'sub', '(objectClass=*)'), 1);
    t.equal(await count('-b', USERS, '-s', 'children', '(uid=q*)'), 1);
    t.equal(await count('-b', BASE, `(memberOf=cn=Engineering,ou=Groups,${BASE})`), 5);
    t.equal(await count('-b', BASE, '(cn=VPN \\28Full Tunnel\\29)'), 1);
    t.equal((await search(...READER, '-b', userDN('corvane.thessly'), '-s', 'base')).code, 32, 'a non-member');
    t.equal((await search(...READER, '-b', userDN('nobody'), '-s', 'base')).code, 32, 'a stranger');
    t.equal((await search('-b', BASE)).code, 32, 'anonymous');
    t.equal((await search(...READER, '-b', directory.usersDN)).code, 32, 'the upstream’s own name (R32)');
    t.equal((await search(...READER, '-b', BASE, '-z', '3', '(uid=*)')).code, 4);
  });

  t.test('no byte of the upstream’s suffix or of a non-member’s name is in any answer (R31, R33, R35)', async (t) => {
    const answers = await Promise.all([
      search(...READER, '-b', BASE, '(|(objectClass=*)(!(cn=x)))', '*', '+', 'userPassword'),
      search(...READER, '-b', BASE, '(member=*)', '*', '+'),
      search(...ALICE, '-b', BASE, '*', '+'),
      search('-b', '', '-s', 'base', '*', '+'),
      search('-b', 'cn=Subschema', '-s', 'base', '*', '+'),
      search(...READER, '-b', userDN('corvane.thessly')),
    ]);
    const text = answers.map(({ out, err }) => out + err).join('\n');
    const decoded = [...text.matchAll(/:: (\S+)/g)].map(([, value]) => Buffer.from(value ?? '', 'base64').toString());
    const all = `${text}\n${decoded.join('\n')}`.toLowerCase();
    t.ok(all.includes('quillon.varrek'));
    for (const secret of [
      'jumpcloud,dc=',
      directory.orgId,
      'corvane',
      'joreth',
      'liora',
      'finance',
      'odrienne',
      'user-secret',
    ])
      t.notOk(all.includes(secret), `${secret} is nowhere`);
    t.notMatch(all, /^userpassword/m);
  });

  t.test('with JumpCloud’s own names only the URL is changed', async (t) => {
    const { usersDN } = directory;
    const args = ['-x', '-H', sameNames.ldapUrl ?? ''];
    const reader = ['-D', directory.userDN('ldap-reader'), '-w', 'reader-secret-5000'];
    const found = await tool('ldapsearch', [
      ...[...args, '-LLL', '-o', 'ldif-wrap=no', ...reader, '-b', usersDN],
      `(&(objectClass=inetOrgPerson)(memberOf=cn=wayk-users,${usersDN}))`,
      '1.1',
    ]);
    t.equal(namesIn(found.out).length, MEMBERS.length + EXTRA.length);
    const user = ['-D', directory.userDN('quillon.varrek'), '-w', 'user-secret-5001'];
    const whoami = await tool('ldapwhoami', [...args, ...user]);
    t.equal(whoami.out.trim(), `dn:${directory.userDN('quillon.varrek')}`);
  });

  t.test('a user finds itself and its groups, compare and Who am I answer', async (t) => {
    t.same(namesIn((await search(...ALICE, '-b', BASE, '(objectClass=person)', '1.1')).out), [ALICE[1]]);
    t.equal(namesIn((await search(...ALICE, '-b', BASE, '(objectClass=groupOfNames)', '1.1')).out).length, 2);
    const compare = async (assertion: string, name = ALICE[1] as string) =>
      (await tool('ldapcompare', [...ldap, ...READER, name, assertion])).code;
    t.equal(await compare('uid:quillon.varrek'), 6);
    t.equal(await compare('UID:QUILLON.VARREK'), 6);
    t.equal(await compare('uid:other'), 5);
    t.equal(await compare('telephoneNumber:1'), 16);
    t.equal(await compare('nosuchattribute:1'), 17);
    t.equal(await compare('uid:x', userDN('corvane.thessly')), 32);
    t.equal(await compare(`member:${ALICE[1]}`, `cn=wayk-users,ou=Groups,${BASE}`), 6);
    t.not(await compare('userPassword:user-secret-5001'), 6, 'a password cannot be compared (R34)');
    t.equal((await tool('ldapwhoami', [...ldap, ...ALICE])).out.trim(), `dn:${ALICE[1]}`);
    t.equal((await tool('ldapwhoami', ldap)).out.trim(), 'anonymous');
  });

  t.test('ldaps and StartTLS work with the right authority and with no other (R62, R65)', async (t) => {
    const who = (args: readonly string[], ca?: string) => tool('ldapwhoami', [...args, ...ALICE], ca);
    t.equal((await who(ldaps, upstream.caFile)).code, 0);
    t.equal((await who([...ldap, '-ZZ'], upstream.caFile)).code, 0);
    const stranger = join(folder, 'stranger.pem');
    writeFileSync(stranger, (await makeAuthority()).caPem);
    t.not((await who(ldaps, stranger)).code, 0);
    t.not((await who([...ldap, '-ZZ'], stranger)).code, 0);
  });

  t.test(
    'SASL PLAIN: one’s own name in any form as the authorization identity, and nobody else’s (R15)',
    { skip: withoutPlain },
    async (t) => {
      const args = ['-Q', '-Y', 'PLAIN', '-O', 'none', '-H', app.ldapsUrl ?? ''];
      const who = (authcid: string, authzid: string, password: string) => {
        const acting = authzid === '' ? [] : ['-X', authzid];
        return tool('ldapwhoami', [...args, '-U', authcid, '-w', password, ...acting], upstream.caFile);
      };
      const names = ['quillon.varrek', ALICE[1], `dn:${ALICE[1]}`, 'u:quillon.varrek'];
      for (const authcid of names)
        for (const authzid of [
          '',
          `dn:${ALICE[1]}`,
          `dn:${ALICE[1].toUpperCase()}`,
          'u:quillon.varrek',
          'u:quillon.varrek@example.test',
        ]) {
          const { code, out, err } = await who(authcid, authzid, 'user-secret-5001');
          t.equal(`${code} ${out.trim()}`, `0 dn:${ALICE[1]}`, `${authcid} as ${authzid}: ${err}`);
        }
      for (const [authcid, authzid, password] of [
        ['quillon.varrek', `dn:${userDN('tavian.bruskel')}`, 'user-secret-5001'],
        ['quillon.varrek', 'u:tavian.bruskel', 'user-secret-5001'],
        ['quillon.varrek', 'u:corvane.thessly', 'user-secret-5001'],
        ['quillon.varrek', `dn:${userDN('ldap-reader')}`, 'user-secret-5001'],
        ['ldap-reader', 'u:quillon.varrek', 'reader-secret-5000'],
        ['quillon.varrek', `dn:${ALICE[1]}`, 'wrong'],
        ['corvane.thessly', `u:corvane.thessly`, 'user-secret-5005'],
      ] as const)
        t.equal((await who(authcid, authzid, password)).code, 49, `${authcid} as ${authzid}`);
    },
  );

  t.test('writes are refused', async (t) => {
    t.equal((await tool('ldapdelete', [...ldap, ...READER, ALICE[1]])).code, 53);
    t.match((await tool('ldappasswd', [...ldap, ...ALICE, '-s', 'new'])).out, /unwilling to perform \(53\)/i);
  });

  t.test(
    'upstream gone: searches go on, binds are unavailable and not wrong; upstream back: binds work again (R78, R79, R80, R81)',
    async (t) => {
      await upstream.kill();
      t.equal(await bind(...ALICE), 52);
      t.equal(await bind('-D', ALICE[1], '-w', 'another wrong one'), 52);
      t.equal(
        namesIn((await search(...READER, '-b', BASE, '(uid=*)', '1.1')).out).length,
        MEMBERS.length + EXTRA.length,
      );
      await eventually(() => !app.readiness().upstream.reachable);
      t.ok(app.readiness().ready, 'the snapshot is fresh enough still');
      await upstream.up();
      t.equal(await bind(...ALICE), 0, 'the first bind after its return');
      await eventually(() => app.readiness().upstream.reachable);
    },
  );
});
