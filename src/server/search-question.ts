// A search as the cache of responses looks it up: by octets, for to decode it costs more than to answer it.
import type { View } from '../directory/view.js';
import type { Channel } from '../gate/session.js';
import { hashOf, isSameFrom } from '../runtime/octet-hash.js';
import { idOctetsBefore } from '../wire/envelope.js';

/** Everything that could change a response; but for the message ID, which is put in. */
export class Search {
  /** Of all that `equals` compares. */
  readonly hash: number;

  /** `start` to the end: the SearchRequest within a message. `view`: the serial number of what may be seen. */
  private constructor(
    private readonly octets: Buffer,
    private readonly start: number,
    readonly messageID: number,
    /** How many octets the message ID takes: a response has room for so many. */
    readonly idOctets: number,
    private readonly view: number,
    private readonly channel: Channel,
    hash: number | undefined,
  ) {
    this.hash = hash ?? hashOf(octets, start, (view * 8 + idOctets) * 128 + channel.charCodeAt(0));
  }

  /** The search whose SearchRequest begins at `start` of its message, and ends with it. The octets are not to change as long as it is used. */
  static of(pdu: Buffer, start: number, view: View, channel: Channel): Search {
    const idOctets = idOctetsBefore(pdu, start);
    return new Search(pdu, start, pdu.readIntBE(start - idOctets, idOctets), idOctets, view.serial, channel, undefined);
  }

  /** Octets of the SearchRequest. */
  get size(): number {
    return this.octets.length - this.start;
  }

  /** True if whoever asks the one may be told what was told to whoever asked the other. */
  equals(other: Search): boolean {
    return (
      this.view === other.view &&
      this.channel === other.channel &&
      this.idOctets === other.idOctets &&
      isSameFrom(this.octets, this.start, other.octets, other.start)
    );
  }

  /** Copies the SearchRequest to the start of other memory; returns its octets. */
  copyTo(memory: Buffer): number {
    return this.octets.copy(memory, 0, this.start);
  }

  /** The same search in other memory, which begins with a copy of the SearchRequest. */
  movedTo(memory: Buffer): Search {
    const { messageID, idOctets, view, channel, hash } = this;
    return new Search(memory.subarray(0, this.size), 0, messageID, idOctets, view, channel, hash);
  }
}
