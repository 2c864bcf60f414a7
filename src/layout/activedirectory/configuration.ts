// What a domain holds beside its people and groups: the configuration's entries, and the group of everybody. Pure.
import { createHash } from 'node:crypto';
import { parseDN } from '../../ldap/dn.js';
import { values } from '../../ldap/values.js';
import type { Face, FaceEntry } from '../face.js';
import { guidOctets } from './identifiers.js';

export interface Domain {
  /** The base DN. */
  readonly base: string;
  /** The container of the people. */
  readonly users: string;
  /** The container of the groups. */
  readonly groups: string;
  /** `example.com`, in lower case. */
  readonly dnsName: string;
  /** `EXAMPLE`: the domain in `EXAMPLE\user`. */
  readonly netbiosName: string;
  readonly hostName: string;
  /** Of the domain's SID. */
  readonly subauthorities: readonly number[];
}

/** The names that others refer to. */
export function configurationNames(base: string) {
  const configuration = `CN=Configuration,${base}`;
  const schema = `CN=Schema,${configuration}`;
  return {
    configuration,
    schema,
    partitions: `CN=Partitions,${configuration}`,
    person: `CN=Person,${schema}`,
    group: `CN=Group,${schema}`,
    domain: `CN=Domain-DNS,${schema}`,
    unit: `CN=Organizational-Unit,${schema}`,
    container: `CN=Container,${schema}`,
  };
}

/**
 * The containers that applications read on their way to a domain's names, the cross reference that holds its NetBIOS name, and Domain Users,
 * which everybody is in by `primaryGroupID` and which lists nobody.
 */
export function configurationEntries(domain: Domain, domainUsersSid: Buffer): FaceEntry[] {
  const { base, groups, dnsName, netbiosName } = domain;
  const { configuration, schema, partitions, group } = configurationNames(base);
  const entry = (kind: FaceEntry['kind'], dn: string, cn: string, classes: string[], more: [string, Buffer][]) => {
    const uuid = uuidOf(base, dn);
    return {
      kind,
      dn,
      uuid,
      attributes: [
        { type: 'objectClass', values: values('top', ...classes) },
        { type: 'cn', values: values(cn) },
        { type: 'name', values: values(cn) },
        { type: 'distinguishedName', values: values(dn) },
        { type: 'objectGUID', values: [guidOctets(uuid)!] },
        ...more.map(([type, value]) => ({ type, values: [value] })),
      ],
    };
  };
  const text = (type: string, value: string): [string, Buffer] => [type, Buffer.from(value, 'utf8')];
  return [
    entry('container', configuration, 'Configuration', ['configuration'], []),
    entry('container', schema, 'Schema', ['dMD'], []),
    entry('container', partitions, 'Partitions', ['crossRefContainer'], [text('msDS-Behavior-Version', '7')]),
    entry(
      'container',
      `CN=${netbiosName},${partitions}`,
      netbiosName,
      ['crossRef'],
      [
        text('nCName', base),
        text('dnsRoot', dnsName),
        text('nETBIOSName', netbiosName),
        // Of a domain, with a NetBIOS name (FLAG_CR_NTDS_NC and FLAG_CR_NTDS_DOMAIN).
        text('systemFlags', '3'),
      ],
    ),
    entry(
      'group',
      `CN=Domain Users,${groups}`,
      'Domain Users',
      ['group'],
      [
        text('sAMAccountName', 'Domain Users'),
        text('groupType', '-2147483646'),
        text('sAMAccountType', '268435456'),
        text('objectCategory', group),
        ['objectSid', domainUsersSid],
      ],
    ),
  ];
}

/** By which every domain names its container of people (GUID_USERS_CONTAINER_W, MS-ADTS 6.1.1.4). */
const USERS_CONTAINER = 'A9D1CA15768811D1ADED00C04FD8D5CD';

/** The base is the domain, with its SID; people and groups are in an organisational unit or in a container, as its name says. */
export function frameAttributes({ base, users }: Domain, domainSid: Buffer): NonNullable<Face['frame']> {
  const names = configurationNames(base);
  return (kind, type, dn, uuid) => {
    const text = (name: string, ...texts: string[]) => ({ type: name, values: values(...texts) });
    const isUnit = type.toLowerCase() === 'ou';
    const [ava] = parseDN(dn)?.[0] ?? [];
    return [
      ...(kind === 'base'
        ? [
            text('objectClass', 'top', 'domain', 'domainDNS'),
            text('objectCategory', names.domain),
            text('instanceType', '5'),
            text('msDS-Behavior-Version', '7'),
            { type: 'objectSid', values: [domainSid] },
            text('wellKnownObjects', `B:32:${USERS_CONTAINER}:${users}`),
          ]
        : [
            text('objectClass', 'top', isUnit ? 'organizationalUnit' : 'container'),
            text('objectCategory', isUnit ? names.unit : names.container),
            text('instanceType', '4'),
          ]),
      text('name', ava?.value ?? ''),
      text('distinguishedName', dn),
      { type: 'objectGUID', values: [guidOctets(uuid)!] },
    ];
  };
}

/** The same whenever it is asked for. */
function uuidOf(base: string, dn: string): string {
  const hash = createHash('sha256').update(`jumpgate face\0${base.toLowerCase()}\0${dn.toLowerCase()}`).digest();
  hash[6] = (hash[6]! & 0x0f) | 0x80;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  return hash.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
