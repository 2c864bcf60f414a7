// Attacks by names: every spelling of somebody who is not in the group, names that want to be more than a name, and very long ones.
import t from 'tap';
import { StandIn } from '../../src/demo/stand-in.js';
import { formatRDN } from '../../src/ldap/dn.js';
import type { Filter } from '../../src/ldap/filter.js';
import { Scope } from '../../src/ldap/message.js';
import { Client } from '../support/client.js';
import { BASE, startProxy, USERS, userDN } from '../support/proxy.js';
import { SmallUpstream, upstreamDN } from '../support/small-upstream.js';

const ALICE = 'quillon.varrek';
const PASSWORD = 'user-secret-5001';
const OUTSIDER = 'corvane.thessly';
const OUTSIDER_PASSWORD = 'user-secret-5005';
const READER = userDN('ldap-reader');
const binds = { cache: { ttl: '0s' }, refusedTtl: '0s', failuresPerAccount: 100_000, failuresPerAddress: 1_000_000 };

const upstream = await StandIn.start({});
const COMMA = { uid: 'x,ou=Other', givenName: 'Comma', sn: 'Person', number: 90, password: 'comma-secret', state: {} };
upstream.addPerson(COMMA);
upstream.addToGroup('wayk-users', COMMA.uid);
const proxy = await startProxy(upstream, { binds });
t.teardown(async () => {
  await proxy.stop();
  await upstream.stop();
});

const hexPairs = (text: string) =>
  [...Buffer.from(text)].map((octet) => `\\${octet.toString(16).padStart(2, '0')}`).join('');
const hexString = (text: string, tag = '04') => {
  const octets = Buffer.from(text);
  return `#${tag}${octets.length.toString(16).padStart(2, '0')}${octets.toString('hex')}`;
};
const fullWidth = (text: string) =>
  text.replace(/[a-z.]/g, (char) => String.fromCodePoint(char.codePointAt(0)! + 0xfee0));

