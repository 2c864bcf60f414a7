// Attribute types that the upstream calls kinds of what is never shown, or names by a further name of it (R33). Pure.
import type { Layout } from '../layout/layout.js';
import type { Definition } from '../ldap/definitions.js';
import { STANDARD } from '../ldap/schema.js';
import type { Steps } from '../runtime/cooperative.js';

/**
 * Lower-case names and OIDs of the types that are hidden by any of their names, or by those of a type that they are subtypes of, at whatever
 * level. Standard types are not among them: of those the layout speaks. `types`: definitions by lower-case names and OIDs.
 */
export function* secretTypes(types: ReadonlyMap<string, Definition>, layout: Layout): Steps<ReadonlySet<string>> {
  const isSecret = new Map<Definition, boolean>();
  const secrets = new Set<string>();
  for (const definition of new Set(types.values())) {
    yield;
    if (!(yield* judged(definition, types, layout, isSecret))) continue;
    for (const name of [definition.oid, ...definition.names])
      if (STANDARD.attributeType(name) === undefined) secrets.add(name.toLowerCase());
  }
  return secrets;
}

/** Follows the superiors up to one that is known, and keeps what was found for all on the way. */
function* judged(
  definition: Definition,
  types: ReadonlyMap<string, Definition>,
  layout: Layout,
  isSecret: Map<Definition, boolean>,
): Steps<boolean> {
  const way: Definition[] = [];
  let verdict = false;
  for (let one: Definition | undefined = definition; one !== undefined && !verdict; ) {
    const known = isSecret.get(one);
    verdict = known ?? (yield* isHiddenByName(one, layout));
    if (known !== undefined) break;
    // Until the end is reached: who comes by again goes in a circle.
    isSecret.set(one, false);
    way.push(one);
    const [above]: readonly string[] = one.fields.get('SUP') ?? [];
    one = above === undefined ? undefined : types.get(above.toLowerCase());
  }
  for (const one of way) isSecret.set(one, verdict);
  return verdict;
}

function* isHiddenByName({ oid, names, fields }: Definition, layout: Layout): Steps<boolean> {
  const [above]: readonly string[] = fields.get('SUP') ?? [];
  for (const name of [oid, ...names, ...(above === undefined ? [] : [above])]) {
    yield;
    if (layout.isHidden(name)) return true;
  }
  return false;
}
