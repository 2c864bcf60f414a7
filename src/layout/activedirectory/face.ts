// The Active Directory face: the directory for applications that know nothing else. What it has not (Kerberos, NTLM, writes, DirSync) it does
// not announce. Pure.
import type { DN } from '../../ldap/dn.js';
import { formatDN } from '../../ldap/dn.js';
import { normalizerOf } from '../../ldap/matching.js';
import type { Attribute } from '../../ldap/message.js';
import { attributeType } from '../../ldap/schema.js';
import { values } from '../../ldap/values.js';
import type { DerivedAttribute, Face, Facts } from '../face.js';
import { configurationEntries, configurationNames, type Domain, frameAttributes } from './configuration.js';
import {
  DOMAIN_USERS_RID,
  domainSubauthorities,
  guidOctets,
  relativeId,
  sidOctets,
  uuidOfGuid,
} from './identifiers.js';
import { ACTIVE_DIRECTORY_SCHEMA } from './schema.js';

export interface ActiveDirectoryOptions {
  /** JumpCloud's organisation: the domain's SID is made of it. */
  readonly orgId: string;
  /** `DC=example,DC=com`: the domain's DNS name is made of it. */
  readonly baseDN: DN;
  /** Where people and groups are. */
  readonly usersDN: DN;
  readonly groupsDN: DN;
  /** The instance's name in the DNS, as far as it is known; by default `jumpgate` in the domain. */
  readonly hostName?: string;
}

const ACCOUNT = { user: '805306368', group: '268435456' };
/** An ordinary account (ADS_UF_NORMAL_ACCOUNT) that is not locked, disabled or expired: others cannot log in at JumpCloud, which does not show it. */
const NORMAL_ACCOUNT = '512';
/**
 * The beginning of 2020, in units of 100 ns since 1601: JumpCloud does not say when. Without it, or at 0, applications take the password for one
 * that has to be changed.
 */
const PASSWORD_SET = '132223104000000000';
/** A security group of global scope. */
const GLOBAL_SECURITY_GROUP = '-2147483646';
/** Levels of domain and forest: Windows Server 2016. */
const FUNCTIONAL_LEVEL = '7';

/** Active Directory, as LDAP goes: `supportedCapabilities` (MS-ADTS 3.1.1.3.4.3). */
const CAPABILITIES = ['1.2.840.113556.1.4.800', '1.2.840.113556.1.4.1670', '1.2.840.113556.1.4.1791'];

/** The face of a domain. */
export function activeDirectoryFace(options: ActiveDirectoryOptions): Face {
  const domain = domainOf(options);
  return {
    name: 'activedirectory',
    namedBy: { user: 'CN', group: 'CN' },
    derived: [...named(domain), ...identified(domain), ...described(domain)],
    // A domain's groups name their members by DN alone.
    dropped: ['memberUid'],
    entries: configurationEntries(domain, sid(domain, DOMAIN_USERS_RID)),
    frame: frameAttributes(domain, sidOctets(domain.subauthorities)),
    rootDSE: rootDSE(domain),
    schema: ACTIVE_DIRECTORY_SCHEMA,
  };
}

function domainOf({ orgId, baseDN, usersDN, groupsDN, hostName }: ActiveDirectoryOptions): Domain {
  const labels = baseDN.flatMap((rdn) => rdn.map(({ value }) => value));
  const dnsName = labels.join('.').toLowerCase();
  return {
    base: formatDN(baseDN),
    users: formatDN(usersDN),
    groups: formatDN(groupsDN),
    dnsName,
    netbiosName: (labels[0] ?? '').toUpperCase().slice(0, 15),
    hostName: hostName ?? `jumpgate.${dnsName}`,
    subauthorities: domainSubauthorities(orgId),
  };
}

const sid = ({ subauthorities }: Domain, rid: number) => sidOctets([...subauthorities, rid]);
const first = (facts: Facts, type: string) => facts.values(type)[0]?.toString('utf8') ?? '';
/** What an entry is named by: no two have the same. */
const nameOf = ({ kind, uid, cn }: Facts) => (kind === 'user' ? uid : cn);

const BOTH = ['user', 'group'] as const;

const some = (text: string) => (text === '' ? [] : values(text));

/** An attribute that has what the entry is named by, and is looked up by it: the key of a uid is that of a cn. */
function nameAgain(name: string, kind: 'user' | 'group'): DerivedAttribute {
  const attribute = kind === 'user' ? 'uid' : 'cn';
  return { name, kinds: [kind], make: (facts) => some(nameOf(facts)), through: (key) => ({ attribute, key }) };
}

