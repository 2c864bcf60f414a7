// The same entries in the proxy's mirror and in a real OpenLDAP server, asked the same questions: answers are compared entry for entry.
import fc from 'fast-check';
import t from 'tap';
import { makeAuthority } from '../../src/demo/certificate.js';
import { StandIn } from '../../src/demo/stand-in.js';
import { makeEntry } from '../../src/directory/entry.js';
import type { Filter } from '../../src/ldap/filter.js';
import { formatFilter } from '../../src/ldap/filter-text.js';
import type { LDAPResult, SearchResultEntry } from '../../src/ldap/message.js';
import { Scope } from '../../src/ldap/message.js';
import { Client, type SearchOptions } from '../support/client.js';
import { type Contents, entriesToLdif, OpenLDAP, withoutOpenLDAP } from '../support/openldap.js';
import { BASE, startProxy, USERS, userDN } from '../support/proxy.js';

/** Searches that are answered otherwise on purpose, each with the reason. The questions below are made so that they avoid these. */
const DIFFERENCES: readonly { readonly search: SearchOptions; readonly reason: string }[] = [
  {
    search: { base: BASE, filter: '(!(userPassword=x))' },
    reason: 'password material is Undefined here, whatever an entry holds (R34)',
  },
  {
    search: { base: BASE, filter: '(!(mail=zoë@example.test))' },
    reason: 'IA5 Strings are compared as text beyond ASCII as well, for mail addresses may be such text (RFC 6531)',
  },
  {
    search: { base: BASE, filter: '(uid= *)' },
    reason: 'a part of nothing but spaces is one space, with which every prepared value begins (RFC 4518 2.6.1)',
  },
];
const IA5 = ['mail', 'dc', 'homeDirectory', 'memberUid'];

/** Made by the server for itself: not compared. */
const OWN = [
  'entryDN',
  'entryUUID',
  'structuralObjectClass',
  'subschemaSubentry',
  'hasSubordinates',
  'numSubordinates',
  'createTimestamp',
  'modifyTimestamp',
];

const octets = (text: string) => Buffer.from(text, 'utf8');
const asserted = (attribute: string, text: string) =>
  octets(IA5.includes(attribute) ? text.replace(/[^ -~]/g, 'u') : text);

function generators(entries: readonly SearchResultEntry[]) {
  const values = entries.flatMap(({ attributes }) => attributes).flatMap((a) => a.values.map(String));
  const attribute = fc.constantFrom(
    ...['uid', 'cn', 'sn', 'mail', 'objectClass', 'memberOf', 'member', 'memberUid', 'uidNumber', 'homeDirectory'],
    ...['title', 'departmentNumber', 'ou', 'telephoneNumber', 'jcLdapAdmin', 'UID', '2.5.4.3', 'noSuchAttribute'],
    ...[
      'entryDN',
      'name',
      'distinguishedName',
      'description',
      'displayName',
      'employeeType',
      'gidNumber',
      'dc',
      'commonName',
      'cn;lang-en',
    ],
  );
  const bent = fc.tuple(fc.constantFrom(...values), fc.nat(6), fc.nat(12)).map(([value, how, at]) => {
    switch (how) {
      case 0:
        return value.toUpperCase();
      case 1:
        return ` ${value.replaceAll(' ', '   ')} `;
      case 2:
        return value.slice(0, at);
      case 3:
        return `${value}x`;
      default:
        return value;
    }
  });
  const value = fc.oneof(
    bent,
    fc.constantFrom('5001', '5005', '05001', 'x', 'TRUE', 'person', '2.5.6.6', BASE, '*', ''),
  );
  const part = fc
    .tuple(value, fc.nat(8))
    .map(([text, at]) => text.slice(at, at + 5))
    .filter((text) => text.trim() !== '');
  const leaf: fc.Arbitrary<Filter> = fc.oneof(
    attribute.map((name): Filter => ({ kind: 'present', attribute: name })),
    fc
      .tuple(fc.constantFrom('equalityMatch', 'equalityMatch', 'greaterOrEqual', 'lessOrEqual'), attribute, value)
      .map(([kind, name, text]) => ({ kind, attribute: name, value: asserted(name, text) }) as Filter),
    fc.tuple(attribute, fc.option(part), fc.array(part, { maxLength: 2 }), fc.option(part)).map(
      ([name, initial, any, final]): Filter =>
        initial === null && final === null && any.length === 0
          ? { kind: 'present', attribute: name }
          : {
              kind: 'substrings',
              attribute: name,
              any: any.map((text) => asserted(name, text)),
              ...(initial === null ? {} : { initial: asserted(name, initial) }),
              ...(final === null ? {} : { final: asserted(name, final) }),
            },
    ),
    fc
      .tuple(
        attribute,
        fc.constantFrom(undefined, 'caseExactMatch', 'caseIgnoreMatch', '2.5.13.5'),
        value,
        fc.boolean(),
      )
      .map(
        ([name, matchingRule, text, dnAttributes]): Filter => ({
          kind: 'extensibleMatch',
          attribute: name,
          ...(matchingRule === undefined ? {} : { matchingRule }),
          value: asserted(name, text),
          dnAttributes,
        }),
      ),
  );
  const filter: fc.Arbitrary<Filter> = fc.letrec<{ filter: Filter }>((tie) => ({
    filter: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      leaf,
      fc.record({
        kind: fc.constantFrom('and' as const, 'or' as const),
        filters: fc.array(tie('filter'), { maxLength: 3 }),
      }),
      fc.record({ kind: fc.constant('not' as const), filter: tie('filter') }),
    ) as fc.Arbitrary<Filter>,
  })).filter;
  const base = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(BASE, USERS, `ou=Groups,${BASE}`) },
    {
      weight: 3,
      arbitrary: fc.constantFrom(
        ...[userDN('quillon.varrek'), userDN('nobody'), `cn=wayk-users,ou=Groups,${BASE}`, `ou=Nowhere,${BASE}`],
        ...[USERS.toUpperCase(), `uid=x,${userDN('quillon.varrek')}`, 'dc=com', 'dc=example', '#x', 'a=b=c,'],
      ),
    },
  );
  return fc.record({
    base,
    scope: fc.constantFrom(...Object.values(Scope)),
    filter,
    attributes: fc.array(
      fc.constantFrom(
        '*',
        '+',
        '1.1',
        'uid',
        'CN',
        'member',
        'memberof',
        'nope',
        'name',
        '2.5.4.4',
        'objectClass',
        'mail;x-y',
      ),
      { maxLength: 3 },
    ),
    typesOnly: fc.boolean(),
    sizeLimit: fc.constantFrom(0, 0, 0, 1, 3),
  });
}

