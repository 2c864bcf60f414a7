// How much memory an answer of the store can take: the package `redis` keeps what has arrived of it until it has all, whatever length the
// server says, and has no limit of its own. It does not give its socket to anyone either.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

/** Bytes that may arrive without one whole answer: more than anything Jumpgate asks for (the roll call has 2 MB at most). */
const MOST = 3 * 1024 * 1024;
/** Milliseconds from one look to the next. A server on the same machine got 50 MB of text in, and 400 MB of empty objects (2026-11). */
const LOOK = 50;

/** Ends a connection on which bytes keep arriving that never become an answer. */
export class AnswerBound {
  private before: number;
  private hasAnswered = false;
  private readonly timer: NodeJS.Timeout;

  /** `exceeded` is called once, and not after `end`. */
  constructor(
    private readonly socket: Pick<Socket, 'bytesRead'>,
    private readonly exceeded: () => void,
  ) {
    this.before = socket.bytesRead;
    this.timer = setInterval(() => this.look(), LOOK).unref();
  }

  /** An answer or a message has arrived whole. On the way of each bind. */
  answered(): void {
    this.hasAnswered = true;
  }

  end(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    const { bytesRead } = this.socket;
    if (this.hasAnswered) this.before = bytesRead;
    this.hasAnswered = false;
    if (bytesRead - this.before <= MOST) return;
    this.end();
    this.exceeded();
  }
}

/** The socket that `open` creates by net.connect before it returns (the channel net.client.socket of Node.js); undefined: none. */
export function socketOpenedIn(open: () => void): Socket | undefined {
  let opened: Socket | undefined;
  const see = (message: unknown) => {
    opened = (message as { readonly socket: Socket }).socket;
  };
  subscribe('net.client.socket', see);
  try {
    open();
  } finally {
    unsubscribe('net.client.socket', see);
  }
  return opened;
}
