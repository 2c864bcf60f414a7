// A relay between product and upstream that does harm: it ends TLS, looks at every message, and spoils what the test says.
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import { type Authority, makeAuthority } from '../../src/demo/certificate.js';
import type { LDAPMessage, Response } from '../../src/ldap/message.js';
import { decodeRequest, decodeResponse } from '../../src/wire/decode.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { Framer } from '../../src/wire/frame.js';

/** What a relay may do. */
export const MODES = [
  'pass',
  /** Nobody listens, and connected clients are reset. */
  'refuse',
  /** Accepts and says nothing, not even to a TLS hello. */
  'hang in the handshake',
  /** The handshake is done; nothing is ever answered. */
  'hang',
  /** Connections that are open go silent; new ones work. */
  'silence the old',
  'reset in mid-answer',
  'reset at a bind',
  'one byte at a time',
  'garbage',
  'wrong message ids',
  'doubled answers',
  'notice of disconnection',
  'busy',
  'unavailable',
  'code 14',
  'expired certificate',
  'certificate for another name',
] as const;
export type Mode = (typeof MODES)[number];

const CODES: Partial<Record<Mode, number>> = { busy: 51, unavailable: 52, 'code 14': 14 };
/** These concern the making of connections: what is open is ended first. */
const NEW_CONNECTIONS: readonly Mode[] = [
  'refuse',
  'hang in the handshake',
  'expired certificate',
  'certificate for another name',
];
const NOTICE = encodeMessage({
  messageID: 0,
  op: {
    kind: 'extendedResponse',
    result: { code: 52, matchedDN: '', text: '' },
    responseName: '1.3.6.1.4.1.1466.20036',
  },
});
const LARGEST = 16 * 1024 * 1024;

/** An upstream to pass things on to. */
export interface Behind {
  readonly port: number;
  readonly caPem: string;
}

export class Relay {
  /** Binds that arrived, by name. */
  readonly binds = new Map<string, number>();
  connections = 0;
  port = 0;
  private current: Mode = 'pass';
  private server: Server | undefined;
  private readonly sockets = new Set<Socket>();
  private readonly silenced = new WeakSet<Socket>();

  private constructor(
    private readonly behind: Behind,
    readonly caPem: string,
    private readonly contexts: Readonly<Record<'good' | 'expired' | 'another', SecureContext>>,
  ) {}

  /** `authority`: shared by relays that one product talks to. */
  static async start(behind: Behind, authority?: Authority): Promise<Relay> {
    const { caPem, issue } = authority ?? (await makeAuthority());
    const context = async (...which: Parameters<Authority['issue']>) => {
      const { certPem, keyPem } = await issue(...which);
      return createSecureContext({ cert: certPem, key: keyPem });
    };
    const relay = new Relay(behind, caPem, {
      good: await context(['localhost']),
      expired: await context(['localhost'], new Date(Date.now() - 86_400_000)),
      another: await context(['ldap.example.org']),
    });
    await relay.listen();
    return relay;
  }

  get url(): string {
    return `ldaps://localhost:${this.port}`;
  }

  get openConnections(): number {
    return this.sockets.size;
  }

  bindsOf(name: string): number {
    return this.binds.get(name) ?? 0;
  }

  /** Resolves when it is so. What is open stays open, unless the mode says otherwise. */
  async become(mode: Mode): Promise<void> {
    this.current = mode;
    if (mode === 'silence the old') for (const socket of this.sockets) this.silenced.add(socket);
    if (NEW_CONNECTIONS.includes(mode)) this.cut();
    if (mode === 'refuse') await this.close();
    else if (this.server === undefined) await this.listen();
  }

  /** Ends what is open in order, as an upstream does with connections that were idle for too long. */
  endAll(): void {
    for (const socket of this.sockets) socket.end();
  }

  async stop(): Promise<void> {
    this.cut();
    await this.close();
  }

  private cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private async close(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (server !== undefined) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  private async listen(): Promise<void> {
    const server = createServer({ noDelay: true }, (socket) => this.accept(socket));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.port, '127.0.0.1', resolve);
    });
    this.server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  private accept(raw: Socket): void {
    this.connections++;
    this.sockets.add(raw);
    raw.on('error', () => {});
    raw.on('close', () => this.sockets.delete(raw));
    if (this.current === 'hang in the handshake') return void raw.resume();
    const { contexts, current } = this;
    const secureContext =
      current === 'expired certificate'
        ? contexts.expired
        : current === 'certificate for another name'
          ? contexts.another
          : contexts.good;
    const near = new TLSSocket(raw, { isServer: true, secureContext });
    near.on('error', () => raw.destroy());
    const far = connectTls({
      host: '127.0.0.1',
      port: this.behind.port,
      ca: this.behind.caPem,
      servername: 'localhost',
    });
    far.setNoDelay(true);
    far.on('error', () => raw.destroy());
    far.on('close', () => near.end());
    near.on('close', () => far.destroy());
    const isSilent = () => this.current === 'hang' || this.silenced.has(raw);
    const requests = new Framer(LARGEST);
    near.on('data', (chunk: Buffer) => {
      requests.push(chunk);
      for (let pdu = requests.next(); pdu !== undefined; pdu = requests.next()) {
        const { op } = decodeRequest(pdu);
        if (op.kind === 'bindRequest') this.binds.set(op.name, this.bindsOf(op.name) + 1);
        if (op.kind === 'bindRequest' && this.current === 'reset at a bind') return void raw.resetAndDestroy();
        if (!isSilent()) far.write(pdu);
      }
    });
    const answers = new Framer(LARGEST);
    far.on('data', (chunk: Buffer) => {
      answers.push(chunk);
      for (let pdu = answers.next(); pdu !== undefined; pdu = answers.next()) {
        if (!isSilent()) this.answer(pdu, near, raw);
      }
    });
  }

  private answer(pdu: Buffer, near: TLSSocket, raw: Socket): void {
    const message = decodeResponse(pdu);
    const code = CODES[this.current];
    if (code !== undefined) return void near.write(withCode(message, code));
    switch (this.current) {
      case 'reset in mid-answer':
        near.write(pdu.subarray(0, 5), () => raw.resetAndDestroy());
        return;
      case 'one byte at a time':
        return dribble(pdu, near);
      case 'garbage':
        return void near.write(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'));
      case 'wrong message ids':
        return void near.write(encodeMessage({ ...message, messageID: message.messageID + 1000 }));
      case 'doubled answers':
        return void near.write(Buffer.concat([pdu, pdu]));
      case 'notice of disconnection':
        return void near.end(NOTICE);
      default:
        near.write(pdu);
    }
  }
}

/** The same answer with another code, if it has one; entries stay as they are. */
function withCode(message: LDAPMessage<Response>, code: number): Buffer {
  const { op } = message;
  if (!('result' in op)) return encodeMessage(message);
  return encodeMessage({ ...message, op: { ...op, result: { ...op.result, code } } });
}

function dribble(pdu: Buffer, socket: Socket): void {
  let sent = 0;
  const next = () => {
    if (sent < pdu.length && !socket.destroyed) socket.write(pdu.subarray(sent, ++sent), () => setImmediate(next));
  };
  next();
}
