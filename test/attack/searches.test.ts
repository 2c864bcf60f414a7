// Attacks by searches and compares: what is not to be seen, what cannot be read, and what would take too long.
import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { StandIn } from '../../src/demo/stand-in.js';
import { makeEntry } from '../../src/directory/entry.js';
import { compileFilter } from '../../src/directory/filter-evaluation.js';
import type { Filter } from '../../src/ldap/filter.js';
import { Scope } from '../../src/ldap/message.js';
import { values } from '../../src/ldap/values.js';
import { Client, type SearchOptions, searchRequest } from '../support/client.js';
import { BASE, startProxy, USERS, userDN } from '../support/proxy.js';
import { element, hex, message, RawClient, searchWith, sequence, text } from '../support/raw.js';
import { SmallUpstream } from '../support/small-upstream.js';

const ALICE = userDN('quillon.varrek');
const PASSWORD = 'user-secret-5001';
const READER = userDN('ldap-reader');
const READER_PASSWORD = 'reader-secret-5000';
const OUTSIDER = userDN('corvane.thessly');
const calm = { directory: { refresh: '10m', membershipAge: '10m' } };

const upstream = await StandIn.start({});
const proxy = await startProxy(upstream, calm);
t.teardown(async () => {
  await proxy.stop();
  await upstream.stop();
});

async function bound(name = READER, password = READER_PASSWORD, url = proxy.url): Promise<Client> {
  const client = await Client.open(url);
  await client.bind(name, password);
  return client;
}

t.test(
  'no search goes upstream, whatever its base; bases outside the suffix are answered like missing ones (R32)',
  async (t) => {
    const bases = [
      '',
      'dc=com',
      'dc=example',
      'c=US',
      upstream.baseDN,
      upstream.usersDN,
      `uid=quillon.varrek,${upstream.usersDN}`,
      'dc=jumpcloud,dc=com',
      'ou=Users,o=000000000000000000000000,dc=jumpcloud,dc=com',
      `${BASE},dc=jumpcloud,dc=com`,
      `${BASE},${BASE}`,
      'dc=notexample,dc=com',
      'xdc=example,dc=com',
      'dc=example,dc=com,dc=com',
      'dc=example\\,dc=com',
      'dc=example+dc=com',
      'dc=com,dc=example',
      'cn=config',
      'cn=monitor',
      'cn=schema',
      'cn=changelog',
      'o=',
      '*',
      `\\*,${BASE}`,
      '../..',
      `ldap:///${BASE}`,
    ];
    const before = upstream.counters.searches;
    for (const [name, password] of [
      ['', ''],
      [ALICE, PASSWORD],
      [READER, READER_PASSWORD],
    ] as const) {
      const client = await bound(name, password);
      for (const base of bases) {
        for (const scope of Object.values(Scope)) {
          const { result, entries } = await client.search({ base, scope, attributes: ['*', '+'] });
          const isSuffixes = entries.every(({ objectName }) => objectName === '' || objectName.endsWith(BASE));
          t.ok(isSuffixes && [0, 32, 34].includes(result.code), `${base} ${scope}: ${result.code}`);
          t.ok(base === '' || entries.length === 0, `${base} ${scope}: ${entries.length} entries`);
        }
      }
      const all = Buffer.concat(client.raw).toString('latin1').toLowerCase();
      for (const secret of [upstream.orgId, 'jumpcloud', 'corvane', 'liora']) t.notOk(all.includes(secret), secret);
      client.destroy();
    }
    t.equal(upstream.counters.searches, before);
  },
);

