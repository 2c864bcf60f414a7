// Operational attributes: what the server itself says of an entry. Pure.
import type { Attribute } from '../ldap/message.js';
import { values } from '../ldap/values.js';
import type { Steps } from '../runtime/cooperative.js';
import { EntryMaker, type SnapshotEntry, withAttributes } from './entry.js';

/** The name of the subschema entry, as OpenLDAP has it. */
export const SUBSCHEMA_DN = 'cn=Subschema';

/** Generalized Time: the creation time of the entries that this server makes itself. It never changes. */
export const MADE_HERE = '19700101000000Z';

const NO_SUBORDINATES = values('FALSE');
const ZERO = values('0');

/** An entry with the operational attributes that every one has (RFC 4512 3.4, RFC 5020, RFC 4530), with nothing below it. */
export function withOperationalAttributes(
  kind: 'user' | 'group' | 'container' | 'base',
  dn: string,
  attributes: readonly Attribute[],
  /** Undefined: it is not to be shown. */
  uuid: string | undefined,
  uid = '',
  maker = new EntryMaker(),
  person = '',
): SnapshotEntry {
  const classes = attributes.find(({ type }) => type.toLowerCase() === 'objectclass')?.values ?? [];
  const structural = structuralClass(classes.map((value) => value.toString('latin1')));
  return maker.make(
    kind,
    dn,
    [
      ...attributes,
      { type: 'entryDN', values: values(dn) },
      ...(uuid === undefined ? [] : [{ type: 'entryUUID', values: values(uuid) }]),
      { type: 'structuralObjectClass', values: values(structural) },
      { type: 'subschemaSubentry', values: values(SUBSCHEMA_DN) },
      { type: 'hasSubordinates', values: NO_SUBORDINATES },
      { type: 'numSubordinates', values: ZERO },
    ],
    uid,
    person,
  );
}

/** From the most to the least specific of those that occur. */
const STRUCTURAL = [
  'user',
  'domainDNS',
  'inetOrgPerson',
  'organizationalPerson',
  'person',
  'groupOfNames',
  'groupOfUniqueNames',
  'posixGroup',
  'organizationalUnit',
  'organization',
  'domain',
];

/** The structural class of an entry of these classes. */
export function structuralClass(classes: readonly string[]): string {
  const lower = classes.map((name) => name.toLowerCase());
  return STRUCTURAL.find((name) => lower.includes(name.toLowerCase())) ?? classes.at(-1) ?? 'top';
}

/** The same entries with the number of those directly below them that are visible: a count of all would reveal that there are others. */
export function* withCounts(
  frame: readonly SnapshotEntry[],
  all: Iterable<Pick<SnapshotEntry, 'parentKey'>>,
): Steps<SnapshotEntry[]> {
  const below = new Map<string, number>();
  for (const { parentKey } of all) {
    below.set(parentKey, (below.get(parentKey) ?? 0) + 1);
    yield;
  }
  return frame.map((entry) => {
    const count = below.get(entry.key) ?? 0;
    return withAttributes(entry, [
      { type: 'hasSubordinates', values: values(count > 0 ? 'TRUE' : 'FALSE') },
      { type: 'numSubordinates', values: values(String(count)) },
    ]);
  });
}
