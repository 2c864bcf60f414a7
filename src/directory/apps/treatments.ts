// What becomes of the attributes of the base when an app shows them: see `LocalAttributes`, whose rules these are.
import type { Layout } from '../../layout/layout.js';
import type { SnapshotAttribute } from '../attribute.js';
import { isConcealed } from './app-schema.js';
import { isOfNames, isOfUids } from './base-facts.js';

/** What becomes of an attribute of the base, by its description alone. */
export type Treatment = 'as-it-is' | 'dropped' | 'names' | 'uids' | 'entry-dn' | 'structural' | 'classes';

/** Attributes that every entry gets here, and that are never hidden. */
const MADE_HERE: ReadonlySet<string> = new Set(['subschemasubentry', 'hassubordinates', 'numsubordinates']);
/** By the key of the description. `isOtherSchema`: the app knows other types and classes than the base. */
export function treat(key: string, attribute: SnapshotAttribute, layout: Layout, isOtherSchema: boolean): Treatment {
  if (key === 'entrydn') return 'entry-dn';
  if (key === 'structuralobjectclass') return 'structural';
  if (MADE_HERE.has(key)) return 'as-it-is';
  if (isConcealed(attribute.name, attribute.type, layout)) return 'dropped';
  if (isOfNames(key, attribute)) return isOfUids(key) ? 'uids' : 'names';
  return attribute.type?.classes !== undefined && isOtherSchema ? 'classes' : 'as-it-is';
}
