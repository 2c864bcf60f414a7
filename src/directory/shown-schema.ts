// The schema of what a snapshot shows: what this product knows, and what the upstream says of the rest. Pure.
import type { Layout } from '../layout/layout.js';
import { valuesOf } from '../ldap/attributes.js';
import { type Definition, parseDefinition } from '../ldap/definitions.js';
import {
  type AttributeType,
  canonicalType,
  type ObjectClass,
  Schema,
  STANDARD,
  splitDescription,
} from '../ldap/schema.js';
import type { Steps } from '../runtime/cooperative.js';
import type { UpstreamEntry, UpstreamImage } from './reader.js';
import { secretTypes } from './secret-types.js';
import { definedType, inventedClass, inventedType, NUMERIC_OID, Oids, shownNames } from './shown-elements.js';

/** Definitions of one kind that are looked at, and elements that are added to the standard ones: a hostile upstream has no end of them. */
const MOST_DEFINITIONS = 10_000;
const MOST_ADDED = 2000;
/** Superiors of superiors that are followed. */
const MOST_LEVELS = 16;
/** Superclasses of one class, and attributes of all classes, that are followed: no schema that is in use has nearly as many. */
const MOST_SUPERIORS = 16;
const MOST_WORDS = 100_000;

export interface ShownSchema {
  readonly schema: Schema;
  /** Lower-case types that are password material, or hidden, by another of their names or by what they are subtypes of: never shown (R33). */
  readonly secrets: ReadonlySet<string>;
}

/**
 * What the upstream's definitions and entries add to the standard schema: an attribute or class that is not defined there by either is a
 * directory string, or an auxiliary class. The standard elements are not changed.
 */