/** At least eighty ways to write one uid: some are the same name by RFC 4514, some are folded to it by one server or another. */
function spellings(uid: string): string[] {
  const upper = uid.toUpperCase();
  const [first = '', ...rest] = uid;
  const tail = rest.join('');
  const middle = Math.floor(uid.length / 2);
  const inserted = [
    '\u00ad',
    '\u200b',
    '\u200c',
    '\u200d',
    '\u2060',
    '\ufeff',
    '\u034f',
    '\ufe0f',
    '\u180e',
    '\0',
    '\t',
    '\u0301',
    '\u202e',
    '\u0007',
  ].map((char) => `${uid.slice(0, middle)}${char}${uid.slice(middle)}`);
  const values = [
    ...[uid, upper, first.toUpperCase() + tail, ` ${uid}`, `${uid} `, `  ${uid}  `],
    ...[`\\20${uid}`, `${uid}\\20`, `\\ ${uid}`, `${uid}\\ `, `"${uid}"`, `" ${uid} "`, `${uid}\\00`, `${uid}\\0d\\0a`],
    ...[
      hexPairs(uid),
      hexPairs(upper),
      `\\${first.charCodeAt(0).toString(16)}${tail}`,
      uid.replace('.', '\\2e'),
      uid.replace('.', '\\2E'),
    ],
    ...['04', '0c', '13', '16', '1e', '30'].map((tag) => hexString(uid, tag)),
    ...[hexString(upper), `${hexString(uid)}00`, `#${uid}`],
    ...inserted,
    ...[
      fullWidth(uid),
      fullWidth(upper.toLowerCase()),
      uid.replace('o', 'ο'),
      uid.replace('e', 'е'),
      uid.replace('s', 'ſ'),
      uid.replace('.', '．'),
    ],
    ...[
      uid.normalize('NFD'),
      `${uid}\u3000`,
      `${uid}\u00a0`,
      uid.replace('l', 'ⓛ'),
      uid.replace('h', 'ʰ'),
      uid.replace('c', 'ⅽ'),
    ],
    ...[
      `${uid}*`,
      `*${uid}`,
      `${uid})(uid=*`,
      `${uid}))(|(uid=*`,
      `${uid}\\2a`,
      `${uid};`,
      `${uid}\\,ou=Users`,
      `${uid}\\+uid=${ALICE}`,
    ],
  ].map((value) => `uid=${value},${USERS}`);
  const names = [
    ...[
      `UID=${uid},OU=USERS,DC=EXAMPLE,DC=COM`,
      `uid = ${uid} , ou = Users , dc = example , dc = com`,
      `uid=${uid};ou=Users;dc=example;dc=com`,
    ],
    ...[
      `0.9.2342.19200300.100.1.1=${uid},${USERS}`,
      `OID.0.9.2342.19200300.100.1.1=${uid},${USERS}`,
      `userid=${uid},${USERS}`,
    ],
    ...[
      `uid;lang-en=${uid},${USERS}`,
      `uid;binary=${uid},${USERS}`,
      `cn=${uid},${USERS}`,
      `mail=${uid}@example.test,${USERS}`,
      `mail=${uid},${USERS}`,
    ],
    ...[
      `cn=Corvane Thessly,${USERS}`,
      `sn=Thessly,${USERS}`,
      `displayName=Corvane Thessly,${USERS}`,
      `employeeNumber=1005,${USERS}`,
      `uidNumber=5005,${USERS}`,
    ],
    ...[
      `uid=${uid}+cn=Corvane Thessly,${USERS}`,
      `cn=Corvane Thessly+uid=${uid},${USERS}`,
      `uid=${ALICE}+uid=${uid},${USERS}`,
      `uid=${uid}+uid=${ALICE},${USERS}`,
    ],
    ...[
      `uid=${uid},uid=${ALICE},${USERS}`,
      `uid=${ALICE},uid=${uid},${USERS}`,
      `uid=${uid},ou=Groups,${BASE}`,
      `uid=${uid},${BASE}`,
      `uid=${uid}`,
    ],
    ...[
      `uid=${uid},cn=wayk-users,ou=Groups,${BASE}`,
      `uid=${uid},${USERS},${USERS}`,
      `uid=${uid},ou=x,${USERS}`,
      `uid=${uid},ou=Users,ou=Users,${BASE}`,
    ],
    ...[
      `uid=${uid},ou=Users,o=${upstream.orgId},dc=jumpcloud,dc=com`,
      `uid=${uid},ou=Users,o=other,dc=jumpcloud,dc=com`,
      `uid=${uid},dc=jumpcloud,dc=com`,
    ],
    ...[
      uid,
      upper,
      ` ${uid}`,
      `${uid} `,
      `${uid}\0`,
      fullWidth(uid),
      `${uid}@example.test`,
      `${uid}@EXAMPLE.TEST`,
      ` ${uid}@example.test`,
      `EXAMPLE\\${uid}`,
      `dn:uid=${uid},${USERS}`,
      `u:${uid}`,
    ],
    ...[
      `Corvane Thessly`,
      `${uid}@example.com`,
      `<${uid}@example.test>`,
      `"${uid}"@example.test`,
      `${uid}%00`,
      `ldap:///uid=${uid},${USERS}`,
    ],
  ];
  return [...new Set([...values, ...names])];
}

t.test(
  'no spelling of a non-member gets in with the right password, and none is bound upstream (R1, R20, R22, R23, R24)',
  async (t) => {
    const names = spellings(OUTSIDER);
    t.ok(names.length >= 80, `${names.length} spellings`);
    upstream.bindNames.length = 0;
    const client = await Client.open(proxy.url);
    for (const name of names) {
      const { code, matchedDN } = await client.bind(name, OUTSIDER_PASSWORD);
      t.ok(code === 49 || code === 34, `${JSON.stringify(name)}: ${code}`);
      t.equal(matchedDN, '');
    }
    client.destroy();
    t.same(
      upstream.bindNames.filter((name) => name !== upstream.reader.dn),
      [],
    );
  },
);

t.test(
  'the same spellings of a member lead to that member or to nobody, under one canonical name (R20, R22, R23)',
  async (t) => {
    const client = await Client.open(proxy.url);
    const others = ['Corvane', '5005', '1005', 'Thessly'];
    let accepted = 0;
    for (const name of spellings(ALICE).filter((one) => !others.some((other) => one.includes(other)))) {
      upstream.bindNames.length = 0;
      const { code } = await client.bind(name, PASSWORD);
      const bound = upstream.bindNames.filter((one) => one !== upstream.reader.dn);
      t.ok(code === 0 || code === 49 || code === 34, `${JSON.stringify(name)}: ${code}`);
      t.ok(
        bound.every((one) => one === `uid=${ALICE},${upstream.usersDN}`),
        `${JSON.stringify(name)} is bound as ${bound.join(' ')}`,
      );
      if (code === 0) accepted++;
      t.equal((await client.bind(name, OUTSIDER_PASSWORD)).code === 0, false, 'and not with another password');
    }
    t.ok(accepted >= 15, `${accepted} were accepted`);
    client.destroy();
  },
);

