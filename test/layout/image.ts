// A small invented upstream: six people of whom four are members, and groups that name all of them.
import type { UpstreamEntry, UpstreamImage } from '../../src/directory/reader.js';
import { Layout, type LayoutOptions } from '../../src/layout/layout.js';
import { type DN, formatRDN, parseDN, type RDN } from '../../src/ldap/dn.js';
import type { Attribute } from '../../src/ldap/message.js';

export const ORG = '7ab3c0ffee112233445566d1';
export const ORG_BASE = `o=${ORG},dc=jumpcloud,dc=com`;
export const UPSTREAM_USERS = `ou=Users,${ORG_BASE}`;
export const LOCAL_BASE = 'dc=harbour,dc=test';

export const dn = (text: string): DN => parseDN(text)!;
export const rdn = (text: string): RDN => dn(text)[0]!;
export const octets = (...texts: readonly string[]) => texts.map((text) => Buffer.from(text, 'utf8'));
export const attribute = (type: string, ...texts: readonly string[]): Attribute => ({ type, values: octets(...texts) });
export const upstreamUser = (uid: string) => `${formatRDN([{ type: 'uid', value: uid }])},${UPSTREAM_USERS}`;
export const upstreamGroup = (cn: string) => `${formatRDN([{ type: 'cn', value: cn }])},${UPSTREAM_USERS}`;

const OPTIONS: LayoutOptions = {
  orgBaseDN: dn(ORG_BASE),
  localBaseDN: dn(LOCAL_BASE),
  usersRDN: rdn('ou=People'),
  groupsRDN: rdn('ou=Teams'),
  hiddenAttributes: ['employeeNumber'],
  groupClasses: ['groupOfNames'],
};
export const renamed = new Layout(OPTIONS);
const { localBaseDN: _, ...unnamed } = OPTIONS;
export const asUpstream = new Layout(unnamed);

/** Members; the second has a comma in the uid, the third accents in the cn, the fourth a uid in mixed case. */
export const MEMBERS = ['brim.tolvane', 'odd,ou=Users', 'selka.ruvane', 'Wenna.Ost'];
export const STRANGERS = ['strix.nolander', 'gorven.hale'];

const NUMBERS = new Map([...MEMBERS, ...STRANGERS].map((uid, i) => [uid, String(7001 + i)]));
const NAMES = new Map([
  ['brim.tolvane', ['Brim', 'Tolvane']],
  ['odd,ou=Users', ['Odd', 'Comma']],
  ['selka.ruvane', ['Selká', 'Růvane']],
  ['Wenna.Ost', ['Wenna', 'Ost']],
]);

export function person(uid: string, ...more: readonly Attribute[]): UpstreamEntry {
  const [givenName = 'Some', sn = 'Stranger'] = NAMES.get(uid) ?? [];
  const number = NUMBERS.get(uid) ?? '9999';
  return {
    dn: upstreamUser(uid),
    attributes: [
      attribute(
        'objectClass',
        'top',
        'person',
        'organizationalPerson',
        'inetOrgPerson',
        'posixAccount',
        'jumpcloudUser',
      ),
      attribute('uid', uid),
      attribute('cn', `${givenName} ${sn}`),
      attribute('givenName', givenName),
      attribute('sn', sn),
      attribute('mail', `person${number}@harbour.test`),
      attribute('uidNumber', number),
      attribute('gidNumber', number),
      attribute('employeeNumber', `hidden-${number}`),
      attribute('userPassword', `secret-${number}`),
      ...more,
    ],
  };
}

const everybody = [...MEMBERS, ...STRANGERS];

export const gateGroup: UpstreamEntry = {
  dn: upstreamGroup('wayk-users'),
  attributes: [
    attribute('objectClass', 'top', 'groupOfNames'),
    attribute('cn', 'wayk-users'),
    // As a server may spell it: other case, other spaces, the comma as a hex pair.
    attribute(
      'member',
      `UID=Brim.Tolvane, OU=users,${ORG_BASE}`,
      `uid=odd\\2cou=Users,${UPSTREAM_USERS}`,
      upstreamUser('selka.ruvane'),
      upstreamUser('wenna.ost'),
      upstreamUser('member.without.an.entry'),
    ),
  ],
};

export const image: UpstreamImage = {
  gates: new Map([['wayk-users', gateGroup]]),
  everyone: false,
  users: [
    person(
      'brim.tolvane',
      attribute('memberOf', gateGroup.dn, upstreamGroup('Dock (North)'), upstreamGroup('Strangers only')),
      attribute('manager', upstreamUser('strix.nolander')),
      attribute('description', 'first mate', `see ou=x,O=${ORG.toUpperCase()}, DC = JumpCloud,dc=com`),
      attribute('labeledURI', `ldap:///O=${ORG}`),
      attribute('sambaNTPassword', 'AABBCCDD'),
      attribute('userPassword;x-old', 'secret-old'),
      attribute('2.5.4.35', 'secret-by-oid'),
      attribute('creatorsName', `cn=admin,${ORG_BASE}`),
      attribute('entryDN', upstreamUser('brim.tolvane')),
      attribute('createTimestamp', '20240102030405Z'),
      attribute('entryUUID', '11111111-2222-4333-8444-555555555555'),
      attribute('sn;lang-cs', 'Tolván'),
    ),
    person(
      'odd,ou=Users',
      attribute('manager', upstreamUser('BRIM.tolvane'), 'not a name'),
      attribute('memberOf', gateGroup.dn),
    ),
    person('selka.ruvane', attribute('memberOf', gateGroup.dn), attribute('secretary', upstreamUser('odd,ou=Users'))),
    { ...person('Wenna.Ost', attribute('x-boss', upstreamUser('gorven.hale'))), dn: upstreamUser('wenna.ost') },
    ...STRANGERS.map((uid) => person(uid, attribute('memberOf', upstreamGroup('Strangers only')))),
  ],
  groups: [
    gateGroup,
    {
      dn: upstreamGroup('Dock (North)'),
      attributes: [
        attribute('objectClass', 'top', 'groupOfNames'),
        attribute('cn', 'Dock (North)'),
        attribute('member', ...everybody.map(upstreamUser)),
        attribute('uniqueMember', `${upstreamUser('selka.ruvane')}#'0101'B`, upstreamUser('gorven.hale')),
        attribute('owner', upstreamUser('gorven.hale'), upstreamUser('selka.ruvane')),
        attribute('seeAlso', upstreamGroup('wayk-users'), upstreamGroup('Strangers only')),
      ],
    },
    {
      dn: upstreamGroup('dock'),
      attributes: [
        attribute('objectClass', 'top', 'posixGroup'),
        attribute('cn', 'dock'),
        attribute('gidNumber', '7900'),
        attribute('memberUid', ...everybody),
      ],
    },
    {
      dn: upstreamGroup('Strangers only'),
      attributes: [
        attribute('objectClass', 'top', 'groupOfNames'),
        attribute('cn', 'Strangers only'),
        attribute('member', ...STRANGERS.map(upstreamUser)),
      ],
    },
    {
      dn: upstreamGroup('strangers'),
      attributes: [
        attribute('objectClass', 'top', 'posixGroup'),
        attribute('cn', 'strangers'),
        attribute('memberUid', ...STRANGERS),
      ],
    },
  ],
};