t.test(
  'a hidden entry and a missing one have the same bytes in every way of asking, for every client (R6, R30)',
  async (t) => {
    for (const [name, password] of [
      ['', ''],
      [ALICE, PASSWORD],
      [READER, READER_PASSWORD],
    ] as const) {
      const seen: string[] = [];
      // Of the same length, because it is only in the request.
      for (const uid of ['corvane.thessly', 'corvane.nobodyx']) {
        const client = await bound(name, password);
        client.raw.length = 0;
        for (const scope of Object.values(Scope))
          for (const base of [userDN(uid), `cn=x,${userDN(uid)}`, `uid=${uid},${BASE}`])
            await client.search({ base, scope, attributes: ['*', '+'] });
        for (const filter of [
          `(uid=${uid})`,
          `(uid=${uid.slice(0, 9)}*)`,
          `(!(uid=${uid}))`,
          `(uid:dn:=${uid})`,
          `(mail=${uid}@example.test)`,
          `(member=${userDN(uid)})`,
          `(memberOf=cn=Finance,ou=Groups,${BASE})`,
          `(entryDN=${userDN(uid)})`,
          `(uid>=${uid})`,
          `(uid<=${uid})`,
        ])
          await client.search({ base: BASE, filter, attributes: ['1.1'] });
        for (const attribute of ['uid', 'cn', 'objectClass', 'userPassword', 'nonsense', 'memberOf'])
          await client.result({ kind: 'compareRequest', entry: userDN(uid), attribute, value: Buffer.from(uid) });
        await client.result({
          kind: 'compareRequest',
          entry: `cn=wayk-users,ou=Groups,${BASE}`,
          attribute: 'member',
          value: Buffer.from(userDN(uid)),
        });
        seen.push(Buffer.concat(client.raw).toString('hex'));
        client.destroy();
      }
      t.equal(seen[0], seen[1], name === '' ? 'anonymous' : name);
    }
  },
);

/** Password material by the names of many servers. */
const SECRETS = [
  'userPassword',
  'sambaNTPassword',
  'sambaLMPassword',
  'sambaPasswordHistory',
  'krbPrincipalKey',
  'pwdHistory',
  'ipaNTHash',
  'unixUserPassword',
  'authPassword',
];

t.test('password material is in no answer, however it is asked for (R33, R34)', async (t) => {
  const secret = 'e1234567-octets-of-a-hash';
  const small = await SmallUpstream.start([
    { uid: 'quillon.varrek', password: PASSWORD, more: SECRETS.map((type) => ({ type, values: values(secret) })) },
  ]);
  const behind = await startProxy(small, calm);
  t.teardown(async () => {
    await behind.stop();
    await small.stop();
  });
  const forms = (type: string) => [type, type.toUpperCase(), `${type};binary`, `${type};x-y`, ` ${type}`, `@${type}`];
  const lists: readonly (readonly string[])[] = [
    ...SECRETS.flatMap(forms).map((form) => [form]),
    [],
    ['*'],
    ['+'],
    ['*', '+', ...SECRETS],
    ['2.5.4.35'],
    ['oid.2.5.4.35'],
    ['OID.2.5.4.35'],
    ['2.5.4.35;binary'],
    ['@person'],
    ['@inetOrgPerson'],
    ['@top'],
    ['@extensibleObject'],
    ['*', '1.1'],
  ];
  for (const [name, password] of [
    [ALICE, PASSWORD],
    [READER, READER_PASSWORD],
  ] as const) {
    const client = await bound(name, password, behind.url);
    for (const attributes of lists)
      for (const typesOnly of [false, true]) {
        const { entries } = await client.search({ base: ALICE, scope: Scope.baseObject, attributes, typesOnly });
        t.equal(entries.length, 1);
      }
    const all = Buffer.concat(client.raw).toString('latin1').toLowerCase();
    for (const word of [secret, ...SECRETS, 'userpassword']) t.notOk(all.includes(word.toLowerCase()), word);
    for (const type of [...SECRETS, '2.5.4.35']) {
      const filters = [
        '=*',
        `=${secret}`,
        `=wrong`,
        `=${secret.slice(0, 3)}*`,
        '>=a',
        '<=z',
        `~=${secret}`,
        `:2.5.13.17:=${secret}`,
        `:caseExactMatch:=${secret}`,
        `:dn:=${secret}`,
      ].flatMap((end) => [`(${type}${end})`, `(!(${type}${end}))`, `(|(${type}${end})(cn=nobody))`]);
      for (const filter of filters)
        t.equal((await client.search({ base: BASE, filter, attributes: ['1.1'] })).entries.length, 0, filter);
      const compared = new Set<number>();
      for (const value of [secret, 'wrong', '']) {
        const entry = { kind: 'compareRequest', entry: ALICE, attribute: type, value: Buffer.from(value) } as const;
        compared.add((await client.result(entry)).code);
      }
      t.equal(compared.size, 1, `compare ${type}: ${[...compared].join(' ')}`);
      t.notOk(compared.has(5) || compared.has(6));
    }
    // A rule for every attribute that it suits looks into none of these.
    for (const rule of ['octetStringMatch', 'caseExactMatch', 'caseIgnoreMatch', 'caseExactIA5Match']) {
      const { entries } = await client.search({ base: BASE, filter: `(:${rule}:=${secret})` });
      t.equal(entries.length, 0, rule);
    }
    client.destroy();
  }
});