t.test(
  'a comma in a uid stays in it, however it is written; the name that is listed can be bound again (R21)',
  async (t) => {
    const client = await Client.open(proxy.url);
    for (const value of [
      'x\\,ou=Other',
      'x\\2cou=Other',
      'x\\2Cou\\3dOther',
      'x\\,ou\\=Other',
      '"x,ou=Other"',
      hexString(COMMA.uid),
      'X\\,OU=OTHER',
    ]) {
      upstream.bindNames.length = 0;
      t.equal((await client.bind(`uid=${value},${USERS}`, COMMA.password)).code, 0, value);
      t.same(upstream.bindNames, [`uid=x\\,ou=Other,${upstream.usersDN}`]);
    }
    for (const name of [`uid=x,ou=Other,${USERS}`, `uid=x,ou=Other,${BASE}`, `uid=x+ou=Other,${USERS}`])
      t.equal((await client.bind(name, COMMA.password)).code, 49, name);
    await client.bind(READER, 'reader-secret-5000');
    const { entries } = await client.search({
      base: BASE,
      filter: '(uid=x,ou=Other)',
      attributes: ['uid', 'memberOf'],
    });
    t.equal(entries.length, 1);
    t.same(entries[0]?.attributes.find(({ type }) => type === 'uid')?.values.map(String), [COMMA.uid]);
    const groups = await client.search({ base: BASE, filter: '(cn=wayk-users)', attributes: ['member'] });
    const member = groups.entries[0]?.attributes[0]?.values.map(String).find((name) => name.startsWith('uid=x'));
    t.equal(member, entries[0]?.objectName);
    t.equal((await client.bind(member ?? '', COMMA.password)).code, 0, `${member}`);
    client.destroy();
  },
);

