// The schema of what a snapshot shows: what this product knows, and what the upstream says of the rest. Pure.
import { createHash } from 'node:crypto';
import type { Layout } from '../layout/layout.js';
import { valuesOf } from '../ldap/attributes.js';
import { type Definition, parseDefinition } from '../ldap/definitions.js';
import { matchingRule } from '../ldap/matching.js';
import {
  type AttributeType,
  canonicalType,
  type ObjectClass,
  Schema,
  STANDARD,
  splitDescription,
} from '../ldap/schema.js';
import { CASE_IGNORE, COMPARISONS, type Comparison } from '../ldap/syntaxes.js';
import type { Steps } from '../runtime/cooperative.js';
import type { UpstreamEntry, UpstreamImage } from './reader.js';

/** Definitions of one kind that are looked at, and elements that are added to the standard ones: a hostile upstream has no end of them. */
const MOST_DEFINITIONS = 10_000;
const MOST_ADDED = 2000;
/** Superiors of superiors that are followed. */
const MOST_LEVELS = 16;

const NUMERIC_OID = /^[0-9]+(\.[0-9]+)+$/;
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,127}$/;

export interface ShownSchema {
  readonly schema: Schema;
  /** Lower-case types that are password material, or hidden, by another of their names or by what they are subtypes of: never shown (R33). */
  readonly secrets: ReadonlySet<string>;
}

/**
 * What the upstream's definitions and entries add to the standard schema: an attribute or class that is not defined there by either is a
 * directory string, or an auxiliary class. Nothing that this product knows by itself is changed.
 */
export function* shownSchema(image: UpstreamImage, layout: Layout): Steps<ShownSchema> {
  const types = yield* definitionsIn(image.schema, 'attributeTypes');
  const classes = yield* definitionsIn(image.schema, 'objectClasses');
  const builder = new SchemaBuilder(types, classes, layout);
  for (const entry of [...image.users, ...image.groups]) {
    builder.addEntry(entry);
    yield;
  }
  return builder.finish();
}

/** By lower-case OID and names; of two with the same the first counts. */
type Definitions = ReadonlyMap<string, Definition>;

function* definitionsIn(subschema: UpstreamEntry | undefined, type: string): Steps<Definitions> {
  const found = new Map<string, Definition>();
  const texts = subschema === undefined ? [] : valuesOf(subschema, type).slice(0, MOST_DEFINITIONS);
  for (const text of texts) {
    yield;
    const definition = parseDefinition(text.toString('utf8'));
    if (definition === undefined) continue;
    for (const name of [definition.oid, ...definition.names])
      if (!found.has(name.toLowerCase())) found.set(name.toLowerCase(), definition);
  }
  return found;
}

class SchemaBuilder {
  private readonly addedTypes = new Map<string, AttributeType>();
  private readonly addedClasses = new Map<string, ObjectClass>();
  private readonly secrets = new Set<string>();
  /** Definitions of types that wait for their superior: one that comes by again is in a circle. */
  private readonly waiting = new Set<Definition>();
  /** Descriptions and names of classes, as they are written, that were seen before. */
  private readonly seen = new Set<string>();

  constructor(
    private readonly types: Definitions,
    private readonly classes: Definitions,
    private readonly layout: Layout,
  ) {}

  addEntry(entry: UpstreamEntry): void {
    for (const { type: description, values } of entry.attributes) {
      const { type } = splitDescription(description);
      if (canonicalType(type) === 'objectclass') this.addClasses(values);
      else if (!this.isSeen(description) && !this.layout.isHidden(type)) this.typeOf(type, true);
    }
  }

  private addClasses(values: readonly Buffer[]): void {
    for (const value of values) {
      const name = value.toString('latin1');
      if (!this.isSeen(`\0${name}`)) this.addClass(name, true);
    }
  }

  finish(): ShownSchema {
    const otherOids = new Map([...otherOidsOf(this.types), ...otherOidsOf(this.classes)]);
    const { addedTypes, addedClasses, secrets } = this;
    if (addedTypes.size === 0 && addedClasses.size === 0 && otherOids.size === 0) return { schema: STANDARD, secrets };
    const types = [...STANDARD.attributeTypes, ...new Set(addedTypes.values())];
    return {
      schema: new Schema(types, [...STANDARD.objectClasses, ...new Set(addedClasses.values())], otherOids),
      secrets,
    };
  }

  private isSeen(text: string): boolean {
    if (this.seen.has(text)) return true;
    // Not without end: what comes later is looked up each time.
    if (this.seen.size < MOST_DEFINITIONS) this.seen.add(text);
    return false;
  }

  /** The type of this name or OID; one that nobody defines only if it is `shown`. */
  private typeOf(name: string, shown: boolean, level = 0): AttributeType | undefined {
    const key = name.toLowerCase();
    const known = STANDARD.attributeType(name) ?? this.addedTypes.get(key);
    if (known !== undefined || this.secrets.has(key) || level > MOST_LEVELS) return known;
    const definition = this.types.get(key);
    if (definition !== undefined && this.waiting.has(definition)) return undefined;
    if (definition === undefined) return shown ? this.addType(inventedType(name)) : undefined;
    if (this.isSecret(definition)) {
      for (const other of [name, definition.oid, ...definition.names]) this.secrets.add(other.toLowerCase());
      return undefined;
    }
    const [above] = definition.fields.get('SUP') ?? [];
    this.waiting.add(definition);
    const superior = above === undefined ? undefined : this.typeOf(above, false, level + 1);
    this.waiting.delete(definition);
    return this.addType(definedType(definition, superior));
  }

