// The names that one snapshot shows: which upstream names lead to a visible entry, and what that entry is called here. Pure.
import { dnKey, parseDN } from '../ldap/dn.js';
import { ShardedMap } from '../runtime/sharded-map.js';

/** Lives while one snapshot is built. Each spelling of a name is parsed once, for groups repeat their members' names. */
export class VisibleNames {
  private readonly keys = new ShardedMap<string>();
  /** Local names as bytes: one buffer each, however many entries name it. */
  private readonly people = new ShardedMap<Buffer>();
  private readonly groups = new Map<string, Buffer>();
  private readonly uids = new ShardedMap<true>();

  /** dnKey of a name; '' for anything else. */
  keyOf(dn: string): string {
    let key = this.keys.get(dn);
    if (key === undefined) {
      const parsed = parseDN(dn);
      key = parsed === undefined ? '' : dnKey(parsed);
      this.keys.set(dn, key);
    }
    return key;
  }

  addPerson(upstreamDN: string, uid: string, localDN: string): void {
    this.people.set(this.keyOf(upstreamDN), Buffer.from(localDN, 'utf8'));
    this.uids.set(uid, true);
  }

  addGroup(upstreamDN: string, localDN: string): void {
    this.groups.set(this.keyOf(upstreamDN), Buffer.from(localDN, 'utf8'));
  }

  isPerson(upstreamDN: string): boolean {
    return this.people.has(this.keyOf(upstreamDN));
  }

  isUid(uid: string): boolean {
    return this.uids.has(uid);
  }

  /** The local name of the visible entry that this upstream name leads to, spelt as that entry's own name; else undefined. */
  localName(upstreamDN: string): Buffer | undefined {
    const key = this.keyOf(upstreamDN);
    return this.people.get(key) ?? this.groups.get(key);
  }
}