interface Answer {
  readonly result: LDAPResult;
  readonly entries: readonly SearchResultEntry[];
}

/** An answer in a form that does not depend on the order of entries, attributes and values, nor on the server's own attributes. */
function comparable({ result: { code, matchedDN }, entries }: Answer) {
  const shown = entries.map(({ objectName, attributes }) => {
    const rows = attributes
      .filter(({ type }) => !OWN.some((own) => own.toLowerCase() === type.toLowerCase()))
      .map(({ type, values }) => [type.toLowerCase(), values.map((value) => value.toString('latin1')).sort()] as const)
      .filter(([type]) => !['creatorsname', 'modifiersname', 'entrycsn'].includes(type))
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return [objectName.toLowerCase(), rows] as const;
  });
  shown.sort(([a], [b]) => (a < b ? -1 : 1));
  return { code, matchedDN: matchedDN.toLowerCase(), entries: shown };
}

t.test('the mirror answers as OpenLDAP does with the same entries', { skip: withoutOpenLDAP }, async (t) => {
  const upstream = await StandIn.start({});
  const proxy = await startProxy(upstream);
  const ours = await Client.open(proxy.url);
  await ours.bind(userDN('ldap-reader'), upstream.reader.password);
  const all = await ours.search({ base: BASE, attributes: ['*'] });
  const contents: Contents = {
    suffix: BASE,
    ldif: entriesToLdif(
      all.entries.map(({ objectName, attributes }) => makeEntry('user', objectName, attributes)),
      [],
    ).join('\n\n'),
    access: 'access to * by * read',
  };
  const server = await OpenLDAP.start(t.testdir({}), await makeAuthority(), contents);
  const theirs = await Client.open({ port: server.clearPort });
  t.teardown(async () => {
    ours.destroy();
    theirs.destroy();
    await proxy.stop();
    await upstream.stop();
    await server.kill();
  });

  const search = generators(all.entries);
  const runs = fc.sample(search, { numRuns: 1500, seed: 20_261_124 });
  const differing: string[] = [];
  let nonEmpty = 0;
  for (const { filter, ...rest } of runs) {
    const options = { ...rest, filter: formatFilter(filter) };
    const [mine, real] = await Promise.all([ours.search(options), theirs.search(options)]);
    // Nobody promises which entries come first.
    const isCut = mine.result.code === 4 || real.result.code === 4;
    const left = JSON.stringify(isCut ? [mine.result.code, mine.entries.length] : comparable(mine));
    const right = JSON.stringify(isCut ? [real.result.code, real.entries.length] : comparable(real));
    if (real.entries.length > 0) nonEmpty++;
    if (left !== right)
      differing.push(`${JSON.stringify(options)}\n   ours ${left.slice(0, 600)}\n   real ${right.slice(0, 600)}`);
  }
  t.same(differing, [], 'no search is answered otherwise');
  t.ok(nonEmpty > 100, `${nonEmpty} of them found something`);
  for (const { search: options, reason } of DIFFERENCES) {
    const [mine, real] = await Promise.all([ours.search(options), theirs.search(options)]);
    t.not(mine.entries.length, real.entries.length, reason);
  }
});
