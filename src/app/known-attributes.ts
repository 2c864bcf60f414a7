// Which attributes the directory has at all: for telling an operator that an application asks for one that nobody has.
import { attributeKey, describe } from '../directory/entry.js';
import type { Snapshot } from '../directory/snapshot.js';
import { attributeType } from '../ldap/schema.js';
import type { Knows } from '../ops/telemetry/recent-operations.js';

/** What belongs to the server's own entries counts as there. */
export function attributeKnowledge(current: () => Snapshot | undefined): Knows {
  return (attribute) => {
    const known = current()?.attributes;
    if (known === undefined || known.has(attributeKey(attribute))) return true;
    if (attributeType(attribute)?.operational === true) return true;
    const { subtypes } = describe(attribute);
    if (subtypes.size === 0) return false;
    for (const type of known.values()) if (type !== undefined && subtypes.has(type)) return true;
    return false;
  };
}