t.test('a search that cannot be read gets 2 and no entry, and the next one is answered (R37, R38)', async (t) => {
  const cn = text('cn');
  const table: Record<string, Parameters<typeof searchWith>[0]> = {
    'no filter': { filter: '' },
    'an empty filter element': { filter: '8700' },
    'filter of tag 0': { filter: '0000' },
    'filter of universal tag': { filter: text('cn') },
    'filter of application tag': { filter: text('cn', 0x47) },
    'filter of choice 10': { filter: element(0xaa, cn, text('x')) },
    'filter of a high tag number': { filter: 'bf8100' },
    'primitive and': { filter: element(0x80, text('cn', 0x87)) },
    'constructed present': { filter: element(0xa7, cn) },
    'NOT of nothing': { filter: 'a200' },
    'NOT of two': { filter: element(0xa2, text('cn', 0x87), text('sn', 0x87)) },
    'NOT of a string': { filter: element(0xa2, cn) },
    'AND of a string': { filter: element(0xa0, cn) },
    'equality without a value': { filter: element(0xa3, cn) },
    'equality with three parts': { filter: element(0xa3, cn, text('x'), text('y')) },
    'equality without a type': { filter: element(0xa3, text(''), text('x')) },
    'equality of a number': { filter: element(0xa3, cn, '020101') },
    'equality of nothing': { filter: 'a300' },
    'substring without parts': { filter: element(0xa4, cn, '3000') },
    'substring without a list': { filter: element(0xa4, cn) },
    'substring with two initials': { filter: element(0xa4, cn, sequence(text('a', 0x80), text('b', 0x80))) },
    'substring with two finals': { filter: element(0xa4, cn, sequence(text('a', 0x82), text('b', 0x82))) },
    'substring with its final first': { filter: element(0xa4, cn, sequence(text('a', 0x82), text('b', 0x80))) },
    'substring with its initial behind': { filter: element(0xa4, cn, sequence(text('a', 0x81), text('b', 0x80))) },
    'substring of an unknown part': { filter: element(0xa4, cn, sequence(text('a', 0x83))) },
    'substring of a universal part': { filter: element(0xa4, cn, sequence(text('a'))) },
    'substring without a type': { filter: element(0xa4, text(''), sequence(text('a', 0x81))) },
    'substring with something behind': { filter: element(0xa4, cn, sequence(text('a', 0x81)), cn) },
    'extensible without value': { filter: element(0xa9, text('cn', 0x82)) },
    'extensible without rule and type': { filter: element(0xa9, text('x', 0x83)) },
    'extensible of an empty rule': { filter: element(0xa9, text('', 0x81), text('x', 0x83)) },
    'extensible out of order': { filter: element(0xa9, text('x', 0x83), text('cn', 0x82)) },
    'extensible with a long BOOLEAN': { filter: element(0xa9, text('cn', 0x82), text('x', 0x83), '8402ffff') },
    'extensible with something behind': { filter: element(0xa9, text('cn', 0x82), text('x', 0x83), '840101', '8500') },
    'a filter longer than the search': { filter: hex('a2 7f') },
    'a filter of indefinite length': { filter: hex('a2 80 87 02 63 6e 00 00') },
    'scope 4': { scope: '0a0104' },
    'scope -1': { scope: '0a01ff' },
    'scope as INTEGER': { scope: '020102' },
    'scope of no bytes': { scope: '0a00' },
    'deref 4': { deref: '0a0104' },
    'deref -1': { deref: '0a01ff' },
    'size limit -1': { sizeLimit: '0201ff' },
    'size limit 2^31': { sizeLimit: '02050080000000' },
    'size limit of nine bytes': { sizeLimit: '0209010000000000000000' },
    'time limit -1': { timeLimit: '0201ff' },
    'time limit 2^31': { timeLimit: '02050080000000' },
    'time limit as a string': { timeLimit: '040100' },
    'typesOnly of no bytes': { typesOnly: '0100' },
    'typesOnly of two bytes': { typesOnly: '0102ffff' },
    'typesOnly as INTEGER': { typesOnly: '020101' },
    'attributes as a SET': { attributes: '3100' },
    'attributes that are numbers': { attributes: sequence('020101') },
    'attributes that are sequences': { attributes: sequence(sequence(cn)) },
    'attributes that reach beyond': { attributes: '307f' },
    'no attributes': { attributes: '' },
    'two lists of attributes': { attributes: Buffer.concat([sequence(), sequence()]) },
  };
  for (const [name, password] of [
    ['', ''],
    [READER, READER_PASSWORD],
  ] as const) {
    const client = await RawClient.open(proxy.url);
    await client.code(1, message(1, element(0x60, '020103', text(name), text(password, 0x80))));
    for (const [what, parts] of Object.entries(table)) {
      t.equal(await client.code(2, message(2, searchWith(parts))), 2, what);
      t.equal(client.entries, 0, what);
    }
    t.equal(await client.code(3, message(3, searchWith({ scope: '0a0100' }))), name === '' ? 32 : 0);
    t.equal(client.entries, name === '' ? 0 : 1);
    client.destroy();
  }
});

