// A peer that sends without end.
import type { Socket } from 'node:net';

/** No flood is longer: a product without a limit has failed by then. */
const MOST = 128 * 1024 * 1024;

/** Writes it again and again, as fast as it is taken, until the far end goes. Returns how to see what was written. */
export function flood(socket: Socket, first: Buffer, again: (i: number) => Buffer): { sent: number } {
  const seen = { sent: first.length };
  let i = 0;
  const go = () => {
    while (!socket.destroyed && seen.sent < MOST) {
      const octets = again(i++);
      seen.sent += octets.length;
      if (!socket.write(octets)) return void socket.once('drain', go);
    }
  };
  socket.write(first);
  go();
  return seen;
}
