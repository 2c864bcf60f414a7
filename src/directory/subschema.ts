// The subschema entry: the schema in the words of RFC 4512 4.1, for clients that parse it.
import { ALL_MATCHING_RULES, type MatchingRule } from '../ldap/matching.js';
import { type AttributeType, type ObjectClass, type Schema, STANDARD } from '../ldap/schema.js';
import { SYNTAXES } from '../ldap/syntaxes.js';
import { values } from '../ldap/values.js';
import { EntryMaker, type SnapshotEntry } from './entry.js';
import { MADE_HERE, SUBSCHEMA_DN } from './operational.js';

const quoted = (names: readonly string[]) =>
  names.length === 1 ? `'${names[0]}'` : `( ${names.map((name) => `'${name}'`).join(' ')} )`;
const listed = (names: readonly string[]) => (names.length === 1 ? names[0]! : `( ${names.join(' $ ')} )`);
const words = (...parts: readonly (string | false | undefined)[]) =>
  `( ${parts.filter((part) => typeof part === 'string').join(' ')} )`;

/** What is known by its OID alone has no name. */
const nameOf = ({ oid, names }: { readonly oid: string; readonly names: readonly string[] }) =>
  names[0] !== oid && `NAME ${quoted(names)}`;

function attributeTypeDescription(type: AttributeType): string {
  return words(
    type.oid,
    nameOf(type),
    type.superior !== undefined && `SUP ${type.superior.names[0]}`,
    type.equality !== undefined && `EQUALITY ${type.equality}`,
    type.ordering !== undefined && `ORDERING ${type.ordering}`,
    type.substr !== undefined && `SUBSTR ${type.substr}`,
    `SYNTAX ${type.syntax}`,
    type.singleValue && 'SINGLE-VALUE',
    type.noUserModification && 'NO-USER-MODIFICATION',
    type.operational && `USAGE ${type.usage}`,
  );
}

function objectClassDescription({ oid, names, superiors, kind, must, may }: ObjectClass): string {
  return words(
    oid,
    nameOf({ oid, names }),
    superiors.length > 0 && `SUP ${listed(superiors)}`,
    kind,
    must.length > 0 && `MUST ${listed(must)}`,
    may.length > 0 && `MAY ${listed(may)}`,
  );
}

function matchingRuleDescription({ oid, name, syntax }: MatchingRule): string {
  return words(oid, `NAME ${quoted([name])}`, `SYNTAX ${syntax}`);
}

/** The syntaxes known here, and those of types that a directory brought along. */
function syntaxDescriptions({ attributeTypes }: Schema): string[] {
  const oids = new Set([...SYNTAXES.keys(), ...attributeTypes.map(({ syntax }) => syntax)]);
  return [...oids].map((oid) => {
    const description = SYNTAXES.get(oid);
    return words(oid, description !== undefined && `DESC '${description}'`);
  });
}

/** `cn=Subschema` (RFC 4512 4.2); its descriptions are operational: returned by name or `+`. */
export function makeSubschema(schema: Schema = STANDARD): SnapshotEntry {
  return new EntryMaker(schema).make('subschema', SUBSCHEMA_DN, [
    { type: 'objectClass', values: values('top', 'subentry', 'subschema', 'extensibleObject') },
    { type: 'cn', values: values('Subschema') },
    // All that there is (RFC 3672 2.1).
    { type: 'subtreeSpecification', values: values('{ }') },
    { type: 'structuralObjectClass', values: values('subentry') },
    { type: 'createTimestamp', values: values(MADE_HERE) },
    { type: 'modifyTimestamp', values: values(MADE_HERE) },
    { type: 'entryDN', values: values(SUBSCHEMA_DN) },
    { type: 'subschemaSubentry', values: values(SUBSCHEMA_DN) },
    { type: 'ldapSyntaxes', values: values(...syntaxDescriptions(schema)) },
    { type: 'matchingRules', values: values(...ALL_MATCHING_RULES.map(matchingRuleDescription)) },
    { type: 'attributeTypes', values: values(...schema.attributeTypes.map(attributeTypeDescription)) },
    { type: 'objectClasses', values: values(...schema.objectClasses.map(objectClassDescription)) },
  ]);
}
