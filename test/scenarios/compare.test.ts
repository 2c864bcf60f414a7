// Compares of every kind of value with every kind of assertion, and the definitions behind them: the same here and in a real OpenLDAP server.
import t from 'tap';
import { makeAuthority } from '../../src/demo/certificate.js';
import { compareEntry } from '../../src/directory/compare.js';
import { makeEntry } from '../../src/directory/entry.js';
import { makeRootDSE } from '../../src/directory/root-dse.js';
import { NO_LIMITS, openSearch, type SearchSpecials } from '../../src/directory/search.js';
import { makeSubschema } from '../../src/directory/subschema.js';
import { View } from '../../src/directory/view.js';
import { UNLIMITED } from '../../src/directory/work.js';
import { Scope } from '../../src/ldap/message.js';
import { resultName } from '../../src/ldap/result-code.js';
import { values } from '../../src/ldap/values.js';
import { Client, searchRequest } from '../support/client.js';
import { type Contents, OpenLDAP, withoutOpenLDAP } from '../support/openldap.js';

const SUFFIX = 'dc=example,dc=com';
const ADA = `uid=ada,ou=Users,${SUFFIX}`;
const CREW = `cn=crew,ou=Groups,${SUFFIX}`;

/** One attribute at least of every syntax and every pair of rules. */
const LDIF = `
dn: ${SUFFIX}
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: ou=Users,${SUFFIX}
objectClass: organizationalUnit
ou: Users

dn: ou=Groups,${SUFFIX}
objectClass: organizationalUnit
ou: Groups

dn: ${ADA}
objectClass: inetOrgPerson
objectClass: posixAccount
objectClass: shadowAccount
objectClass: jumpcloudUser
objectClass: extensibleObject
uid: ada
cn: Ada  Lövelace
cn;lang-en: Ada King
sn: Lövelace
mail: Ada@example.com
telephoneNumber: +49 30-1234 567
facsimileTelephoneNumber: +49 30 99$fineResolution
mobile: 0170
postalAddress: Ada  Lövelace$1 Some Street$Lond\\24on
homePostalAddress: Only One Line
serialNumber: SN-12
c: GB
dnQualifier: q1
x500UniqueIdentifier: '0101'B
uniqueMember: ${CREW}#'01'B
uniqueMember: ${ADA}
manager: ${ADA}
seeAlso: ${CREW}
memberOf: ${CREW}
member: ${ADA}
uidNumber: 5001
gidNumber: -5
shadowMin: 0
homeDirectory: /home/Ada
loginShell: /bin/bash
gecos: Ada L
labeledURI: http://example.com/A
jcLdapAdmin: TRUE
company: ACME  Ltd
sshKey: ssh-ed25519 AAAA
jpegPhoto:: /9j/4AAQSkZJRgABAQAAAQABAAD/2Q==
description: a description
employeeNumber: 00012
departmentNumber: 7
dc: ada
memberUid: Ada
userPassword: secret

dn: ${CREW}
objectClass: groupOfNames
cn: crew
member: ${ADA}
`;

