// A process between proxy and upstream that delays every byte, in each direction, to simulate distance. TLS passes untouched.
import { connect, createServer, type Server, type Socket } from 'node:net';

const [to, delay] = process.argv.slice(2).map(Number) as [number, number];

/** Passes on bytes `delay` ms after they arrived, in order, and the end of the stream likewise. */
function pass(from: Socket, on: Socket): void {
  from.on('data', (chunk) => setTimeout(() => on.write(chunk), delay));
  from.on('end', () => setTimeout(() => on.end(), delay));
  from.on('close', () => setTimeout(() => on.destroy(), delay));
  from.on('error', () => {});
}

const server: Server = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
  const far = connect({ port: to, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
  pass(near, far);
  pass(far, near);
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as { port: number }).port));
process.once('disconnect', () => process.exit());
