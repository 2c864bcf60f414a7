// What instances announce to each other about reads, immediately and unreliably: one that misses a notice finds out at its next look.
import { randomBytes } from 'node:crypto';
import type { FleetNames } from './names.js';
import { Seal } from './seal.js';
import type { Store } from './store.js';

export type Notice =
  /** There is a head of this generation. */
  | { readonly kind: 'published'; readonly generation: number }
  /** Nobody reads at present. */
  | { readonly kind: 'free' }
  /** The reader must read again, if what it published was read before `since` (by the store's clock), or if these contents are the last. */
  | { readonly kind: 'wish'; readonly since: number; readonly broken: number };

const PATIENCE = 1000;

/** Sealed messages between instances about reads. Unreliable: receivers also poll. */
export class Notices {
  private readonly seal: Seal;
  private readonly channel: string;
  private readonly own = randomBytes(9).toString('base64url');
  private readonly leave: () => void;

  constructor(
    private readonly store: Store,
    names: FleetNames,
    private readonly reading: string,
    heard: (notice: Notice) => void,
  ) {
    this.seal = new Seal(names.derive('notices'), 'notice');
    this.channel = names.of('reads', reading);
    this.leave = store.subscribe(this.channel, (message) => {
      const notice = this.open(message);
      if (notice !== undefined) heard(notice);
    });
  }

  /** Never rejects. */
  async send(notice: Notice): Promise<void> {
    const octets = Buffer.from(JSON.stringify({ ...notice, from: this.own }), 'utf8');
    await this.store.publish(this.channel, this.seal.seal(octets, [this.reading]), PATIENCE).catch(() => {});
  }

  close(): void {
    this.leave();
  }

  /** Undefined for anything but a notice, and for what this instance has sent. */
  private open(message: Buffer): Notice | undefined {
    const octets = this.seal.open(message, [this.reading]);
    if (octets === undefined) return undefined;
    const { from, ...notice } = JSON.parse(octets.toString('utf8')) as Notice & { readonly from: string };
    return from === this.own ? undefined : notice;
  }
}
