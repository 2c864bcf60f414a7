// The port through which the mirror sees the upstream directory. The directory says what it needs; upstream/ provides it.
import type { Attribute } from '../ldap/message.js';

/** One entry as the upstream sent it: upstream names, raw bytes. */
export interface UpstreamEntry {
  readonly dn: string;
  readonly attributes: readonly Attribute[];
  /** All of it as it came, where that is at hand: equal bytes are equal entries. */
  readonly octets?: Buffer;
}

/** Everything that a snapshot is built from, from one complete read. */
export interface UpstreamImage {
  /** The groups that let people in, by their configured names: those that exist and have members. */
  readonly gates: ReadonlyMap<string, UpstreamEntry>;
  /** True where everybody gets in somewhere (`everyone: true`). */
  readonly everyone: boolean;
  /** The other configured groups. They let nobody in. */
  readonly missing?: readonly MissingGroup[];
  /** People whose `memberOf` names at least one of the gates, by the upstream's own comparison; all people with `everyone`. */
  readonly users: readonly UpstreamEntry[];
  /** groupOfNames and posixGroup entries, unfiltered; the layout decides what of them is visible. */
  readonly groups: readonly UpstreamEntry[];
  /** The upstream's subschema entry (RFC 4512 4.2), where it can be read. */
  readonly schema?: UpstreamEntry;
  /** Set where the upstream ended a search early, and the lists were read in parts. */
  readonly searchLimit?: SearchLimit;
  /** `imageDigest` of it, where that is known. */
  readonly digest?: string;
  /** Milliseconds since it was read, where another instance has read it. */
  readonly age?: number;
  /** True: it says what the last one with this `digest` said, and its lists are left empty. */
  readonly isRepeated?: true;
}

/** How new a read has to be: as usual, or read after it was asked for. */
export type Wanted = 'usual' | 'new';

/** A configured group that lets nobody in, while others do. */
export interface MissingGroup {
  readonly name: string;
  /** It does not exist, or the reader may not see it; or it has no member. */
  readonly cause: 'no-group' | 'empty-group';
}

/** How an upstream ends a search before its end (RFC 4511 A.2): 3 timeLimitExceeded, 4 sizeLimitExceeded, 11 adminLimitExceeded. */
export interface SearchLimit {
  readonly code: 3 | 4 | 11;
  /** That came before the end, over all pages. */
  readonly entries: number;
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
      | 'shrunk' // fewer than half of the members are left: not accepted immediately
      | 'partial' // the read ended early: a cut connection, or no time left
      | 'unseen' // the group has members, and the reader finds none of them
      | 'size-limit' // the upstream ends a search at some entries (4), also one for a few
      | 'time-limit' // the upstream ends a search after some time (3), even one for a few entries
      | 'admin-limit' // the upstream refuses a search that costs too much (11), even one for a few entries
      | 'too-large' // more bytes or entries than directory.limits allows
      | 'failed', // anything else
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'ReadError';
  }
}

const LIMIT_KINDS = { 3: 'time-limit', 4: 'size-limit', 11: 'admin-limit' } as const;

/** Errors of the list alone: the upstream answers, and anyone who logs in can be looked up. */
const LIST_FAULTS: readonly ReadError['kind'][] = ['size-limit', 'time-limit', 'admin-limit', 'too-large', 'partial'];
/** Errors that another try a moment later would meet again. */
const LASTING: readonly ReadError['kind'][] = ['size-limit', 'time-limit', 'admin-limit', 'too-large'];

/** True if the list cannot be read and the upstream can be asked about one person. */
export function isListFault(kind: ReadError['kind']): boolean {
  return LIST_FAULTS.includes(kind);
}

/** True for an error that comes from the amount of data to read. */
export function isLastingFault(kind: ReadError['kind']): boolean {
  return LASTING.includes(kind);
}

/** In words, without a remedy. */
export function searchLimitText({ code, entries }: SearchLimit): string {
  switch (code) {
    case 3:
      return `the directory ended a search at its own time limit (timeLimitExceeded, 3), after ${entries} entries`;
    case 4:
      return `the directory ended a search at ${entries} entries (sizeLimitExceeded, 4)`;
    case 11:
      return 'the directory refused a search that costs more than it allows (adminLimitExceeded, 11)';
  }
}

/** The limit as the reason why a read failed. `also`: what was tried with less. */
export function limitFault(limit: SearchLimit, also: string): ReadError {
  return new ReadError(LIMIT_KINDS[limit.code], `${searchLimitText(limit)}, ${also}`);
}

/** A person that was looked up. */
export interface FoundPerson {
  readonly entry: UpstreamEntry;
  /** The configured names of the groups that it is in: by its own `memberOf` and by the group's `member`, as in the mirror. */
  readonly gates: readonly string[];
  /** True if it belongs in the mirror: it is in at least one of the gates, or everybody is. */
  readonly isMember: boolean;
}

export interface Reader {
  /**
   * Reads the gates, their members and all groups, paged, over one connection. Rejects with ReadError for a failed read, and if no gate is left
   * and not everybody gets in; never returns a part. `wanted` matters where instances share what one of them reads.
   */
  read(wanted?: Wanted): Promise<UpstreamImage>;
  /**
   * Looks people up upstream by attribute value (0, 1 or more results), and returns the gates that each is in. By `uid` it finds only the person
   * with that name. The number of questions does not depend on the answer, so their time reveals nothing: one by `uid`, two by `mail` and `cn`
   * (more only for more gates than one question can name). Rejects with ReadError.
   */
  lookUp(attribute: 'uid' | 'mail' | 'cn', value: string): Promise<readonly FoundPerson[]>;
  /** Closes the connections for good: what is under way is rejected, and so are later calls. */
  close(): void;
}
