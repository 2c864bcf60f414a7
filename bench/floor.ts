// The floor, the least that a proxy in Node.js costs: it forwards binds over warm TLS connections, hand-written, and does nothing else. No gate,
// limits, log, look-ups or error handling; it is not a product. `floor.ts PORT UPSTREAM-PORT CA-FILE`.
import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { connect, createSecureContext, type TLSSocket } from 'node:tls';
import { LOCAL_DN, ORG_DN } from './people.js';

const [port, upstreamPort, caFile = ''] = process.argv.slice(2);
/** Connections upstream, one bind in flight on each. */
const POOL = 64;
const LOCAL = Buffer.from(LOCAL_DN);
const UPSTREAM = Buffer.from(ORG_DN);
const BIND = 0x60;
const UNBIND = 0x42;
const ca = readFileSync(caFile);
const secureContext = createSecureContext({ ca });

interface Waiting {
  readonly client: Socket;
  readonly request: Buffer;
}

const idle: Upstream[] = [];
const queue: Waiting[] = [];
let opened = 0;

/** One connection upstream; the client's message ID goes with the bind and comes back with its answer. */
class Upstream {
  private client: Socket | undefined;
  private readonly socket: TLSSocket;

  constructor(ready: (upstream: Upstream) => void) {
    this.socket = connect(
      { host: '127.0.0.1', port: Number(upstreamPort), servername: 'localhost', ca, secureContext },
      () => ready(this),
    );
    this.socket.setNoDelay(true);
    this.socket.on('data', (answer: Buffer) => this.answered(answer));
  }

  take({ client, request }: Waiting): void {
    this.client = client;
    this.socket.write(request);
  }

  /** A bind response arrives in one piece: slapd writes it that way. */
  private answered(answer: Buffer): void {
    this.client?.write(answer);
    const next = queue.shift();
    if (next === undefined) idle.push(this);
    else this.take(next);
  }
}

function forward(waiting: Waiting): void {
  const upstream = idle.pop();
  if (upstream !== undefined) upstream.take(waiting);
  else if (opened++ < POOL) new Upstream((made) => made.take(waiting));
  else queue.push(waiting);
}

/** The request with the upstream's suffix in place of the local one. Lengths up to 255 bytes. */
function massaged(pdu: Buffer): Buffer {
  const at = pdu.indexOf(LOCAL);
  if (at < 0) return pdu;
  const more = UPSTREAM.length - LOCAL.length;
  const id = pdu.subarray(2, 4 + pdu[3]!);
  const name = 2 + id.length + 2 + VERSION.length;
  const before = pdu.subarray(name + 2, at);
  const behind = pdu.subarray(at + LOCAL.length);
  const nameHead = head(0x04, pdu[name + 1]! + more);
  const length = 3 + nameHead.length + before.length + UPSTREAM.length + behind.length;
  const opHead = head(BIND, length);
  const whole = head(0x30, id.length + opHead.length + length);
  return Buffer.concat([whole, id, opHead, VERSION, nameHead, before, UPSTREAM, behind]);
}

const VERSION = Buffer.from([0x02, 0x01, 0x03]);
const head = (tag: number, length: number) => Buffer.from(length < 0x80 ? [tag, length] : [tag, 0x81, length]);

createServer({ noDelay: true }, (client) => {
  let rest: Buffer | undefined;
  client.on('error', () => client.destroy());
  client.on('data', (chunk: Buffer) => {
    let octets = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
    for (; octets.length >= 2 && octets.length >= 2 + octets[1]!; octets = octets.subarray(2 + octets[1]!)) {
      const pdu = octets.subarray(0, 2 + octets[1]!);
      const op = pdu[4 + pdu[3]!];
      if (op === BIND) forward({ client, request: massaged(pdu) });
      else if (op === UNBIND) client.end();
    }
    rest = octets.length > 0 ? octets : undefined;
  });
}).listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 });
