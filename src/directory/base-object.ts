// The base of a search and the name of a compare: where they lead in a view (RFC 4511 4.5.1.1, 4.5.1.2).
import { dnKey, LONGEST_NAME, parseDN, superiorKeys } from '../ldap/dn.js';
import type { LDAPResult, SearchRequest } from '../ldap/message.js';
import { Scope } from '../ldap/message.js';
import { result } from '../ldap/result.js';
import { ResultCode } from '../ldap/result-code.js';
import type { SnapshotEntry } from './entry.js';
import type { View } from './view.js';

/** Entries that belong to no view and are readable to everybody (R28). */
export interface SearchSpecials {
  readonly rootDSE: SnapshotEntry;
  readonly subschema: SnapshotEntry;
}

/** Where a base leads: to entries to look at, or to the final result. */
export type Located =
  | { readonly kind: 'entry'; readonly entry: SnapshotEntry }
  | { readonly kind: 'below'; readonly within: (entry: SnapshotEntry) => boolean }
  | { readonly kind: 'end'; readonly result: LDAPResult };

/** Where the base and the scope of a request lead in a view. */
export function locate(view: View, specials: SearchSpecials, { scope, baseObject }: SearchRequest): Located {
  const end = (code: ResultCode, text = ''): Located => ({ kind: 'end', result: result(code, text) });
  const base = parseDN(baseObject);
  if (base === undefined) return end(ResultCode.invalidDNSyntax, 'invalid DN');
  const key = dnKey(base);
  const special = findSpecial(key, specials);
  if (special !== undefined) {
    const isItself = scope === Scope.baseObject || (scope === Scope.wholeSubtree && special !== specials.rootDSE);
    if (isItself) return { kind: 'entry', entry: special };
    return end(special === specials.subschema ? ResultCode.success : ResultCode.noSuchObject);
  }
  const entry = view.find(key);
  if (entry === undefined) return { kind: 'end', result: noSuchObject(view, baseObject) };
  switch (scope) {
    case Scope.baseObject:
      return { kind: 'entry', entry };
    case Scope.singleLevel:
      return { kind: 'below', within: ({ parentKey }) => parentKey === key };
    case Scope.wholeSubtree:
      return { kind: 'below', within: (other) => other.superiors.includes(key) || other.key === key };
    case Scope.subordinateSubtree:
      return { kind: 'below', within: ({ superiors }) => superiors.includes(key) };
  }
}

/** The entry of this name that the view shows, the root DSE and the subschema included. */
export function findEntry(view: View, specials: SearchSpecials, name: string): SnapshotEntry | undefined {
  const dn = parseDN(name);
  if (dn === undefined) return undefined;
  const key = dnKey(dn);
  return findSpecial(key, specials) ?? view.find(key);
}

/** The root DSE or the subschema, by dnKey. */
export function findSpecial(key: string, specials: SearchSpecials): SnapshotEntry | undefined {
  if (key === specials.rootDSE.key) return specials.rootDSE;
  return key === specials.subschema.key ? specials.subschema : undefined;
}

/** 32, with the nearest superior that the view shows (RFC 4511 4.1.9); alike for hidden and missing entries (R30). */
export function noSuchObject(view: View, name: string): LDAPResult {
  if (view.entries.length === 0) return result(ResultCode.noSuchObject);
  for (const key of superiorKeys(parseDN(name) ?? [])) {
    const superior = view.find(key);
    if (superior !== undefined) return result(ResultCode.noSuchObject, '', superior.dn);
  }
  return result(ResultCode.noSuchObject);
}

/** Units for reading a name, by its characters: normalizing it is a part of that. */
export function nameUnits(name: string): number {
  return 1 + (Math.min(name.length, LONGEST_NAME) >> 1);
}
