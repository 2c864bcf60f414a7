// The embedded JumpCloud's console and Directory Insights over HTTP on loopback, from the same people and switches as its LDAP side.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Accounts } from '../accounts.js';
import { later } from '../intake.js';
import { Access } from './access.js';
import { EventRing } from './events.js';
import { answerWrongly, type ConsoleFault, Faults } from './faults.js';
import { BadQuery } from './query.js';
import type { JsonRecord } from './records.js';
import { type Answer, ROUTES } from './routes.js';

const LARGEST_BODY = 1024 * 1024;
const MOST_CALLS = 1000;

/** A call that arrived, and what was answered. */
export interface ConsoleCall {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** As it was sent. */
  readonly body: string;
  /** 0: no answer. */
  readonly status: number;
  /** What was answered; undefined where something went wrong on purpose. */
  readonly answer: unknown;
}

/** The embedded JumpCloud's API, an HTTP server on loopback. */
export class Console {
  readonly events: EventRing;
  readonly access: Access;
  /** False: the plan has no Directory Insights. */
  hasInsights = true;
  /** The latest calls, at most a thousand. */
  readonly calls: ConsoleCall[] = [];
  /** Receives each call when it has been answered. */
  onCall: (call: ConsoleCall) => void = () => {};
  /** Another answer in place of the right one of a path. */
  reword: (path: string, body: unknown) => unknown = (_, body) => body;
  port = 0;
  private readonly faults = new Faults();
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;

  private constructor(
    private readonly accounts: Accounts,
    private readonly now: () => number,
  ) {
    this.events = new EventRing(now);
    this.access = new Access(now);
  }

  /** Becomes the journal of the accounts. `port` 0: a free one. */
  static async start(accounts: Accounts, now: () => number, port: number): Promise<Console> {
    const started = new Console(accounts, now);
    accounts.journal = started.events;
    await started.listen(port);
    return started;
  }

  /** The base of all three: console, API and token. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** As a configuration names them. */
  get urls(): { readonly console: string; readonly api: string; readonly token: string } {
    return { console: this.url, api: this.url, token: `${this.url}/oauth2/token` };
  }

  fail(fault: ConsoleFault): void {
    this.faults.add(fault);
  }

  /** Everything is right again. */
  heal(): void {
    this.faults.heal();
  }

  async stop(): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    this.server = undefined;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private async listen(port: number): Promise<void> {
    const server = createServer((request, response) => this.receive(request, response));
    server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => resolve());
    });
    this.server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  private receive(request: IncomingMessage, response: ServerResponse): void {
    const pieces: Buffer[] = [];
    let length = 0;
    request.on('error', () => {});
    response.on('error', () => {});
    request.on('data', (piece: Buffer) => {
      length += piece.length;
      if (length > LARGEST_BODY) return void request.destroy();
      pieces.push(piece);
    });
    request.on('end', () => this.take(request, response, Buffer.concat(pieces).toString('utf8')));
  }

  private take(request: IncomingMessage, response: ServerResponse, body: string): void {
    const { method = '', headers } = request;
    const [path = '', search] = (request.url ?? '').split(/\?(.*)/s);
    const query = new URLSearchParams(search);
    const fault = this.faults.take(`${method} ${path}`);
    later(fault?.delay ?? 0, () => {
      const flat = headers as Readonly<Record<string, string | undefined>>;
      const call = { method, path, query, headers: flat, body };
      const found = this.answer(call);
      const right = found.status === 200 ? { ...found, body: this.reword(path, found.body) } : found;
      if (fault?.answer !== undefined) {
        const status = answerWrongly(fault.answer, request, response, JSON.stringify(right.body));
        return this.keep({ ...call, status, answer: undefined });
      }
      this.keep({ ...call, status: right.status, answer: right.body });
      response.writeHead(right.status, { 'content-type': 'application/json', ...right.headers });
      response.end(JSON.stringify(right.body));
    });
  }

  private keep(call: ConsoleCall): void {
    this.calls.push(call);
    if (this.calls.length > MOST_CALLS) this.calls.shift();
    this.onCall(call);
  }

  private answer({ method, path, query, headers, body }: Omit<ConsoleCall, 'status' | 'answer'>): Answer {
    if (method === 'POST' && path === '/oauth2/token') return this.token(headers.authorization ?? '', body);
    for (const route of ROUTES) {
      const match = route.method === method ? route.path.exec(path) : null;
      if (match === null) continue;
      const refusal = this.access.refusal(headers, route.scope);
      if (refusal !== undefined) return message(refusal, refusal === 401 ? 'Unauthorized' : 'Forbidden');
      const parsed = method === 'POST' ? jsonRecord(body) : {};
      if (parsed === undefined) return message(400, 'the body is not a JSON object');
      const { accounts, events, hasInsights, now } = this;
      try {
        return route.handle(
          { accounts, events, hasInsights, now },
          { id: match.groups?.id ?? '', query, body: parsed },
        );
      } catch (error) {
        if (error instanceof BadQuery) return message(400, error.message);
        throw error;
      }
    }
    return message(404, 'Not Found');
  }

  /** RFC 6749 4.4 and 5.2. */
  private token(authorization: string, body: string): Answer {
    const form = new URLSearchParams(body);
    const given = this.access.token(authorization);
    if (given === undefined) return { status: 401, body: { error: 'invalid_client' } };
    if (form.get('grant_type') !== 'client_credentials')
      return { status: 400, body: { error: 'unsupported_grant_type' } };
    if (form.get('scope') !== 'api') return { status: 400, body: { error: 'invalid_scope' } };
    const { token, lifetime } = given;
    return { status: 200, body: { access_token: token, expires_in: lifetime, scope: 'api', token_type: 'bearer' } };
  }
}

const message = (status: number, text: string): Answer => ({ status, body: { message: text } });

function jsonRecord(text: string): JsonRecord | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonRecord) : undefined;
  } catch {
    return undefined;
  }
}