t.test('what is allowed and odd is evaluated as RFC 4511 and RFC 4526 say (R37, R38)', async (t) => {
  const client = await RawClient.open(proxy.url);
  await client.code(1, message(1, element(0x60, '020103', text(READER), text(READER_PASSWORD, 0x80))));
  const found = async (parts: Parameters<typeof searchWith>[0]) => {
    const before = client.entries;
    t.equal(await client.code(2, message(2, searchWith(parts))), 0);
    return client.entries - before;
  };
  const all = await found({});
  t.equal(await found({ filter: 'a000' }), all, 'absolute true');
  t.equal(await found({ filter: 'a100' }), 0, 'absolute false');
  t.equal(await found({ filter: 'a202a100' }), all, 'not absolute false');
  t.equal(await found({ filter: 'a202a000' }), 0);
  t.equal(await found({ filter: element(0xa2, element(0xa2, text('uid', 0x87))) }), 9, 'twice not');
  t.equal(await found({ filter: element(0xa2, text('nosuchattribute', 0x87)) }), 0, 'not of Undefined');
  t.equal(await found({ filter: element(0xa4, text('cn'), sequence(text('', 0x81))) }), 0, 'an empty substring');
  t.equal(await found({ typesOnly: '010101' }), all, 'TRUE is any byte but 0');
  t.equal(await found({ deref: '0a0103' }), all, 'dereferencing always: there are no aliases');
  client.destroy();
});

