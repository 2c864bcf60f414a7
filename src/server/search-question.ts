// A search as the response cache looks it up: by bytes, because decoding it costs more than answering it.
import type { View } from '../directory/view.js';
import type { Channel } from '../gate/session.js';
import { areSame, hashOf } from '../runtime/octet-hash.js';
import { idOctetsBefore, messageIDBefore } from '../wire/envelope.js';

/** Everything that could change a response, except the message ID, which is put in. */
export class Search {
  /** Of all that `equals` compares. */
  readonly hash: number;

  private constructor(
    /** The SearchRequest is what is from `start` to `end` of these. */
    private readonly octets: Buffer,
    private readonly start: number,
    private readonly end: number,
    readonly messageID: number,
    /** The bytes that the message ID takes: a response has room for exactly these. */
    readonly idOctets: number,
    /** The serial number of what may be seen. */
    private readonly view: number,
    private readonly channel: Channel,
    hash: number | undefined,
  ) {
    this.hash = hash ?? hashOf(octets, start, end, (view * 8 + idOctets) * 128 + channel.charCodeAt(0));
  }

  /**
   * The search in a message from `at` to `end` of this memory whose SearchRequest begins at `start`, and ends with it. The bytes must not change
   * while it is used.
   */
  static of(memory: Buffer, at: number, start: number, end: number, view: View, channel: Channel): Search {
    const idOctets = idOctetsBefore(memory, at, start);
    const messageID = messageIDBefore(memory, start, idOctets);
    return new Search(memory, start, end, messageID, idOctets, view.serial, channel, undefined);
  }

  /** Bytes of the SearchRequest. */
  get size(): number {
    return this.end - this.start;
  }

  /** True if the response to one is right for the other. */
  equals(other: Search): boolean {
    return (
      this.view === other.view &&
      this.channel === other.channel &&
      this.idOctets === other.idOctets &&
      this.size === other.size &&
      areSame(this.octets, this.start, other.octets, other.start, this.size)
    );
  }

  /** Copies the SearchRequest to the start of other memory; returns its length in bytes. */
  copyTo(memory: Buffer): number {
    return this.octets.copy(memory, 0, this.start, this.end);
  }

  /** The same search in other memory, which begins with a copy of the SearchRequest. */
  movedTo(memory: Buffer): Search {
    const { size, messageID, idOctets, view, channel, hash } = this;
    return new Search(memory.subarray(0, size), 0, size, messageID, idOctets, view, channel, hash);
  }
}
