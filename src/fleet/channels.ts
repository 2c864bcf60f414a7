// Who listens to which channel of the store. The store sends the messages of a channel once, however many listen to it here.

/** Bytes of a message that listeners receive; a purge has 8 KiB at most. Anyone who may write to the store may publish anything. */
export const MOST_MESSAGE = 16 * 1024;

interface Listener {
  readonly channel: string;
  readonly heard: (message: Buffer) => void;
}

/** The listeners of all channels; they outlive the connection that the messages come by. `defect` receives what one of them throws. */
export class Channels {
  private readonly listeners = new Set<Listener>();

  constructor(private readonly defect: (error: unknown) => void) {}

  /** Channels that somebody listens to. */
  get names(): readonly string[] {
    return [...new Set([...this.listeners].map(({ channel }) => channel))];
  }

  /** True while somebody listens to the channel. */
  has(channel: string): boolean {
    return [...this.listeners].some((each) => each.channel === channel);
  }

  /** Returns a function to leave, which answers true the first time. */
  add(channel: string, heard: (message: Buffer) => void): () => boolean {
    const listener = { channel, heard };
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Drops a message that is too long. */
  deliver(channel: string, message: Buffer): void {
    if (message.length > MOST_MESSAGE) return;
    for (const each of [...this.listeners]) {
      if (each.channel !== channel) continue;
      try {
        each.heard(message);
      } catch (error) {
        this.defect(error);
      }
    }
  }

  clear(): void {
    this.listeners.clear();
  }
}
