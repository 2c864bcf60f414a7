// Which attributes the directory has at all: for telling an operator that an application asks for one that nobody has.
import { attributeKey, describe } from '../directory/entry.js';
import type { Snapshot } from '../directory/snapshot.js';
import type { Knows } from '../ops/telemetry/recent-operations.js';

/** What belongs to the server's own entries counts as there. */
export function attributeKnowledge(current: (app: string | undefined) => Snapshot | undefined): Knows {
  return (attribute, app) => {
    const snapshot = current(app);
    if (snapshot === undefined) return true;
    const { attributes: known, schema } = snapshot;
    if (known.has(attributeKey(attribute, schema))) return true;
    const { type, subtypes } = describe(attribute, schema);
    if (type?.operational === true) return true;
    if (subtypes.size === 0) return false;
    for (const type of known.values()) if (type !== undefined && subtypes.has(type)) return true;
    return false;
  };
}