  /** By any of its names, or by those of a type that it is a subtype of. */
  private isSecret(definition: Definition): boolean {
    let one: Definition | undefined = definition;
    for (let level = 0; one !== undefined && level <= MOST_LEVELS; level++) {
      const [above]: readonly string[] = one.fields.get('SUP') ?? [];
      if ([one.oid, ...one.names, ...(above === undefined ? [] : [above])].some((name) => this.layout.isHidden(name)))
        return true;
      one = above === undefined ? undefined : this.types.get(above.toLowerCase());
    }
    return false;
  }

  private addType(type: AttributeType | undefined): AttributeType | undefined {
    if (type === undefined || this.addedTypes.size >= MOST_ADDED) return undefined;
    for (const name of [type.oid, ...type.names]) {
      const key = name.toLowerCase();
      if (!this.addedTypes.has(key)) this.addedTypes.set(key, type);
    }
    return type;
  }

  private addClass(name: string, shown: boolean, level = 0): ObjectClass | undefined {
    const key = name.toLowerCase();
    const known = STANDARD.objectClass(name) ?? this.addedClasses.get(key);
    if (known !== undefined || level > MOST_LEVELS || this.addedClasses.size >= MOST_ADDED) return known;
    const definition = this.classes.get(key);
    const made =
      definition === undefined ? (shown ? inventedClass(name) : undefined) : this.definedClass(definition, level);
    if (made === undefined) return undefined;
    for (const other of [made.oid, ...made.names]) this.addedClasses.set(other.toLowerCase(), made);
    return made;
  }

  /** With what is known of the superclasses and attributes that it names: others would be names without a definition. */
  private definedClass({ oid, names, fields }: Definition, level: number): ObjectClass | undefined {
    const [first, ...others] = names.filter((name) => NAME.test(name) && STANDARD.objectClass(name) === undefined);
    if (first === undefined) return undefined;
    const superiors = (fields.get('SUP') ?? [])
      .map((name) => this.addClass(name, false, level + 1)?.names[0])
      .filter((name) => name !== undefined);
    const attributes = (keyword: string) => [
      ...new Set(
        (fields.get(keyword) ?? [])
          .map((name) => this.typeOf(name, false)?.names[0])
          .filter((name) => name !== undefined),
      ),
    ];
    const kind = fields.has('ABSTRACT') ? 'ABSTRACT' : fields.has('AUXILIARY') ? 'AUXILIARY' : 'STRUCTURAL';
    return {
      oid: oidFor(oid, first),
      names: [first, ...others],
      kind,
      superiors: superiors.length === 0 && kind !== 'ABSTRACT' ? ['top'] : superiors,
      must: attributes('MUST'),
      may: attributes('MAY'),
    };
  }
}

function definedType(
  { oid, names, fields }: Definition,
  superior: AttributeType | undefined,
): AttributeType | undefined {
  const [first, ...others] = names.filter((name) => NAME.test(name) && STANDARD.attributeType(name) === undefined);
  if (first === undefined) return undefined;
  const usage = fields.get('USAGE')?.[0];
  const isOperational = usage !== undefined && usage !== 'userApplications';
  return {
    oid: oidFor(oid, first),
    names: [first, ...others],
    ...(superior === undefined ? {} : { superior }),
    ...comparisonOf(fields, superior),
    singleValue: fields.has('SINGLE-VALUE'),
    usage: !isOperational ? 'userApplications' : usage === 'dSAOperation' ? 'dSAOperation' : 'directoryOperation',
    noUserModification: fields.has('NO-USER-MODIFICATION'),
    operational: isOperational,
  };
}

/** What is not said is the superior's (RFC 4512 2.5.1); for a rule that is unknown here stands the usual one of the syntax. */
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
function inventedType(name: string): AttributeType | undefined {
  if (!NAME.test(name) && !NUMERIC_OID.test(name)) return undefined;
  return {
    oid: oidFor(name, name),
    names: [name],
    ...CASE_IGNORE,
    singleValue: false,
    usage: 'userApplications',
    noUserModification: false,
    operational: false,
  };
}

function inventedClass(name: string): ObjectClass | undefined {
  if (!NAME.test(name) && !NUMERIC_OID.test(name)) return undefined;
  return { oid: oidFor(name, name), names: [name], kind: 'AUXILIARY', superiors: ['top'], must: [], may: [] };
}

/**
 * The OID, if it is one. Else one of our own below a UUID's arc (X.667), the same for the same name. No arc is above 2^31: many readers take
 * no more.
 */
function oidFor(oid: string, name: string): string {
  if (NUMERIC_OID.test(oid)) return oid;
  const hash = createHash('sha256').update(name.toLowerCase()).digest();
  return `2.25.1306118234.99.${hash.readUInt32BE(0) >>> 1}.${hash.readUInt32BE(4) >>> 1}`;
}

/** The OIDs under which the upstream knows standard elements that have another one here. */
function otherOidsOf(definitions: Definitions): [string, string][] {
  const others: [string, string][] = [];
  for (const { oid, names } of new Set(definitions.values())) {
    if (!NUMERIC_OID.test(oid) || STANDARD.attributeType(oid) !== undefined || STANDARD.objectClass(oid) !== undefined)
      continue;
    const standard = names.find(
      (name) => STANDARD.attributeType(name) !== undefined || STANDARD.objectClass(name) !== undefined,
    );
    if (standard !== undefined && others.length < MOST_ADDED) others.push([oid, standard]);
  }
  return others;
}
