// Attribute types and object classes as they are shown, made from the upstream's definitions or from a bare name. Pure.
import { createHash } from 'node:crypto';
import type { Definition } from '../ldap/definitions.js';
import { matchingRule } from '../ldap/matching.js';
import { type AttributeType, type ObjectClass, STANDARD } from '../ldap/schema.js';
import { CASE_IGNORE, COMPARISONS, type Comparison } from '../ldap/syntaxes.js';

/** Names of one element that are shown. */
const MOST_NAMES = 16;

export const NUMERIC_OID = /^[0-9]+(\.[0-9]+)+$/;
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,127}$/;

/** The names under which an element is shown, each once; none is another element's. */
export type Names = readonly [string, ...string[]];

/** The names of a definition that can be shown: `isOwn` says whether a name, in lower case, leads to this definition and to no other. */
export function shownNames(names: readonly string[], isOwn: (key: string) => boolean): Names | undefined {
  const shown = new Map<string, string>();
  for (const name of names.slice(0, MOST_NAMES)) {
    const key = name.toLowerCase();
    if (NAME.test(name) && !shown.has(key) && isOwn(key)) shown.set(key, name);
  }
  const [first, ...others] = shown.values();
  return first === undefined ? undefined : [first, ...others];
}

/** An attribute type as `cn=Subschema` shows it, from a definition (RFC 4512 4.1.2). */
export function definedType(
  { fields }: Definition,
  oid: string,
  names: Names,
  superior: AttributeType | undefined,
): AttributeType {
  const usage = fields.get('USAGE')?.[0];
  const isOperational = usage !== undefined && usage !== 'userApplications';
  return {
    oid,
    names,
    ...(superior === undefined ? {} : { superior }),
    ...comparisonOf(fields, superior),
    singleValue: fields.has('SINGLE-VALUE'),
    usage: !isOperational ? 'userApplications' : usage === 'dSAOperation' ? 'dSAOperation' : 'directoryOperation',
    noUserModification: fields.has('NO-USER-MODIFICATION'),
    operational: isOperational,
  };
}

/** What is not given comes from the superior (RFC 4512 2.5.1); a rule that is unknown here is replaced by the usual one of the syntax. */
function comparisonOf(fields: Definition['fields'], superior: AttributeType | undefined): Comparison {
  const syntax = fields.get('SYNTAX')?.[0]?.replace(/\{.*$/, '') ?? superior?.syntax;
  if (syntax === undefined || !NUMERIC_OID.test(syntax)) return CASE_IGNORE;
  const usual = [...COMPARISONS.values()].find((one) => one.syntax === syntax && one.equality !== undefined);
  const rule = (keyword: string, kind: 'equality' | 'ordering' | 'substr') => {
    const named = fields.get(keyword)?.[0];
    const name = named === undefined ? superior?.[kind] : (matchingRule(named)?.name ?? usual?.[kind]);
    return name === undefined ? {} : { [kind]: name };
  };
  return {
    syntax,
    ...rule('EQUALITY', 'equality'),
    ...rule('ORDERING', 'ordering'),
    ...rule('SUBSTR', 'substr'),
  };
}

/** A type that nobody has defined: a directory string. An OID has no other name. */
export function inventedType(name: string, oids: Oids): AttributeType | undefined {
  if (!NAME.test(name) && !NUMERIC_OID.test(name)) return undefined;
  return {
    oid: oids.take(name, name),
    names: [name],
    ...CASE_IGNORE,
    singleValue: false,
    usage: 'userApplications',
    noUserModification: false,
    operational: false,
  };
}

/** An auxiliary class for a name without a definition; undefined if the name cannot be one. */
export function inventedClass(name: string, oids: Oids): ObjectClass | undefined {
  if (!NAME.test(name) && !NUMERIC_OID.test(name)) return undefined;
  return { oid: oids.take(name, name), names: [name], kind: 'AUXILIARY', superiors: ['top'], must: [], may: [] };
}

/** The OIDs that are shown: readers that are strict take no schema in which two elements have one. */
export class Oids {
  private readonly taken = new Set<string>();

  /**
   * The OID, if it is valid and no other element has it. Otherwise one of our own below a UUID's arc (X.667), the same for the same name. No arc
   * is above 2^31: many readers do not accept more.
   */
  take(oid: string, name: string): string {
    let free = oid;
    for (let tries = 0; !NUMERIC_OID.test(free) || this.isTaken(free); tries++) free = ownOid(name, tries);
    this.taken.add(free);
    return free;
  }

  private isTaken(oid: string): boolean {
    return this.taken.has(oid) || STANDARD.attributeType(oid) !== undefined || STANDARD.objectClass(oid) !== undefined;
  }
}

/** `tries`: OIDs of this name that somebody has already. */
function ownOid(name: string, tries: number): string {
  const seed = tries === 0 ? name.toLowerCase() : `${name.toLowerCase()} ${tries}`;
  const hash = createHash('sha256').update(seed).digest();
  return `2.25.1306118234.99.${hash.readUInt32BE(0) >>> 1}.${hash.readUInt32BE(4) >>> 1}`;
}
