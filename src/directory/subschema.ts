// The subschema entry: the schema in the words of RFC 4512 4.1, for clients that parse it.
import { ALL_MATCHING_RULES, type MatchingRule } from '../ldap/matching.js';
import {
  ALL_ATTRIBUTE_TYPES,
  ALL_OBJECT_CLASSES,
  type AttributeType,
  type ObjectClass,
  SYNTAXES,
  superiorType,
} from '../ldap/schema.js';
import { makeEntry, type SnapshotEntry, values } from './entry.js';
import { SUBSCHEMA_DN } from './operational.js';

const quoted = (names: readonly string[]) =>
  names.length === 1 ? `'${names[0]}'` : `( ${names.map((name) => `'${name}'`).join(' ')} )`;
const listed = (names: readonly string[]) => (names.length === 1 ? names[0]! : `( ${names.join(' $ ')} )`);
const words = (...parts: readonly (string | false | undefined)[]) =>
  `( ${parts.filter((part) => typeof part === 'string').join(' ')} )`;

function attributeTypeDescription(type: AttributeType): string {
  return words(
    type.oid,
    `NAME ${quoted(type.names)}`,
    superiorType(type) !== undefined && `SUP ${superiorType(type)?.names[0]}`,
    type.equality !== undefined && `EQUALITY ${type.equality}`,
    type.ordering !== undefined && `ORDERING ${type.ordering}`,
    type.substr !== undefined && `SUBSTR ${type.substr}`,
    `SYNTAX ${type.syntax}`,
    type.singleValue && 'SINGLE-VALUE',
    type.operational && 'NO-USER-MODIFICATION',
    type.operational && 'USAGE directoryOperation',
  );
}

function objectClassDescription({ oid, name, superior, kind, must, may }: ObjectClass): string {
  return words(
    oid,
    `NAME ${quoted([name])}`,
    superior !== '' && `SUP ${superior}`,
    kind,
    must.length > 0 && `MUST ${listed(must)}`,
    may.length > 0 && `MAY ${listed(may)}`,
  );
}

function matchingRuleDescription({ oid, name, syntax }: MatchingRule): string {
  return words(oid, `NAME ${quoted([name])}`, `SYNTAX ${syntax}`);
}

/** `cn=Subschema` (RFC 4512 4.2); its descriptions are operational: returned by name or `+`. */
export function makeSubschema(): SnapshotEntry {
  return makeEntry('subschema', SUBSCHEMA_DN, [
    { type: 'objectClass', values: values('top', 'subschema') },
    { type: 'cn', values: values('Subschema') },
    {
      type: 'ldapSyntaxes',
      values: values(...[...SYNTAXES].map(([oid, description]) => `( ${oid} DESC '${description}' )`)),
    },
    { type: 'matchingRules', values: values(...ALL_MATCHING_RULES.map(matchingRuleDescription)) },
    { type: 'attributeTypes', values: values(...ALL_ATTRIBUTE_TYPES.map(attributeTypeDescription)) },
    { type: 'objectClasses', values: values(...ALL_OBJECT_CLASSES.map(objectClassDescription)) },
  ]);
}
