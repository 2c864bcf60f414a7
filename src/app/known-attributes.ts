// Which attributes the directory has at all: for telling an operator that an application asks for one that nobody has.
import { attributeKey, describe } from '../directory/entry.js';
import type { Snapshot } from '../directory/snapshot.js';
import { type AttributeType, attributeType } from '../ldap/schema.js';
import type { Knows } from '../ops/telemetry/recent-operations.js';

/** Looks at each snapshot once, when it is first asked about. What belongs to the server's own entries counts as there. */
export function attributeKnowledge(current: () => Snapshot | undefined): Knows {
  let seen: Snapshot | undefined;
  let keys = new Set<string>();
  let types = new Set<AttributeType | undefined>();
  return (attribute) => {
    const snapshot = current();
    if (snapshot === undefined) return true;
    if (snapshot !== seen) {
      const attributes = snapshot.entries.flatMap((entry) => [...entry.attributes]);
      keys = new Set(attributes.map(([key]) => key));
      types = new Set(attributes.map(([, { type }]) => type));
      seen = snapshot;
    }
    if (keys.has(attributeKey(attribute)) || attributeType(attribute)?.operational === true) return true;
    return [...describe(attribute).subtypes].some((subtype) => types.has(subtype));
  };
}
