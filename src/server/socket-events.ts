// A client's socket and who it belongs to: its events come by functions that all connections share, its bytes by the shortest way.
import { Socket } from 'node:net';

/** Receives the events of a socket. None of these throws. */
export interface SocketOwner {
  socketRead(chunk: Buffer): void;
  socketEnded(): void;
  socketDrained(): void;
  socketFailed(error: NodeJS.ErrnoException): void;
  socketClosed(): void;
}

const OWNER = Symbol('owner');

type Owned = Socket & { [OWNER]?: SocketOwner | undefined };

/** All that happens on the socket from now on is for its owner; data flows. */
export function listenTo(socket: Owned, owner: SocketOwner): void {
  socket[OWNER] = owner;
  socket.push = push;
  socket.on('data', read);
  socket.on('end', ended);
  socket.on('error', failed);
  socket.on('close', closed);
}

/** What comes from now on is read by somebody else: TLS, or who waits for its beginning. */
export function stopReading(socket: Owned): void {
  socket.push = Socket.prototype.push;
  socket.removeListener('data', read);
}

/** Calls the owner, once, when the socket has room again: few clients are ever behind. */
export function whenDrained(socket: Owned): void {
  socket.once('drain', drained);
}

/**
 * Node.js calls this with bytes that have arrived. While they flow and none are kept, they go to the owner immediately, as with 'data'. But the
 * stream would ask in the next tick whether it should read more, though it already does. That tick costs 0.45 KB of garbage and 1.5 µs for each read
 * (Node 20.20.2; `npx tsx bench/garbage.ts` shows it as maybeReadMore and processPromiseRejections). Everything else is left to the stream: the end,
 * bytes that arrive while it is paused, and those behind them.
 */
function push(this: Owned, chunk: Buffer | null, encoding?: BufferEncoding): boolean {
  const owner = this[OWNER];
  if (chunk === null || owner === undefined || this.readableFlowing !== true || this.readableLength > 0)
    return Socket.prototype.push.call(this, chunk, encoding);
  owner.socketRead(chunk);
  return true;
}

function read(this: Owned, chunk: Buffer): void {
  this[OWNER]?.socketRead(chunk);
}

function ended(this: Owned): void {
  this[OWNER]?.socketEnded();
}

function drained(this: Owned): void {
  this[OWNER]?.socketDrained();
}

function failed(this: Owned, error: NodeJS.ErrnoException): void {
  this[OWNER]?.socketFailed(error);
}

function closed(this: Owned): void {
  this[OWNER]?.socketClosed();
}