/** By whose attributes binds and searches find somebody. */
function named({ dnsName }: Domain): DerivedAttribute[] {
  const suffix = `@${dnsName}`;
  return [
    nameAgain('cn', 'user'),
    ...BOTH.flatMap((kind) => [nameAgain('name', kind), nameAgain('sAMAccountName', kind)]),
    {
      name: 'userPrincipalName',
      kinds: ['user'],
      make: ({ uid }) => some(`${uid}${suffix}`),
      through: (key) => {
        if (!key.endsWith(suffix)) return undefined;
        return { attribute: 'uid', key: key.slice(0, -suffix.length) };
      },
    },
    {
      name: 'displayName',
      kinds: ['user'],
      make: (facts) => some(first(facts, 'displayName') || facts.cn || facts.uid),
    },
    nameAgain('displayName', 'group'),
    {
      name: 'distinguishedName',
      kinds: BOTH,
      make: ({ dn }) => some(dn),
      through: (key) => ({ attribute: 'entryDN', key }),
    },
  ];
}

/** objectGUID is entryUUID in another byte order; objectSid has the number of the person, or of the group's Linux twin. */
function identified(domain: Domain): DerivedAttribute[] {
  const uuidKey = normalizerOf(attributeType('entryUUID'));
  const number = (facts: Facts) =>
    facts.values(facts.kind === 'user' ? 'uidNumber' : 'gidNumber')[0]?.toString('latin1');
  return [
    {
      name: 'objectGUID',
      kinds: BOTH,
      make: ({ uuid }) => {
        const octets = guidOctets(uuid);
        return octets === undefined ? [] : [octets];
      },
      through: (key) => {
        const uuid = uuidOfGuid(Buffer.from(key, 'latin1'));
        const base = uuid === undefined ? undefined : uuidKey(Buffer.from(uuid, 'latin1'));
        return base === undefined ? undefined : { attribute: 'entryUUID', key: base };
      },
    },
    {
      name: 'objectSid',
      kinds: BOTH,
      // Where entryUUID is hidden the name tells entries apart.
      make: (facts) => [sid(domain, relativeId(facts.kind, number(facts), facts.uuid || nameOf(facts).toLowerCase()))],
    },
  ];
}

/** What Active Directory says of every person and group. */
function described(domain: Domain): DerivedAttribute[] {
  const { person, group } = configurationNames(domain.base);
  const constant = (name: string, kind: 'user' | 'group', ...texts: string[]): DerivedAttribute => {
    const octets = values(...texts);
    return { name, kinds: [kind], make: () => octets };
  };
  const time = (name: string, from: string): DerivedAttribute => ({
    name,
    kinds: BOTH,
    make: (facts) => some(timeOf(first(facts, from))),
  });
  return [
    constant('objectClass', 'user', 'top', 'person', 'organizationalPerson', 'user'),
    constant('objectClass', 'group', 'top', 'group'),
    constant('objectCategory', 'user', person),
    constant('objectCategory', 'group', group),
    constant('sAMAccountType', 'user', ACCOUNT.user),
    constant('sAMAccountType', 'group', ACCOUNT.group),
    constant('userAccountControl', 'user', NORMAL_ACCOUNT),
    constant('pwdLastSet', 'user', PASSWORD_SET),
    constant('primaryGroupID', 'user', String(DOMAIN_USERS_RID)),
    constant('groupType', 'group', GLOBAL_SECURITY_GROUP),
    constant('instanceType', 'user', '4'),
    constant('instanceType', 'group', '4'),
    time('whenCreated', 'createTimestamp'),
    time('whenChanged', 'modifyTimestamp'),
  ];
}

/** As Active Directory writes it: with a fraction of a second. */
function timeOf(generalized: string): string {
  return /^[0-9]{14}Z$/.test(generalized) ? generalized.replace('Z', '.0Z') : generalized;
}

function rootDSE({ base, dnsName, hostName }: Domain): Attribute[] {
  const { configuration, schema } = configurationNames(base);
  const levels = ['domainFunctionality', 'forestFunctionality', 'domainControllerFunctionality'];
  return [
    { type: 'defaultNamingContext', values: values(base) },
    { type: 'rootDomainNamingContext', values: values(base) },
    { type: 'configurationNamingContext', values: values(configuration) },
    { type: 'schemaNamingContext', values: values(schema) },
    { type: 'supportedCapabilities', values: values(...CAPABILITIES) },
    ...levels.map((type) => ({ type, values: values(FUNCTIONAL_LEVEL) })),
    { type: 'dnsHostName', values: values(hostName) },
    { type: 'ldapServiceName', values: values(`${dnsName}:${hostName}`) },
    { type: 'isSynchronized', values: values('TRUE') },
  ];
}