const TEXTS: readonly string[] = [
  ...['', ' ', 'ada', ' ADA ', 'abc', 'x', 'ada lövelace', 'ADA  LÖVELACE', 'ada king', '"', '$', '\\', '\u0000', '💥'],
  ...['5001', '05001', '-5', '-0', '+5', '0', '5001 ', '5.0', '1'.repeat(70), '00012', '12'],
  ...['TRUE', 'true', 'FALSE', 'yes', 'TRUE '],
  ...[
    ADA,
    ADA.toUpperCase(),
    `uid = ada , ou=users, ${SUFFIX}`,
    CREW,
    SUFFIX,
    'notadn',
    'uid=',
    '=x',
    'uid=ada,',
    'cn=a+',
    ',',
  ],
  ...[`${CREW}#'01'B`, `${CREW}#'1'B`, `${CREW}#01`, `${ADA}#''B`],
  ...["'0101'B", "'0102'B", "''B", '0101', "'0101'b"],
  ...['person', 'inetOrgPerson', 'INETORGPERSON', 'organizationalPerson', 'top', 'posixAccount', 'shadowAccount'],
  ...[
    '2.5.6.6',
    '2.5.6.0',
    '2.16.840.1.113730.3.2.2',
    '1.2.3.4',
    '2.5.6',
    '2',
    '2.',
    '1.2.',
    'groupOfNames',
    'no such class',
  ],
  ...['+49 30 1234567', '+49301234567', '-', '0170', '01-70', '(0170)', 'Ä'],
  ...['ada@example.com', 'ADA@EXAMPLE.COM', 'a@b'],
  ...['ada lövelace$1 some street$lond\\24on', 'Ada Lövelace$1 Some Street$Lond\\24on', 'a$b', 'only  one line', '$$'],
  ...['GB', 'gb', 'G', 'GBR', 'sn-12', 'SN 12', 'Q1', '/home/Ada', '/home/ada', '/bin/bash', 'Ada L', 'ada l'],
  ...[
    'http://example.com/A',
    'http://example.com/a',
    'acme ltd',
    'ssh-ed25519 AAAA',
    'SSH-ed25519 AAAA',
    'a description',
  ],
  ...[
    '20261126120000Z',
    '20261126120000',
    '2026',
    '202611261200Z',
    '20261126120000+0100',
    '20261126120000.5Z',
    '20261332000000Z',
  ],
  ...[
    '9131b4a0-b7f7-5cb0-bcb8-52f08a66626f',
    '9131b4a0b7f75cb0bcb852f08a66626f',
    'no-uuid',
    'crew',
    'example',
    'x'.repeat(3000),
  ],
];
const OCTETS = [
  Buffer.from([0xff, 0xfe]),
  Buffer.from([0xc3]),
  Buffer.from('/9j/4AAQSkZJRgABAQAAAQABAAD/2Q==', 'base64'),
];
const ASSERTIONS = [...TEXTS.map((text) => Buffer.from(text, 'utf8')), ...OCTETS];

/** Compares that are answered otherwise on purpose. */
const DIFFERENCES: readonly { readonly is: (attribute: string, value: Buffer) => boolean; readonly reason: string }[] =
  [
    {
      is: (attribute, value) =>
        ['mail', 'dc', 'gecos', 'homeDirectory', 'loginShell', 'memberUid'].includes(attribute) &&
        /[\x80-\xff]/.test(value.toString('latin1')),
      reason: 'IA5 Strings are compared as text beyond ASCII as well, for mail addresses may be such text (RFC 6531)',
    },
    {
      is: (attribute, value) =>
        ['jcLdapAdmin', 'hasSubordinates'].includes(attribute) && value.equals(Buffer.from('true')),
      reason: 'Boolean values are compared without case, for applications write them as their language does',
    },
    {
      is: (attribute) => ['entryDN', 'subschemaSubentry', 'hasSubordinates'].includes(attribute),
      reason: 'slapd compares no attribute that it makes when an entry is read; here they are attributes as all others',
    },
    {
      is: (attribute) => attribute === 'co;x',
      reason: 'slapd knows tags of languages only; here any option may be asked for (RFC 4512 2.5.2)',
    },
  ];

const ATTRIBUTES = [
  ...[
    'uid',
    'cn',
    'CN',
    'cn;lang-en',
    'cn;lang-de',
    'commonName',
    '2.5.4.3',
    'name',
    'sn',
    'mail',
    'telephoneNumber',
    'mobile',
  ],
  ...[
    'facsimileTelephoneNumber',
    'postalAddress',
    'homePostalAddress',
    'serialNumber',
    'c',
    'dnQualifier',
    'x500UniqueIdentifier',
  ],
  ...[
    'uniqueMember',
    'manager',
    'seeAlso',
    'memberOf',
    'member',
    'distinguishedName',
    'uidNumber',
    'gidNumber',
    'shadowMin',
  ],
  ...[
    'homeDirectory',
    'loginShell',
    'gecos',
    'labeledURI',
    'jcLdapAdmin',
    'company',
    'sshKey',
    'jpegPhoto',
    'photo',
    'description',
  ],
  ...[
    'employeeNumber',
    'departmentNumber',
    'dc',
    'memberUid',
    'objectClass',
    'structuralObjectClass',
    'entryDN',
    'entryUUID',
  ],
  ...['createTimestamp', 'hasSubordinates', 'subschemaSubentry', 'creatorsName', 'title', 'noSuchAttribute', 'co;x'],
];

