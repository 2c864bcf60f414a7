// The PROXY header in front of a connection: read before anything else, so limits and logs see the client itself.
import type { Socket } from 'node:net';
import { type ProxyHeader, readProxyHeader } from './proxy-header.js';

type Header = Extract<ProxyHeader, { kind: 'header' }>;

/**
 * Waits for the header, at most `time` ms, and calls `introduced` with it; the socket is paused then and has what came behind.
 * Otherwise ends the socket and calls `failed` with the reason and whether the client had sent nothing, or `defect` with what was thrown here. One of
 * them is called, once, unless the client leaves silently.
 */
export function awaitProxyHeader(
  socket: Socket,
  time: number,
  introduced: (header: Header) => void,
  failed: (why: string, isSilent: boolean) => void,
  defect: (error: unknown) => void,
): void {
  let received: Buffer = Buffer.alloc(0);
  const stop = () => {
    clearTimeout(timer);
    socket.removeListener('data', read);
    socket.removeListener('end', left);
    socket.removeListener('close', left);
    socket.removeListener('error', left);
  };
  const fail = (why: string) => {
    stop();
    socket.on('error', () => {});
    socket.destroy();
    failed(why, received.length === 0);
  };
  const left = () => fail('the client left before its PROXY header was whole');
  const headerOf = (chunk: Buffer): ProxyHeader | undefined => {
    try {
      // Bounded: the reader calls for more only up to the longest header.
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      return readProxyHeader(received);
    } catch (error) {
      stop();
      socket.on('error', () => {});
      socket.destroy();
      defect(error);
      return undefined;
    }
  };
  const read = (chunk: Buffer) => {
    const header = headerOf(chunk);
    if (header === undefined) return;
    if (header.kind === 'incomplete') return;
    if (header.kind === 'invalid') return fail(header.why);
    stop();
    socket.pause();
    if (received.length > header.length) socket.unshift(received.subarray(header.length));
    introduced(header);
  };
  const timer = setTimeout(() => fail('no PROXY header in time'), time);
  socket.on('data', read);
  socket.on('end', left);
  socket.on('close', left);
  socket.on('error', left);
}
