// Several groups let people in, in front of a real OpenLDAP: the union in one read, who is in which, and what becomes of a group that goes.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import t from 'tap';
import { makeLayout } from '../../src/app/names.js';
import { schema } from '../../src/config/schema.js';
import { makeAuthority } from '../../src/demo/certificate.js';
import { ORG_ID as orgId } from '../../src/demo/people.js';
import { makeEntry } from '../../src/directory/entry.js';
import { Mirror, type MirrorEvent } from '../../src/directory/mirror.js';
import { buildSnapshot } from '../../src/directory/snapshot.js';
import { formatRDN } from '../../src/ldap/dn.js';
import { values } from '../../src/ldap/values.js';
import { Dialer } from '../../src/upstream/dialer.js';
import { parseEndpoint } from '../../src/upstream/endpoint.js';
import { LdaptsReader } from '../../src/upstream/reader.js';
import { type Contents, directory, entriesToLdif, OpenLDAP, tool, withoutOpenLDAP } from '../support/openldap.js';
import { proxyConfig } from '../support/proxy.js';

const { orgDN, usersDN, userDN } = directory;
const ROOT = { dn: `cn=root,${orgDN}`, password: 'root-secret' };
const READER = { dn: userDN('ldap-reader'), password: 'reader-secret-5000' };
const groupDN = (cn: string) => `${formatRDN([{ type: 'cn', value: cn }])},${usersDN}`;
const attribute = (type: string, ...texts: readonly string[]) => ({ type, values: values(...texts) });