export function* shownSchema(image: UpstreamImage, layout: Layout): Steps<ShownSchema> {
  const types = yield* definitionsIn(image.schema, 'attributeTypes');
  const classes = yield* definitionsIn(image.schema, 'objectClasses');
  const builder = new SchemaBuilder(types, classes, yield* secretTypes(types, layout), layout);
  for (const entry of [...image.users, ...image.groups]) yield* builder.addEntry(entry);
  return yield* builder.finish();
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
  /** The result for each definition; undefined while it is being made as well: a definition met again then refers to itself. */
  private readonly madeTypes = new Map<Definition, AttributeType | undefined>();
  private readonly madeClasses = new Map<Definition, ObjectClass | undefined>();
  private readonly oids = new Oids();
  /** Descriptions and names of classes, as they are written, that were seen before. */
  private readonly seen = new Set<string>();
  private wordsLeft = MOST_WORDS;

  constructor(
    private readonly types: Definitions,
    private readonly classes: Definitions,
    private readonly secrets: ReadonlySet<string>,
    private readonly layout: Layout,
  ) {}

  *addEntry(entry: UpstreamEntry): Steps<void> {
    for (const { type: description, values } of entry.attributes) {
      yield;
      const { type } = splitDescription(description);
      if (canonicalType(type) === 'objectclass') yield* this.addClasses(values);
      else if (!this.isSeen(description) && !this.layout.isHidden(type)) this.typeOf(type, true);
    }
  }

  private *addClasses(values: readonly Buffer[]): Steps<void> {
    for (const value of values) {
      yield;
      const name = value.toString('latin1');
      if (!this.isSeen(`\0${name}`)) yield* this.addClass(name, true);
    }
  }

  *finish(): Steps<ShownSchema> {
    const otherOids = new Map([...(yield* otherOidsOf(this.types)), ...(yield* otherOidsOf(this.classes))]);
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
    if (this.addedTypes.size >= MOST_ADDED) return undefined;
    const definition = this.types.get(key);
    if (definition === undefined) return shown ? this.addType(inventedType(name, this.oids)) : undefined;
    if (this.madeTypes.has(definition)) return this.madeTypes.get(definition);
    this.madeTypes.set(definition, undefined);
    const made = this.addType(this.defined(definition, level));
    this.madeTypes.set(definition, made);
    return made;
  }

  private defined(definition: Definition, level: number): AttributeType | undefined {
    const { oid, fields } = definition;
    const isOwn = (key: string) => STANDARD.attributeType(key) === undefined && this.types.get(key) === definition;
    const names = shownNames(definition.names, isOwn);
    if (names === undefined) return undefined;
    const [above] = fields.get('SUP') ?? [];
    const superior = above === undefined ? undefined : this.typeOf(above, false, level + 1);
    return definedType(definition, this.oids.take(oid, names[0]), names, superior);
  }

  private addType(type: AttributeType | undefined): AttributeType | undefined {
    if (type === undefined) return undefined;
    for (const name of [type.oid, ...type.names]) {
      const key = name.toLowerCase();
      if (!this.addedTypes.has(key)) this.addedTypes.set(key, type);
    }
    return type;
  }

  private *addClass(name: string, shown: boolean, level = 0): Steps<ObjectClass | undefined> {
    const key = name.toLowerCase();
    const known = STANDARD.objectClass(name) ?? this.addedClasses.get(key);
    if (known !== undefined || level > MOST_LEVELS || this.addedClasses.size >= MOST_ADDED) return known;
    const definition = this.classes.get(key);
    if (definition === undefined) return shown ? this.keepClass(inventedClass(name, this.oids)) : undefined;
    if (this.madeClasses.has(definition)) return this.madeClasses.get(definition);
    this.madeClasses.set(definition, undefined);
    const made = this.keepClass(yield* this.definedClass(definition, level));
    this.madeClasses.set(definition, made);
    return made;
  }

  private keepClass(one: ObjectClass | undefined): ObjectClass | undefined {
    if (one !== undefined) for (const name of [one.oid, ...one.names]) this.addedClasses.set(name.toLowerCase(), one);
    return one;
  }

  /** With what is known of the superclasses and attributes that it names: others would be names without a definition. */
  private *definedClass(definition: Definition, level: number): Steps<ObjectClass | undefined> {
    const { oid, fields } = definition;
    const isOwn = (key: string) => STANDARD.objectClass(key) === undefined && this.classes.get(key) === definition;
    const names = shownNames(definition.names, isOwn);
    if (names === undefined) return undefined;
    const superiors = new Set<string>();
    for (const word of [...new Set(fields.get('SUP'))].slice(0, MOST_SUPERIORS)) {
      yield;
      const above = yield* this.addClass(word, false, level + 1);
      if (above !== undefined) superiors.add(above.names[0]);
    }
    const kind = fields.has('ABSTRACT') ? 'ABSTRACT' : fields.has('AUXILIARY') ? 'AUXILIARY' : 'STRUCTURAL';
    return {
      oid: this.oids.take(oid, names[0]),
      names,
      kind,
      superiors: superiors.size === 0 && kind !== 'ABSTRACT' ? ['top'] : [...superiors],
      must: yield* this.attributes(fields.get('MUST')),
      may: yield* this.attributes(fields.get('MAY')),
    };
  }

  private *attributes(words: readonly string[] = []): Steps<string[]> {
    const found = new Set<string>();
    for (const word of new Set(words)) {
      if (this.wordsLeft-- <= 0) break;
      yield;
      const type = this.typeOf(word, false);
      if (type !== undefined) found.add(type.names[0]);
    }
    return [...found];
  }
}

/** The OIDs under which the upstream knows standard elements that have another one here. */
function* otherOidsOf(definitions: Definitions): Steps<[string, string][]> {
  const others: [string, string][] = [];
  for (const { oid, names } of new Set(definitions.values())) {
    yield;
    if (!NUMERIC_OID.test(oid) || STANDARD.attributeType(oid) !== undefined || STANDARD.objectClass(oid) !== undefined)
      continue;
    const standard = names.find(
      (name) => STANDARD.attributeType(name) !== undefined || STANDARD.objectClass(name) !== undefined,
    );
    if (standard !== undefined && others.length < MOST_ADDED) others.push([oid, standard]);
  }
  return others;
}
