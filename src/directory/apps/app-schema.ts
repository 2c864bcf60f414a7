// The schema of one app: of what the base knows what the app's own entries have, and what its face and its rules add. Pure.
import type { FaceSchema } from '../../layout/face.js';
import type { Layout } from '../../layout/layout.js';
import { type AttributeType, type ObjectClass, Schema, STANDARD, splitDescription } from '../../ldap/schema.js';
import type { EntryForm } from './base-facts.js';

const STANDARD_TYPES: ReadonlySet<string> = new Set(STANDARD.attributeTypes.map(({ oid }) => oid));
const STANDARD_CLASSES: ReadonlySet<ObjectClass> = new Set(STANDARD.objectClasses);

const isStandard = ({ oid }: AttributeType) => STANDARD_TYPES.has(oid);

/** Superiors of superiors that are followed. */
const MOST_LEVELS = 16;

/**
 * True for a type that the layout hides, by any of its names, or by what it is a kind of: see `secretTypes`, which says the same of the upstream's
 * definitions.
 */
export function isConcealed(description: string, type: AttributeType | undefined, layout: Layout): boolean {
  if (layout.isHidden(description)) return true;
  let one = type;
  for (let level = 0; one !== undefined && !isStandard(one) && level < MOST_LEVELS; level++) {
    const { oid, names, superior }: AttributeType = one;
    if ([oid, ...names, ...(superior?.names ?? [])].some((name) => layout.isHidden(name))) return true;
    one = superior;
  }
  return false;
}

/**
 * The base's own schema if nothing has to be different. Otherwise one of the same types and classes, without those that only entries outside the
 * app have, and without what is hidden. The face's types and classes replace others with their names. Operational types stay: they reveal nothing
 * about anybody.
 */
export function schemaOf(
  base: Schema,
  forms: Iterable<EntryForm>,
  layout: Layout,
  additions: readonly FaceSchema[],
  face: FaceSchema,
): Schema {
  const types = new Set<AttributeType>();
  const classes = new Set<ObjectClass>();
  const others = base.attributeTypes.filter((type) => !isStandard(type));
  for (const type of others) if (type.operational) types.add(type);
  for (const form of forms) addForm(form, base, types, classes);
  const shownTypes = others.filter((type) => types.has(type) && !isConcealed(type.names[0], type, layout));
  const otherClasses = base.objectClasses.filter((one) => !STANDARD_CLASSES.has(one));
  const shownClasses = otherClasses.filter((one) => classes.has(one));
  const added = additions.flatMap(({ attributeTypes }) => attributeTypes);
  const addedClasses = additions.flatMap(({ objectClasses }) => objectClasses);
  const isSame =
    shownTypes.length === others.length &&
    shownClasses.length === otherClasses.length &&
    face.attributeTypes.length + face.objectClasses.length + added.length + addedClasses.length === 0;
  if (isSame) return base;
  // Of two the first counts: what the face says means the same in all of it, and rules change nothing of what there is.
  const hidden = new Set(others.filter((type) => !shownTypes.includes(type)).flatMap(({ names }) => names));
  return new Schema(
    unique([...face.attributeTypes, ...STANDARD.attributeTypes, ...shownTypes, ...added]),
    unique([
      ...face.objectClasses,
      ...STANDARD.objectClasses,
      ...shownClasses.map((one) => without(one, hidden)),
      ...addedClasses,
    ]),
    base.otherOids,
  );
}

function addForm({ attributes }: EntryForm, base: Schema, types: Set<AttributeType>, classes: Set<ObjectClass>): void {
  for (const { name, values } of attributes) {
    const type = base.attributeType(splitDescription(name).type);
    if (type !== undefined) addType(type, types);
    if (type?.names[0] !== 'objectClass') continue;
    for (const value of values) addClass(value.toString('latin1'), base, types, classes);
  }
}

function addType(type: AttributeType, types: Set<AttributeType>): void {
  for (let one: AttributeType | undefined = type; one !== undefined && !types.has(one); one = one.superior)
    types.add(one);
}

function addClass(name: string, base: Schema, types: Set<AttributeType>, classes: Set<ObjectClass>): void {
  const found = base.objectClass(name);
  if (found === undefined || classes.has(found)) return;
  classes.add(found);
  for (const above of base.superclassesOf(found)) addClass(above.names[0], base, types, classes);
  for (const word of [...found.must, ...found.may]) {
    const type = base.attributeType(word);
    if (type !== undefined) addType(type, types);
  }
}

function without(one: ObjectClass, hidden: ReadonlySet<string>): ObjectClass {
  const shown = (words: readonly string[]) => words.filter((word) => !hidden.has(word));
  return hidden.size === 0 ? one : { ...one, must: shown(one.must), may: shown(one.may) };
}

/** Without those whose OID or names an earlier one has. */
function unique<Element extends { readonly oid: string; readonly names: readonly string[] }>(
  all: readonly Element[],
): Element[] {
  const taken = new Set<string>();
  return all.filter(({ oid, names }) => {
    const words = [oid, ...names].map((word) => word.toLowerCase());
    if (words.some((word) => taken.has(word))) return false;
    for (const word of words) taken.add(word);
    return true;
  });
}