function person(uid: string, ...memberOf: readonly string[]) {
  return makeEntry('user', userDN(uid), [
    attribute('objectClass', 'inetOrgPerson', 'jumpcloudUser'),
    attribute('uid', uid),
    attribute('cn', uid),
    attribute('sn', uid),
    attribute('mail', `${uid}@example.test`),
    ...(uid === 'ldap-reader' ? [attribute('userPassword', READER.password)] : []),
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

const crowd = Array.from({ length: 40 }, (_, i) => `crowd.${i}`);
const GATES = ['Massen', 'Crew (A*)', 'Crowd'];
/** Whom both lists have in which gate; all others are in none. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  everywhere: ['Massen', 'Crew (A*)', 'Crowd'],
  massen: ['Massen'],
  crew: ['Crew (A*)'],
  mixed: ['Crew (A*)'],
  ...Object.fromEntries(crowd.map((uid) => [uid, ['Crowd']])),
};
const OTHERS = ['look-alike', 'only.memberof', 'only.member', 'crossed', 'stranger'];

const ENTRIES = [
  makeEntry('base', 'dc=jumpcloud,dc=com', [attribute('objectClass', 'domain'), attribute('dc', 'jumpcloud')]),
  makeEntry('base', orgDN, [attribute('objectClass', 'organization'), attribute('o', orgId)]),
  makeEntry('container', usersDN, [attribute('objectClass', 'organizationalUnit'), attribute('ou', 'Users')]),
  person('ldap-reader'),
  person('everywhere', 'Massen', 'Crew (A*)', 'Crowd'),
  person('massen', 'Massen'),
  person('crew', 'Crew (A*)'),
  // One gate by both lists, a second one by its memberOf alone, a third one by the group alone.
  person('mixed', 'Crew (A*)', 'Massen'),
  ...crowd.map((uid) => person(uid, 'Crowd')),
  person('look-alike', 'Maßen'),
  person('only.memberof', 'Massen'),
  person('only.member'),
  // Listed by one gate, and naming another.
  person('crossed', 'Massen'),
  person('stranger', 'Other'),
  group('Massen', 'everywhere', 'massen', 'only.member'),
  group('Crew (A*)', 'everywhere', 'crew', 'mixed', 'crossed'),
  group('Crowd', 'everywhere', 'mixed', ...crowd),
  group('Maßen', 'look-alike'),
  group('Other', 'stranger'),
];

for (const [memberOfOverlay, limit] of [
  [true, ''],
  [false, ''],
  [true, 'sizelimit 10'],
] as const) {
  const kind = `memberOf ${memberOfOverlay ? 'operational' : 'an ordinary attribute'}${limit && ', and searches end at ten entries'}`;
  t.test(kind, { skip: withoutOpenLDAP }, async (t) => {
    const authority = await makeAuthority();
    const contents: Contents = {
      suffix: 'dc=jumpcloud,dc=com',
      ldif: entriesToLdif(ENTRIES, []).join('\n\n'),
      access: `rootdn "${ROOT.dn}"
rootpw ${ROOT.password}
${limit}
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="${READER.dn}" read by users search by * none`,
      memberOfOverlay,
    };
    const folder = t.testdir({});
    const upstream = await OpenLDAP.start(folder, authority, contents);
    const layout = makeLayout(proxyConfig({ url: upstream.url, caPem: authority.caPem, orgId, reader: READER }));
    const readerOf = (gates: readonly string[], everyone = false) => {
      const reader = new LdaptsReader({
        endpoints: [parseEndpoint(upstream.url, false)],
        dialer: new Dialer({ ca: authority.caPem }),
        connectTime: 3000,
        operationTime: 3000,
        dn: READER.dn,
        password: READER.password,
        usersDN,
        gates,
        everyone,
        limits: schema.parse({}).directory.limits,
      });
      t.teardown(() => reader.close());
      return reader;
    };
    t.teardown(() => upstream.kill());
    const modify = async (ldif: string) => {
      const file = join(folder, 'change.ldif');
      writeFileSync(file, ldif);
      const server = ['-x', '-H', `ldap://127.0.0.1:${upstream.clearPort}`, '-D', ROOT.dn, '-w', ROOT.password];
      const ran = await tool('ldapmodify', [...server, '-f', file]);
      t.equal(ran.code, 0, ran.err);
    };

    await t.test('both lists say who is in which gate, in the mirror and in a look-up alike (R1, R23)', async (t) => {
      for (const everyone of [false, true]) {
        const reader = readerOf(GATES, everyone);
        const image = await reader.read();
        const snapshot = buildSnapshot(image, layout, 0);
        t.equal(image.searchLimit?.code, limit === '' ? undefined : 4);
        t.equal(snapshot.memberCount, Object.keys(EXPECTED).length + (everyone ? OTHERS.length + 1 : 0));
        for (const uid of [...Object.keys(EXPECTED), ...OTHERS]) {
          const expected = EXPECTED[uid] ?? [];
          t.same(
            GATES.filter((gate) => snapshot.isIn(uid, [gate])),
            expected,
            uid,
          );
          if (crowd.indexOf(uid) > 2) continue;
          for (const [by, value] of [
            ['uid', uid],
            ['mail', `${uid}@example.test`],
          ] as const) {
            const [found] = await reader.lookUp(by, value);
            t.same([...(found?.gates ?? [])].sort(), [...expected].sort(), `${by}=${value}`);
            t.equal(found?.isMember, everyone || expected.length > 0);
          }
        }
      }
    });

    await t.test('a gate that vanishes is doubted, then it lets nobody in; the others go on (R92, R93)', async (t) => {
      const events: MirrorEvent[] = [];
      let skipped = 0;
      const now = () => performance.now() + skipped;
      const mirror = new Mirror({
        reader: readerOf([...GATES, 'no such group']),
        build: (image) => buildSnapshot(image, layout, now()),
        refresh: 3_600_000,
        doubt: 60_000,
        now,
        random: () => 0.5,
        log: (event) => void events.push(event),
      });
      t.teardown(() => mirror.stop());
      const missing = () =>
        events.flatMap((event) => (event.kind === 'missing' ? [event.groups.map(({ name }) => name)] : []));
      await mirror.start();
      t.same(missing(), [['no such group']]);
      await modify(`dn: ${groupDN('Crew (A*)')}\nchangetype: delete\n`);
      t.equal(await mirror.refreshNow(), false);
      t.match(mirror.state().lastError, { cause: 'shrunk', message: /^0 of 3 members of Crew \(A\*\) are left/ });
      t.ok(mirror.snapshot?.isIn('crew', ['Crew (A*)']), 'not accepted immediately');
      skipped = 61_000;
      t.equal(await mirror.refreshNow(), true);
      t.notOk(mirror.snapshot?.isIn('crew', GATES));
      t.equal(mirror.snapshot?.user('crew'), undefined);
      t.ok(mirror.snapshot?.isIn('everywhere', ['Massen']));
      t.notOk(mirror.snapshot?.isIn('everywhere', ['Crew (A*)']));
      t.same(missing().at(-1)?.sort(), ['Crew (A*)', 'no such group']);
    });
  });
}
