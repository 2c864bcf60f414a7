// memberOf as it is shown: made from the groups' own lists, so that it is there and agrees with `member` whatever the upstream shows. Pure.
import type { Layout } from '../layout/layout.js';
import { withoutOptionalUid } from '../layout/local-attributes.js';
import type { VisibleNames } from '../layout/visible-names.js';
import { valuesOf } from '../ldap/attributes.js';
import type { Attribute } from '../ldap/message.js';
import type { Steps } from '../runtime/cooperative.js';
import { ShardedMap } from '../runtime/sharded-map.js';
import type { UpstreamEntry } from './reader.js';

/** Attributes that list members by their names. */
const LISTS = ['member', 'uniqueMember'];

/** Values between two places where the work may be interrupted. */
const VALUES_PER_STEP = 64;

/** Lives while one snapshot is built. */
export class MemberOf {
  /** Local names of groups, by the dnKeys of those whom they list. */
  private readonly groups = new ShardedMap<Buffer[]>();
  private readonly isHidden: boolean;

  constructor(
    private readonly visible: VisibleNames,
    layout: Layout,
  ) {
    this.isHidden = layout.isHidden('memberOf');
  }

  /** Takes the members of an upstream group down. */
  *add(group: UpstreamEntry, localDN: string): Steps<void> {
    if (this.isHidden) return;
    const name = Buffer.from(localDN, 'utf8');
    let count = 0;
    for (const type of LISTS) {
      for (const value of valuesOf(group, type)) {
        if (++count % VALUES_PER_STEP === 0) yield;
        this.enter(this.visible.keyOf(withoutOptionalUid(value.toString('utf8'))), name);
      }
    }
  }

  private enter(key: string, group: Buffer): void {
    const groups = this.groups.get(key);
    if (groups === undefined) this.groups.set(key, [group]);
    // Groups come one after the other: one that is there already is the last.
    else if (groups[groups.length - 1] !== group) groups.push(group);
  }

  /** The attributes of the entry of this upstream name, with its `memberOf` if it has any. */
  addTo(attributes: Attribute[], upstreamDN: string): Attribute[] {
    const values = this.groups.get(this.visible.keyOf(upstreamDN));
    if (values !== undefined) attributes.push({ type: 'memberOf', values });
    return attributes;
  }
}
