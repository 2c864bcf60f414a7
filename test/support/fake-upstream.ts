// An upstream that does exactly what a test tells it: a TLS (or TCP) server that hands each request to a script.
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { type Authority, type Issued, makeAuthority } from '../../src/demo/certificate.js';
import type { LDAPMessage, Request } from '../../src/ldap/message.js';
import { decodeRequest } from '../../src/wire/decode.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { Framer } from '../../src/wire/frame.js';

export type Script = (message: LDAPMessage<Request>, socket: Socket) => void;

let authority: Promise<Authority> | undefined;
/** One authority for all tests of a file. */
export function testAuthority(): Promise<Authority> {
  authority ??= makeAuthority();
  return authority;
}

export class FakeUpstream {
  /** The names of all binds in the order of their arrival; those without a name are counted apart. */
  readonly binds: string[] = [];
  anonymousBinds = 0;
  /** Everything that any client sent, after decryption. */
  readonly requests: LDAPMessage<Request>[] = [];
  connections = 0;
  port = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly caPem: string,
    readonly scheme: 'ldaps' | 'ldap',
    public script: Script,
  ) {}

  /** `certificate` undefined: plain TCP. `connected` may do harm before a request comes. */
  static async start(
    script: Script,
    options: { certificate?: Issued; cleartext?: boolean; connected?: (socket: Socket) => void; port?: number } = {},
  ): Promise<FakeUpstream> {
    const { caPem, issue } = await testAuthority();
    const issued = options.certificate ?? (await issue(['localhost', '127.0.0.1']));
    const accept = (socket: Socket) => upstream.accept(socket, options.connected);
    const server =
      options.cleartext === true
        ? createTcpServer(accept)
        : createTlsServer({ cert: issued.certPem, key: issued.keyPem }, accept);
    server.on('tlsClientError', () => {});
    const upstream = new FakeUpstream(server, caPem, options.cleartext === true ? 'ldap' : 'ldaps', script);
    await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
    upstream.port = (server.address() as AddressInfo).port;
    return upstream;
  }

  get url(): string {
    return `${this.scheme}://localhost:${this.port}`;
  }

  /** Resets every open connection. */
  dropConnections(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** Ends every open connection in order, as an upstream does that finds them idle for too long. */
  endConnections(): void {
    for (const socket of this.sockets) socket.end();
  }

  get openConnections(): number {
    return this.sockets.size;
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.dropConnections();
    await closed;
  }

  private accept(socket: Socket, connected: ((socket: Socket) => void) | undefined): void {
    this.connections++;
    // A handshake was under way when it stopped.
    if (!this.server.listening) return void socket.destroy();
    this.sockets.add(socket);
    const framer = new Framer(1024 * 1024);
    // After something that is not LDAP (a TLS hello on plain TCP), it stops reading, and never answers.
    let isDeaf = false;
    socket.on('error', () => {});
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      if (isDeaf) return;
      framer.push(chunk);
      try {
        for (let pdu = framer.next(); pdu !== undefined; pdu = framer.next()) {
          const message = decodeRequest(pdu);
          this.requests.push(message);
          if (message.op.kind === 'bindRequest') {
            if (message.op.name === '') this.anonymousBinds++;
            else this.binds.push(message.op.name);
          }
          this.script(message, socket);
        }
      } catch {
        isDeaf = true;
      }
    });
    connected?.(socket);
  }
}

/** Bytes of a bind response. */
export function bindResponse(messageID: number, code: number): Buffer {
  return encodeMessage({ messageID, op: { kind: 'bindResponse', result: { code, matchedDN: '', text: '' } } });
}

/** Answers every bind with a code. */
export const answering =
  (code: number): Script =>
  ({ messageID, op }, socket) => {
    if (op.kind === 'bindRequest') socket.write(bindResponse(messageID, code));
  };

export const silent: Script = () => {};