/** An element around an element, `depth` times. */
function nested(tag: number, depth: number): Buffer {
  const parts: Buffer[] = [text('cn', 0x87)];
  let length = parts[0]!.length;
  for (let i = 0; i < depth; i++) {
    const header = Buffer.from([tag, 0x83, length >> 16, (length >> 8) & 0xff, length & 0xff]);
    parts.push(header);
    length += header.length;
  }
  return Buffer.concat(parts.reverse());
}

t.test(
  'bombs of depth, width and number are refused before they are evaluated, also one behind the other (R39)',
  async (t) => {
    const repeated = (times: number, octets: Buffer) => Buffer.concat(Array.from({ length: times }, () => octets));
    const bombs: Record<string, Parameters<typeof searchWith>[0]> = {};
    for (const [kind, tag] of [
      ['AND', 0xa0],
      ['OR', 0xa1],
      ['NOT', 0xa2],
    ] as const)
      for (const depth of [251, 1000, 10_000, 100_000]) bombs[`${depth} ${kind}s`] = { filter: nested(tag, depth) };
    bombs['300,000 components'] = { filter: element(0xa1, repeated(300_000, hex('870161'))) };
    bombs['500,000 empty ANDs'] = { filter: element(0xa1, repeated(500_000, hex('a000'))) };
    bombs['100,000 substrings'] = { filter: element(0xa4, text('cn'), sequence(repeated(100_000, hex('810161')))) };
    bombs['100,000 attributes'] = { attributes: sequence(repeated(100_000, hex('040161'))) };
    bombs['500,000 empty attributes'] = { attributes: sequence(repeated(500_000, hex('0400'))) };
    const other = await bound(ALICE, PASSWORD);
    const client = await RawClient.open(proxy.url);
    await client.code(1, message(1, element(0x60, '020103', text(READER), text(READER_PASSWORD, 0x80))));
    for (const [what, parts] of Object.entries(bombs)) {
      const code = client.code(2, message(2, searchWith(parts)));
      t.equal((await other.search({ base: ALICE, scope: Scope.baseObject })).entries.length, 1);
      t.equal(await code, 11, what);
    }
    t.equal(await client.code(2, message(2, searchWith({ filter: nested(0xa2, 20) }))), 0, 'depth 20 works');
    t.equal(await client.code(2, message(2, searchWith({ filter: nested(0xa2, 249) }))), 0, 'and 250 levels');
    client.destroy();
    other.destroy();
  },
);

