// Accounts that the upstream tells apart and that would have one name here: nobody can be taken for one of them. Pure.
import { textKey } from '../ldap/matching.js';

/** Two accounts or more whose local names are equal. */
export interface Twins {
  /** dnKey of their local name. */
  readonly key: string;
  /** Their uids, as the upstream spells them. */
  readonly uids: readonly string[];
  /** Their names, as the upstream spells them. */
  readonly upstreamDNs: readonly string[];
}

/** The twins of one snapshot, by what a bind may name them. */
export class TwinNames {
  private readonly keys: ReadonlySet<string>;
  private readonly uids: ReadonlySet<string | undefined>;

  constructor(readonly all: readonly Twins[]) {
    this.keys = new Set(all.map(({ key }) => key));
    this.uids = new Set(all.flatMap(({ uids }) => uids.map(uidKey)));
  }

  /** `key`: the dnKey of a local name. */
  hasName(key: string): boolean {
    return this.keys.size > 0 && this.keys.has(key);
  }

  hasUid(uid: string): boolean {
    return this.uids.size > 0 && this.uids.has(uidKey(uid));
  }
}

/** The comparison key of a uid; undefined for one that has none. */
export function uidKey(uid: string): string | undefined {
  return textKey('uid', uid);
}