t.test('a real OpenLDAP server with one entry of everything', { skip: withoutOpenLDAP }, async (t) => {
  const contents: Contents = { suffix: SUFFIX, ldif: LDIF.trim(), access: 'access to * by * read' };
  const server = await OpenLDAP.start(t.testdir({}), await makeAuthority(), contents);
  const theirs = await Client.open({ port: server.clearPort });
  t.teardown(async () => {
    theirs.destroy();
    await server.kill();
  });
  const { entries } = await theirs.search({ base: SUFFIX, attributes: ['*', '+', 'hasSubordinates'] });
  const view = new View(
    entries.map(({ objectName, attributes }) =>
      makeEntry('user', objectName, [...attributes, { type: 'entryDN', values: values(objectName) }]),
    ),
  );
  const rootDSE = makeRootDSE({
    namingContexts: [SUFFIX],
    supportedExtension: [],
    supportedControl: [],
    supportedSASLMechanisms: [],
    vendorVersion: '',
  });
  const specials = { rootDSE, subschema: makeSubschema() };

  await t.test('every compare is answered as slapd answers it (R34)', async (t) => {
    const differing: string[] = [];
    const codes = new Map<string, number>();
    const expected = new Set<string>();
    for (const entry of [ADA, `uid=nobody,${SUFFIX}`]) {
      for (const attribute of ATTRIBUTES) {
        for (const value of ASSERTIONS) {
          const { code } = await theirs.result({ kind: 'compareRequest', entry, attribute, value });
          const mine = compareEntry(view, specials, { kind: 'compareRequest', entry, attribute, value }).code;
          codes.set(resultName(code), (codes.get(resultName(code)) ?? 0) + 1);
          if (mine === code) continue;
          const difference = DIFFERENCES.find(({ is }) => is(attribute, value));
          if (difference !== undefined) expected.add(difference.reason);
          else
            differing.push(
              `${entry} ${attribute}:${JSON.stringify(value.toString('utf8').slice(0, 60))} ours ${resultName(mine)}, slapd ${resultName(code)}`,
            );
        }
      }
    }
    t.same(differing, []);
    t.same(
      [...expected],
      DIFFERENCES.map(({ reason }) => reason),
      'each difference that is listed is there',
    );
    for (const name of ['compareTrue', 'compareFalse', 'invalidAttributeSyntax', 'inappropriateMatching'])
      t.ok((codes.get(name) ?? 0) > 50, `${name}: ${codes.get(name)}`);
  });

  await t.test('filters by classes and by places in the tree find what slapd finds', async (t) => {
    const names = [ADA, CREW, SUFFIX, `ou=Users,${SUFFIX}`, `ou=Nowhere,${SUFFIX}`, 'dc=com', '', 'notadn'];
    const rules = [
      'dnSubtreeMatch',
      'dnOneLevelMatch',
      'dnSubordinateMatch',
      'dnSuperiorMatch',
      '1.3.6.1.4.1.4203.666.4.9',
    ];
    const dnTypes = ['entryDN', 'member', 'manager', 'memberOf', 'seeAlso'];
    const classes = [
      ...[
        'person',
        'PERSON',
        'organizationalPerson',
        'inetOrgPerson',
        'top',
        'groupOfNames',
        'posixAccount',
        'extensibleObject',
      ],
      ...['2.5.6.6', '2.5.6.0', '1.2.3.4', 'nosuchclass', 'uid', 'organization', 'subschema', ''],
    ];
    const items = [
      ...dnTypes.flatMap((type) => rules.flatMap((rule) => names.map((name) => `${type}:${rule}:=${name}`))),
      ...names.flatMap((name) => [`member=${name}`, `uniqueMember=${name}`]),
      ...[
        `uniqueMember=${CREW}#'01'B`,
        `uniqueMember=${CREW}#'1'B`,
        'postalAddress=*some street*',
        'postalAddress=*$*',
      ],
      ...['objectClass', 'structuralObjectClass'].flatMap((type) =>
        classes.flatMap((name) => [`${type}=${name}`, `${type}:=${name}`]),
      ),
      ...[
        'jpegPhoto=x',
        'jpegPhoto=*',
        'labeledURI=http*',
        'shadowMin>=0',
        'uidNumber>=5000',
        'serialNumber=sn*',
        'c=gb',
        'name=gb',
      ],
      ...["x500UniqueIdentifier='0101'B", 'homePostalAddress=only one  line', 'dnQualifier>=Q1', 'company=acm*'],
    ];
    // slapd looks for a superior of a name among those of the name's entry alone.
    const isOfIndex = (item: string) => item.startsWith('entryDN:dnSuperiorMatch:=ou=Nowhere');
    const differing: string[] = [];
    let found = 0;
    for (const item of items.filter((text) => !isOfIndex(text)).flatMap((text) => [`(${text})`, `(!(${text}))`])) {
      const real = await theirs.search({ base: SUFFIX, filter: item, attributes: ['1.1'] });
      const mine = searched(view, specials, item);
      const theirNames = real.entries.map(({ objectName }) => objectName).sort();
      if (theirNames.length > 0) found++;
      if (mine.join('|') !== theirNames.join('|'))
        differing.push(`${item}\n   ours ${mine.join(' | ')}\n   slapd ${theirNames.join(' | ')}`);
    }
    t.same(differing, []);
    t.ok(found > 100, `${found} of them found something`);
  });

  await t.test('types are defined as slapd defines them', async (t) => {
    const {
      entries: [subschema],
    } = await theirs.search({ base: 'cn=Subschema', scope: Scope.baseObject, attributes: ['attributeTypes'] });
    const definitions = (subschema?.attributes[0]?.values ?? []).map(String);
    const own = new Map(definitionsOf(specials.subschema.attributes.get('attributetypes')?.values.map(String) ?? []));
    const shared = definitionsOf(definitions).filter(([oid]) => own.has(oid));
    t.ok(shared.length > 90, `${shared.length} types`);
    const differing = shared.filter(([oid, text]) => own.get(oid) !== text && !OWN_DEFINITIONS.includes(oid));
    t.same(
      differing.map(([oid, text]) => ({ oid, ours: own.get(oid), slapd: text })),
      [],
    );
  });
});