t.test('a name put into an upstream filter is one assertion of exactly its bytes (R19, R25)', async (t) => {
  const small = await SmallUpstream.start([{ uid: ALICE, password: PASSWORD }]);
  const behind = await startProxy(small, { binds, directory: { refresh: '10m', membershipAge: '10m' } });
  t.teardown(async () => {
    await behind.stop();
    await small.stop();
  });
  const client = await Client.open(behind.url);
  const inFilters = (filter: Filter): Filter[] =>
    filter.kind === 'and' || filter.kind === 'or' ? [...filter.filters].flatMap(inFilters) : [filter];
  for (const value of [
    '*',
    'a*',
    '*)(uid=*',
    'quillon*',
    'a)(|(uid=*',
    '(',
    ')',
    '\\2a',
    '\\',
    '\\00',
    'a\\',
    '&',
    '|(cn=*)',
    '!',
    'a=b',
    'ä*',
    '😀',
    "' OR 1=1",
    '%2a',
    `${ALICE})(memberOf=*`,
  ]) {
    const before = small.requests.length;
    const escaped = value.replace(/[\\"+,;<>=]/g, '\\$&');
    const names = value.includes('=') ? [`uid=${escaped},${USERS}`] : [`uid=${escaped},${USERS}`, value];
    for (const name of names) {
      const { code } = await client.bind(name, PASSWORD);
      t.equal(code, 49, JSON.stringify(name));
    }
    const asked = small.requests.slice(before).flatMap(({ op }) => (op.kind === 'searchRequest' ? [op] : []));
    t.ok(asked.length >= 1, `${value} was asked for`);
    for (const { filter, baseObject } of asked) {
      t.equal(baseObject, upstreamDN('x').slice('uid=x,'.length));
      const about = inFilters(filter);
      t.same(
        about.map((one) => [
          one.kind,
          'attribute' in one ? one.attribute : '',
          'value' in one ? String(one.value) : '',
        ]),
        [
          ['equalityMatch', 'objectClass', 'inetOrgPerson'],
          ['equalityMatch', 'uid', value],
          // The group, if it lists the one name that could be bound.
          ['equalityMatch', 'objectClass', 'groupOfNames'],
          ['equalityMatch', 'cn', 'wayk-users'],
          ['equalityMatch', 'member', `${formatRDN([{ type: 'uid', value }])},${baseObject}`],
        ],
      );
    }
  }
  t.notOk(
    small.binds.some((name) => name !== small.reader.dn),
    'nobody was bound',
  );
  client.destroy();
});

t.test(
  'names of a megabyte are refused in passing, wherever they are, and others are served between (R26)',
  async (t) => {
    const [client, other] = await Promise.all([Client.open(proxy.url), Client.open(proxy.url)]);
    await other.bind(userDN(ALICE), PASSWORD);
    const size = 900_000;
    const hostile: Record<string, string> = {
      'one long value': `uid=${'a'.repeat(size)},${USERS}`,
      '200,000 RDNs': 'a=b,'.repeat(size / 4),
      AVAs: 'a=b+'.repeat(size / 4),
      separators: ','.repeat(size),
      equals: '='.repeat(size),
      escapes: `uid=${'\\2c'.repeat(size / 3)}`,
      backslashes: `uid=${'\\'.repeat(size)}`,
      blanks: `uid=${' '.repeat(size)}x`,
      'blanks in front': `${' '.repeat(size)}uid=x`,
      quotes: `uid=${'"'.repeat(size)}`,
      'an open quote': `uid="${'a'.repeat(size)}`,
      'hex digits': `uid=#04${'61'.repeat(size / 2)}`,
      'no name at all': 'a'.repeat(size),
      'at signs': '@'.repeat(size),
      'an attribute type': `${'a'.repeat(size)}=x`,
      'an OID': `${'1.'.repeat(size / 2)}1=x`,
      'combining marks': `uid=a${'\u0301'.repeat(size / 2)}`,
    };
    for (const [what, name] of Object.entries(hostile)) {
      t.equal((await client.bind(READER, 'reader-secret-5000')).code, 0);
      const ids = [
        client.send({ kind: 'compareRequest', entry: name, attribute: 'uid', value: Buffer.from('x') }),
        client.send({
          kind: 'bindRequest',
          version: 3,
          name,
          authentication: { method: 'simple', password: Buffer.from('x') },
        }),
      ];
      const beside = other.search({ base: userDN(ALICE), scope: Scope.baseObject });
      const codes = await Promise.all(ids.map(async (id) => (await client.answered(id)).at(-1)?.op));
      t.match(codes, [{ result: { code: /^(34|32)$/ } }, { result: { code: /^(34|49)$/ } }], what);
      t.equal((await beside).entries.length, 1);
    }
    // As long as a name may be, and awkward: 8192 characters.
    for (const name of [
      `uid=${'\\2c'.repeat(2700)},${USERS}`,
      'a=b,'.repeat(2000),
      'a=b+'.repeat(2000),
      `uid=${' '.repeat(8000)}x,${USERS}`,
      `uid=${'é'.repeat(4000)},${USERS}`,
    ])
      t.match(String((await client.bind(name, 'x')).code), /^(34|49)$/, name.slice(0, 20));
    client.destroy();
    other.destroy();
  },
);

t.test('names of JavaScript are ordinary data, wherever they are (R27)', async (t) => {
  const client = await Client.open(proxy.url);
  const words = [
    '__proto__',
    'constructor',
    'toString',
    'prototype',
    'hasOwnProperty',
    'valueOf',
    'then',
    'length',
    '__defineGetter__',
  ];
  for (const word of words) {
    t.equal((await client.bind(word, 'x')).code, 49);
    t.equal((await client.bind(`uid=${word},${USERS}`, 'x')).code, 49);
    t.ok([34, 49].includes((await client.bind(`${word}=x,${USERS}`, 'x')).code));
    t.equal((await client.result({ kind: 'extendedRequest', requestName: word })).code, 2);
  }
  await client.bind(READER, 'reader-secret-5000');
  for (const word of words) {
    // A type that nobody knows is Undefined, and so is a filter of it.
    const type = word.replaceAll('_', '');
    for (const filter of [
      `(${type}=*)`,
      `(${type}=x)`,
      `(${type}=x*)`,
      `(${type}>=x)`,
      `(${type}:dn:=x)`,
      `(uid:${type}:=x)`,
      `(!(${type}=x))`,
      `(uid=${word})`,
      `(objectClass=${word})`,
    ])
      t.equal((await client.search({ base: BASE, filter })).entries.length, 0, filter);
    const selected = await client.search({
      base: userDN(ALICE),
      scope: Scope.baseObject,
      attributes: [word, `@${word}`, `${word};x`],
    });
    t.same(
      selected.entries.map(({ attributes }) => attributes),
      [[]],
      word,
    );
    t.equal(
      (await client.result({ kind: 'compareRequest', entry: userDN(ALICE), attribute: word, value: Buffer.from('x') }))
        .code,
      17,
      word,
    );
    const sorted = await client.search({ base: BASE, filter: '(uid=*)', controls: [{ type: word, critical: false }] });
    t.equal(sorted.entries.length, 10);
  }
  t.equal((await client.result({ kind: 'extendedRequest', requestName: '1.3.6.1.4.1.4203.1.11.3' })).code, 0);
  client.destroy();
});
