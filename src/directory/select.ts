// Which attributes of an entry a search returns (RFC 4511 4.5.1.8, RFC 3673).
import type { Filter } from '../ldap/filter.js';
import type { Attribute, SearchResultEntry } from '../ldap/message.js';
import { attributeType, splitDescription, superiorType } from '../ldap/schema.js';
import { makeEntry, type SnapshotAttribute, type SnapshotEntry } from './entry.js';
import { compileFilter } from './evaluate.js';

interface Wanted {
  readonly type: string;
  readonly options: readonly string[];
}

export type Selection = (entry: SnapshotEntry) => SearchResultEntry;

const NO_VALUES: readonly Buffer[] = [];

/** Makes a selection of the list in a request: names in any case and by any alias, `*`, `+`, `1.1`; unknown names are no error. */
export function compileSelection(
  requested: readonly string[],
  typesOnly: boolean,
  matchedValues?: readonly Filter[],
): Selection {
  const isReturned = matchedValues === undefined ? undefined : compileValueFilter(matchedValues);
  const names = requested.map((name) => name.trim());
  const allUser = names.length === 0 || names.includes('*');
  const allOperational = names.includes('+');
  const wanted = new Map<string, Wanted[]>();
  for (const name of names) {
    const { type, options } = splitDescription(name);
    const canonical = canonicalName(type);
    const list = wanted.get(canonical) ?? [];
    list.push({ type: canonical, options });
    wanted.set(canonical, list);
  }
  const decide = (attribute: SnapshotAttribute): boolean => {
    if (attribute.operational ? allOperational : allUser) return true;
    const own = wanted.get(canonicalName(attribute.type?.names[0] ?? splitDescription(attribute.name).type));
    const superior = superiorType(attribute.type)?.names[0];
    const asked = own ?? (superior === undefined ? undefined : wanted.get(superior.toLowerCase()));
    return asked?.some(({ options }) => options.every((option) => attribute.options.includes(option))) === true;
  };
  // Decided once per description: entries repeat them, and a list of requested names may be long.
  const decided = new Map<string, boolean>();
  const isSelected = (attribute: SnapshotAttribute): boolean => {
    let answer = decided.get(attribute.name);
    if (answer === undefined) {
      answer = decide(attribute);
      decided.set(attribute.name, answer);
    }
    return answer;
  };
  const left = (attribute: SnapshotAttribute) =>
    isReturned === undefined ? attribute.values : attribute.values.filter((value) => isReturned(attribute, value));
  return (entry) => {
    const attributes: Attribute[] = [];
    for (const attribute of entry.attributes.values()) {
      if (isSelected(attribute))
        attributes.push({ type: attribute.name, values: typesOnly ? NO_VALUES : left(attribute) });
    }
    return { kind: 'searchResultEntry', objectName: entry.dn, attributes };
  };
}

function canonicalName(type: string): string {
  return (attributeType(type)?.names[0] ?? type).toLowerCase();
}

/** Whether one value of an attribute matches one of the items: each is asked of an entry that has nothing but this value (RFC 3876 3). */
function compileValueFilter(items: readonly Filter[]): (attribute: SnapshotAttribute, value: Buffer) => boolean {
  const predicates = items.map(compileFilter);
  return ({ name }, value) => {
    const alone = makeEntry('user', '', [{ type: name, values: [value] }]);
    return predicates.some((matches) => matches(alone) === 1);
  };
}