/** certificateExactMatch takes issuer and serial number; applications look for the whole certificate, which is what is compared here. */
const OWN_DEFINITIONS = ['2.5.4.36'];

/** By OID: what counts of a definition. Superiors say what is left out there; lengths are a recommendation (RFC 4517 3.2). */
function definitionsOf(texts: readonly string[]): [string, string][] {
  const part = (text: string, keyword: string) =>
    new RegExp(`\\b${keyword} ([^ ]+)`).exec(text)?.[1]?.replace(/\{.*/, '') ?? '';
  const described = new Map<string, string>();
  for (const text of texts) for (const name of text.match(/'[^']+'/g) ?? []) described.set(name.slice(1, -1), text);
  return texts.map((text) => {
    const inherited = (keyword: string): string =>
      part(text, keyword) || part(described.get(part(text, 'SUP')) ?? '', keyword);
    const names = (/NAME (\( [^)]*\)|'[^']*')/.exec(text)?.[1] ?? '').toLowerCase();
    const flags = ['SINGLE-VALUE', 'NO-USER-MODIFICATION'].filter((flag) => text.includes(flag)).join(' ');
    const rules = ['EQUALITY', 'ORDERING', 'SUBSTR', 'SYNTAX'].map(inherited).join(' ');
    return [
      /^\( ([0-9.]+) /.exec(text)?.[1] ?? '',
      `${names} ${part(text, 'SUP')} ${rules} ${flags} ${part(text, 'USAGE')}`,
    ];
  });
}

/** The names of what a search of everything finds. */
function searched(view: View, specials: SearchSpecials, filter: string): string[] {
  const source = openSearch(view, specials, searchRequest({ base: SUFFIX, filter, attributes: ['1.1'] }), NO_LIMITS);
  const names: string[] = [];
  for (;;) {
    const next = source.advance(UNLIMITED, 0);
    if (next === 'again') continue;
    if (!('kind' in next)) return names.sort();
    names.push(next.objectName);
  }
}
