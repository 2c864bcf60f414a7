// A small LDAP client for tests: speaks our own codec over a raw socket, waits for conditions, never for times.
import { connect as connectTcp, Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { parseFilter } from '../../src/ldap/filter-text.js';
import type {
  BindRequest,
  Control,
  LDAPMessage,
  LDAPResult,
  Request,
  Response,
  SearchRequest,
  SearchResultEntry,
} from '../../src/ldap/message.js';
import { Scope } from '../../src/ldap/message.js';
import { decodeResponse } from '../../src/wire/decode.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { Framer } from '../../src/wire/frame.js';

export interface SearchOptions {
  readonly base?: string;
  readonly scope?: Scope;
  readonly filter?: string;
  readonly attributes?: readonly string[];
  readonly sizeLimit?: number;
  readonly timeLimit?: number;
  readonly typesOnly?: boolean;
  readonly controls?: readonly Control[];
}

const TEST_TIMEOUT = 15_000;

export function simpleBind(name: string, password: string | Buffer, version = 3): BindRequest {
  return {
    kind: 'bindRequest',
    version,
    name,
    authentication: { method: 'simple', password: typeof password === 'string' ? Buffer.from(password) : password },
  };
}

export function searchRequest(options: SearchOptions = {}): SearchRequest {
  return {
    kind: 'searchRequest',
    baseObject: options.base ?? '',
    scope: options.scope ?? Scope.wholeSubtree,
    derefAliases: 0,
    sizeLimit: options.sizeLimit ?? 0,
    timeLimit: options.timeLimit ?? 0,
    typesOnly: options.typesOnly ?? false,
    filter: parseFilter(options.filter ?? '(objectClass=*)'),
    attributes: options.attributes ?? [],
  };
}

/** A TLS connection to a port of this machine, for a look at the handshake. Rejects with what it failed by. */
export async function shakeHands(port: number, ca: string, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connectTls({ port, host: '127.0.0.1', ca, servername: 'localhost', ...options });
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
  });
  return socket;
}

/** One connection. `received` holds every message so far; `raw` every byte. */
export class Client {
  readonly received: LDAPMessage<Response>[] = [];
  readonly raw: Buffer[] = [];
  isClosed = false;
  private framer = new Framer(16 * 1024 * 1024);
  private nextID = 1;
  private waiters: (() => void)[] = [];

  private constructor(private socket: Socket) {
    this.listenTo(socket);
  }

  /** By URL, by port (with TLS or without), or by a socket that is connected already. */
  static async open(
    url: string | Socket | { port: number; tls?: boolean; ca?: string; servername?: string },
  ): Promise<Client> {
    if (url instanceof Socket) return new Client(url);
    const target = typeof url === 'string' ? { port: Number(new URL(url).port), tls: url.startsWith('ldaps:') } : url;
    const options: { ca?: string; servername?: string } = typeof url === 'string' ? {} : url;
    const socket =
      target.tls === true
        ? connectTls({ port: target.port, host: '127.0.0.1', servername: 'localhost', ...options })
        : connectTcp({ port: target.port, host: '127.0.0.1' });
    await new Promise<void>((resolve, reject) => {
      socket.once(target.tls === true ? 'secureConnect' : 'connect', resolve);
      socket.once('error', reject);
    });
    return new Client(socket);
  }

  /** Sends a request and returns its message ID. */
  send(op: Request, controls?: readonly Control[], messageID = this.nextID++): number {
    this.socket.write(encodeMessage({ messageID, op, ...(controls === undefined ? {} : { controls }) }));
    return messageID;
  }

  /** Sends bytes as they are. */
  write(octets: Buffer): void {
    this.socket.write(octets);
  }

  end(): void {
    this.socket.end();
  }

  /** `reset`: the far end learns that nobody reads any more. */
  destroy(how: 'reset' | 'end' = 'end'): void {
    if (how === 'reset') this.socket.resetAndDestroy();
    else this.socket.destroy();
  }

  /** The messages with this ID, once a final one is among them. */
  async answered(messageID: number): Promise<LDAPMessage<Response>[]> {
    const mine = () => this.received.filter((message) => message.messageID === messageID);
    await this.until(() =>
      mine().some(({ op }) => op.kind !== 'searchResultEntry' && op.kind !== 'searchResultReference'),
    );
    return mine();
  }

  async result(op: Request, controls?: readonly Control[]): Promise<LDAPResult> {
    const messages = await this.answered(this.send(op, controls));
    const last = messages.at(-1)?.op;
    if (last === undefined || !('result' in last)) throw new Error(`no final response: ${JSON.stringify(last)}`);
    return last.result;
  }

  bind(name: string, password: string | Buffer): Promise<LDAPResult> {
    return this.result(simpleBind(name, password));
  }

  async search(options: SearchOptions): Promise<{ result: LDAPResult; entries: SearchResultEntry[] }> {
    const messages = await this.answered(this.send(searchRequest(options), options.controls));
    const last = messages.at(-1)?.op;
    if (last?.kind !== 'searchResultDone') throw new Error(`not a search's end: ${JSON.stringify(last)}`);
    const entries = messages.map(({ op }) => op).filter((op) => op.kind === 'searchResultEntry');
    return { result: last.result, entries };
  }

  /** Sends StartTLS, optionally with bytes in cleartext right after it, and changes to TLS. */
  async startTLS(ca: string, behind?: Buffer, messageID = this.nextID++): Promise<void> {
    const request = encodeMessage({
      messageID,
      op: { kind: 'extendedRequest', requestName: '1.3.6.1.4.1.1466.20037' },
    });
    this.socket.write(behind === undefined ? request : Buffer.concat([request, behind]));
    const [answer] = await this.answered(messageID);
    if (answer?.op.kind !== 'extendedResponse' || answer.op.result.code !== 0) throw new Error('StartTLS was refused');
    const raw = this.socket;
    raw.removeAllListeners('data');
    this.socket = await new Promise<TLSSocket>((resolve, reject) => {
      const secured = connectTls({ socket: raw, ca, servername: 'localhost' }, () => resolve(secured));
      secured.once('error', reject);
    });
    this.framer = new Framer(16 * 1024 * 1024);
    this.listenTo(this.socket);
  }

  /** Waits until the condition holds; it is looked at whenever something arrives. */
  async until(condition: () => boolean): Promise<void> {
    const late = Date.now() + TEST_TIMEOUT;
    while (!condition()) {
      if (this.isClosed) throw new Error('the connection was closed');
      if (Date.now() > late) throw new Error('waited in vain');
      await new Promise<void>((resolve) => {
        this.waiters.push(resolve);
        setTimeout(resolve, 100).unref();
      });
    }
  }

  async closed(): Promise<void> {
    const late = Date.now() + TEST_TIMEOUT;
    while (!this.isClosed) {
      if (Date.now() > late) throw new Error('the connection stayed open');
      await new Promise<void>((resolve) => {
        this.waiters.push(resolve);
        setTimeout(resolve, 100).unref();
      });
    }
  }

  private listenTo(socket: Socket): void {
    socket.on('data', (chunk: Buffer) => {
      this.raw.push(chunk);
      this.framer.push(chunk);
      for (let pdu = this.framer.next(); pdu !== undefined; pdu = this.framer.next())
        this.received.push(decodeResponse(pdu));
      this.wake();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.isClosed = true;
      this.wake();
    });
  }

  private wake(): void {
    const waiters = this.waiters;
    this.waiters = [];
    for (const waiter of waiters) waiter();
  }
}
