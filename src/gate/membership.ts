// Whether somebody is a member: known by the snapshot, or about to be, when the upstream is asked beside the password check.
import type { Lookup, Newcomers } from './ports.js';

export type Found = Lookup | { readonly kind: 'member' };

export class Membership {
  private found: Found | undefined;
  private next: ((found: Found) => void) | undefined;

  /** It is known already. */
  settle(found: Found): void {
    this.found = found;
    this.next?.(found);
  }

  /** The upstream is asked now. */
  ask(newcomers: Newcomers, uid: string): void {
    newcomers.confirm(uid, (found) => this.settle(found));
  }

  /** Calls `next` once it is known: at once, or when the answer comes. */
  whenKnown(next: (found: Found) => void): void {
    if (this.found === undefined) this.next = next;
    else next(this.found);
  }
}
