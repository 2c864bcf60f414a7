// The port through which the mirror sees the upstream directory. The directory says what it needs; upstream/ provides it.
import type { Attribute } from '../ldap/message.js';

/** One entry as the upstream sent it: upstream names, raw octets. */
export interface UpstreamEntry {
  readonly dn: string;
  readonly attributes: readonly Attribute[];
  /** All of it as it came, where that is at hand: equal octets are equal entries. */
  readonly octets?: Buffer;
}

/** Everything that a snapshot is built from, from one complete read. */
export interface UpstreamImage {
  /** The configured group's entry; undefined only where the restriction is switched off (`group.everyone`). */
  readonly group: UpstreamEntry | undefined;
  /** People whose `memberOf` names the group, by the upstream's own comparison; everybody with `group.everyone`. */
  readonly users: readonly UpstreamEntry[];
  /** groupOfNames and posixGroup entries, unfiltered; the layout decides what of them is visible. */
  readonly groups: readonly UpstreamEntry[];
}

/** Why a read failed, in words for the operator. `kind` is closed so that the check and the log can name a remedy. */
export class ReadError extends Error {
  constructor(
    readonly kind:
      | 'unreachable' // DNS, TCP, time-out, reset
      | 'tls' // certificate or name not accepted, handshake failed
      | 'refused' // the reader's bind was refused (49 and its like)
      | 'no-base' // the base DN is not there or not readable
      | 'no-group' // the group is not there, or the reader may not see it
      | 'empty-group' // the group has no member
      | 'shrunk' // fewer than half of the members are left: not believed at once
      | 'partial' // the read ended early: size or time limit, a cut connection, fewer users than members
      | 'too-large' // more octets or entries than directory.limits allows
      | 'failed', // anything else
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'ReadError';
  }
}

export interface FoundPerson {
  readonly entry: UpstreamEntry;
  /** By the entry's `memberOf` and by the group's `member`, as in the mirror; true for everybody with `group.everyone`. */
  readonly isMember: boolean;
}

export interface Reader {
  /** Reads the group, its members and the groups, paged, over one connection. Rejects with ReadError; never returns a part. */
  read(): Promise<UpstreamImage>;
  /**
   * Looks people up upstream by attribute value (0, 1 or more), and says of each whether it is a member of the group. By `uid` only whose
   * own name it is. As many questions whatever the answer, so that their time tells nothing: one by `uid`, two by `mail`. Rejects with
   * ReadError.
   */
  lookUp(attribute: 'uid' | 'mail', value: string): Promise<readonly FoundPerson[]>;
  /** Closes the connections for good: what is under way is rejected, and so are later calls. */
  close(): void;
}