t.test(
  'matching needs no regular expression of the client’s and no more steps than pattern and value have (R40)',
  async (t) => {
    const value = 'a'.repeat(5000);
    const entry = makeEntry('user', 'uid=x', [
      { type: 'description', values: values(value) },
      { type: 'telephoneNumber', values: values('1'.repeat(500)) },
    ]);
    const parts = (n: number): Filter => ({
      kind: 'substrings',
      attribute: 'description',
      initial: Buffer.from('a'),
      any: Array.from({ length: n }, (_, i) => Buffer.from(i % 2 === 0 ? 'aa' : 'a')),
      final: Buffer.from('b'),
    });
    const blanks: Filter = { ...parts(0), any: Array.from({ length: 500 }, () => Buffer.from(' a a ')) } as Filter;
    const ordinary = { indexOf: String.prototype.indexOf, RegExp: globalThis.RegExp };
    const steps: number[] = [];
    let count = 0;
    let made = 0;
    String.prototype.indexOf = function (...args: Parameters<typeof ordinary.indexOf>) {
      count++;
      return ordinary.indexOf.apply(this, args);
    };
    globalThis.RegExp = new Proxy(ordinary.RegExp, {
      construct: (target, args: ConstructorParameters<typeof RegExp>) => {
        made++;
        return new target(...args);
      },
      apply: (target, _this, args: Parameters<typeof RegExp>) => {
        made++;
        return target(...args);
      },
    });
    const truths: number[] = [];
    try {
      for (const n of [50, 100, 200, 400]) {
        count = 0;
        truths.push(compileFilter(parts(n))(entry));
        steps.push(count);
      }
      for (const pattern of ['(a+)+$', 'a*'.repeat(200), '.*', '[', '\\', '(?:', '^a|b$', '(a|a)*b'])
        for (const kind of ['equalityMatch', 'approxMatch', 'greaterOrEqual', 'lessOrEqual'] as const)
          for (const attribute of ['description', 'telephoneNumber', 'cn'])
            compileFilter({ kind, attribute, value: Buffer.from(pattern) })(entry);
      truths.push(compileFilter(blanks)(entry));
    } finally {
      String.prototype.indexOf = ordinary.indexOf;
      globalThis.RegExp = ordinary.RegExp;
    }
    t.same(truths, [0, 0, 0, 0, 0]);
    t.equal(made, 0, 'no regular expression was made');
    for (const [i, n] of [50, 100, 200, 400].entries())
      t.ok((steps[i] ?? 0) > 0 && (steps[i] ?? 0) <= n + 20, `${n} parts: ${steps[i]} looks`);
    const folders = ['ldap', 'wire', 'directory', 'gate', 'layout'];
    const sources = folders.flatMap((folder) => {
      const place = new URL(`../../src/${folder}/`, import.meta.url);
      const files = readdirSync(place, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
      return files.map((file) => ({
        file: `${folder}/${file}`,
        code: readFileSync(new URL(file, place), 'utf8'),
      }));
    });
    t.same(
      sources.filter(({ code }) => /\bRegExp\(/.test(code)).map(({ file }) => file),
      ['ldap/keys.ts', 'ldap/prepare.ts'],
      'the only ones put together are the constant patterns of a time and of ranges of characters',
    );
    // From outside: the same patterns against every entry, with an answer to each.
    const client = await bound();
    const hostile: SearchOptions = { base: BASE, filter: `(cn=*${'a*'.repeat(450)}b)`, attributes: ['1.1'] };
    const ids = Array.from({ length: 50 }, () => client.send(searchRequest(hostile)));
    for (const id of ids)
      t.match(
        (await client.answered(id)).map(({ op }) => op),
        [{ result: { code: 0 } }],
      );
    client.destroy();
  },
);

t.test('abandon of nonsense, thousands of times, is not answered and changes nothing (R41)', async (t) => {
  const client = await RawClient.open(proxy.url);
  await client.code(1, message(1, element(0x60, '020103', text(READER), text(READER_PASSWORD, 0x80))));
  const ids = ['00', '01', '02', '7fffffff', 'ff', '80000000', '0080000000', '', '00000001', 'ffffffffffffffffff'];
  const abandons = ids.map((id) => message(3, element(0x50, id)));
  for (let i = 0; i < 300; i++) client.write(...abandons);
  const before = client.received.length;
  t.equal(await client.code(4, message(4, searchWith())), 0);
  t.equal(client.received.slice(before).filter(({ messageID }) => messageID !== 4).length, 0);
  t.ok(client.entries > 9);
  client.destroy();
});

t.test('two requests under one message ID are both answered (R42)', async (t) => {
  const client = await RawClient.open(proxy.url);
  await client.code(1, message(1, element(0x60, '020103', text(READER), text(READER_PASSWORD, 0x80))));
  const narrow = searchWith({ base: USERS, scope: '0a0100' });
  client.write(message(5, narrow), message(5, narrow), message(5, searchWith({ base: OUTSIDER })), message(6, '4a00'));
  const done = () => client.received.filter(({ messageID, op }) => messageID === 5 && op.kind === 'searchResultDone');
  await client.until(() => done().length === 3);
  t.same(
    done()
      .map(({ op }) => ('result' in op ? op.result.code : -1))
      .sort(),
    [0, 0, 32],
  );
  client.destroy();
});
