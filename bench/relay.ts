// A process between proxy and upstream that holds every octet for a while, each way: distance, and nothing else. TLS passes untouched.
import { connect, createServer, type Server, type Socket } from 'node:net';

const [to, delay] = process.argv.slice(2).map(Number) as [number, number];

/** Octets arrive `delay` ms after they came, in order, and so does the end. */
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
