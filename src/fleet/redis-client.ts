// A connection to Valkey or Redis by the package `redis`, which is loaded here and nowhere else. It opens, asks and ends: when to connect again,
// and how long to wait, is the guard's business (fleet/store-guard.ts).
import { isIP, connect as netConnect, type Socket } from 'node:net';
import { createClient, ErrorReply, RESP_TYPES } from 'redis';
import { AnswerBound, socketOpenedIn } from './answer-bound.js';
import { type Argument, type Connect, type Link, type Script, StoreError } from './store.js';

export interface RedisOptions {
  /** `rediss://`, `redis://` with a number of a database at most, or `unix:///path`. */
  readonly url: string;
  readonly user: string | undefined;
  /** Asked for at each connection. */
  readonly password: (() => string) | undefined;
  /** Authorities in PEM; undefined: the system's. */
  readonly ca: Buffer | undefined;
}

/** Milliseconds to open a connection, TLS included. */
const CONNECT_TIME = 2500;
/** Commands of one connection that wait, at most: more than the guard lets through. */
const MOST_WAITING = 2000;

/** The guard has its own times: the package's would be an AbortSignal for each command. */
const UNTIMED = { timeout: 0 };
const AS_OCTETS = { ...UNTIMED, typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } };

/** Connects to Valkey or Redis with the package `redis`. The connection rejects with StoreError only, and is never re-opened automatically. */
export function redisConnect(options: RedisOptions): Connect {
  return async (ended) => {
    const below = socketBelow(options);
    const client = createClient({
      socket: socketOf(options, below),
      database: databaseOf(options.url),
      RESP: 3,
      ...(options.user !== undefined && { username: options.user }),
      ...(options.password !== undefined && { password: options.password() }),
      commandsQueueMaxLength: MOST_WAITING,
      disableOfflineQueue: true,
      disableClientInfo: true,
      maintNotifications: 'disabled',
    });
    let link: RedisLink | undefined;
    let first: unknown;
    const failed = (error: unknown) => {
      first ??= error;
      link?.ended(errorOf(error));
    };
    // Without a listener an error would end the process.
    client.on('error', failed);
    // What goes wrong below TLS has its code here alone.
    below?.on('error', failed);
    // The package has a limit for the connection alone, and none for the greetings on it.
    const timer = setTimeout(() => {
      first ??= lateGreeting();
      client.destroy();
    }, CONNECT_TIME);
    let connecting: Promise<unknown> | undefined;
    const opened = socketOpenedIn(() => {
      connecting = client.connect();
    });
    const socket = below ?? opened;
    const bound =
      socket &&
      new AnswerBound(socket, () => {
        failed(new StoreError('garbled', 'an answer that is longer than any that was asked for'));
        client.destroy();
      });
    try {
      await connecting;
      if (!client.isReady) throw lateGreeting();
      if (bound === undefined) throw new StoreError('away', 'its socket cannot be watched');
    } catch (error) {
      bound?.end();
      client.destroy();
      below?.destroy();
      throw errorOf(first ?? error);
    } finally {
      clearTimeout(timer);
    }
    link = new RedisLink(client as unknown as Client, bound, ended);
    return link;
  };
}

/** What is used of the package's client, whose own type depends on everything that could be plugged in. */
interface Client {
  readonly isReady: boolean;
  sendCommand(args: readonly (string | Buffer)[], options?: object): Promise<unknown>;
  subscribe(channel: string, heard: (message: Buffer) => void, asOctets: true): Promise<void>;
  unsubscribe(channel: string): Promise<void>;
  destroy(): void;
}

class RedisLink implements Link {
  private isOver = false;
  /** Why it ended on its own: what was under way failed for that reason. */
  private trouble: StoreError | undefined;

  constructor(
    private readonly client: Client,
    private readonly bound: AnswerBound,
    private readonly tell: (trouble: StoreError) => void,
  ) {}

  run({ text, digest }: Script, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    const rest = [String(keys.length), ...keys, ...args.map((arg) => (typeof arg === 'number' ? String(arg) : arg))];
    return this.client.sendCommand(['EVALSHA', digest, ...rest], UNTIMED).then(this.answered, (error: unknown) => {
      if (!(error instanceof ErrorReply) || !error.message.startsWith('NOSCRIPT')) throw this.errorOf(error);
      return this.send(['EVAL', text, ...rest]);
    });
  }

  async get(key: string, most: number): Promise<Buffer | undefined> {
    // Anyone who can write to the store decides how long a value is; what comes from there must not fill the memory.
    const value = await this.send(['GETRANGE', key, '0', String(most - 1)], AS_OCTETS);
    if (!Buffer.isBuffer(value)) throw new StoreError('garbled', 'a value is not text');
    if (value.length > most) throw new StoreError('garbled', 'more of a value than was asked for');
    return value.length === 0 ? undefined : value;
  }

  async publish(channel: string, message: Buffer): Promise<void> {
    await this.send(['PUBLISH', channel, message]);
  }

  async subscribe(channel: string, heard: (message: Buffer) => void): Promise<void> {
    try {
      await this.client.subscribe(channel, (message) => heard(this.answered(message)), true);
      this.bound.answered();
    } catch (error) {
      throw this.errorOf(error);
    }
  }

  unsubscribe(channel: string): void {
    this.client.unsubscribe(channel).catch(() => {});
  }

  async ping(): Promise<void> {
    await this.send(['PING']);
  }

  end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.bound.end();
    this.client.destroy();
  }

  ended(trouble: StoreError): void {
    if (this.isOver) return;
    this.trouble = trouble;
    this.end();
    this.tell(trouble);
  }

  private async send(args: readonly (string | Buffer)[], options: object = UNTIMED): Promise<unknown> {
    try {
      return this.answered(await this.client.sendCommand(args, options));
    } catch (error) {
      throw this.errorOf(error);
    }
  }

  private readonly answered = <Answer>(answer: Answer): Answer => {
    this.bound.answered();
    return answer;
  };

  private errorOf(error: unknown): StoreError {
    if (error instanceof ErrorReply) this.bound.answered();
    return this.trouble ?? errorOf(error);
  }
}

function placeOf(url: string): { readonly host: string; readonly port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 6379 : Number(port) };
}

/** The socket that TLS runs on; undefined without TLS. The package would open it where it can't be watched. */
function socketBelow({ url }: RedisOptions): Socket | undefined {
  if (new URL(url).protocol !== 'rediss:') return undefined;
  return netConnect({ ...placeOf(url), noDelay: true, keepAlive: true });
}

function socketOf({ url, ca }: RedisOptions, below: Socket | undefined) {
  const times = { connectTimeout: CONNECT_TIME, reconnectStrategy: false } as const;
  const { protocol, pathname } = new URL(url);
  if (protocol === 'unix:') return { ...times, tls: false, path: decodeURI(pathname) } as const;
  const { host, port } = placeOf(url);
  if (below === undefined) return { ...times, host, port };
  const name = isIP(host) === 0 ? { servername: host } : {};
  const tls = { socket: below, tls: true, minVersion: 'TLSv1.2', ...(ca !== undefined && { ca }) } as const;
  return { ...times, host, port, ...name, ...tls };
}

function databaseOf(url: string): number {
  const { protocol, pathname } = new URL(url);
  return protocol === 'unix:' ? 0 : Number(pathname.slice(1));
}

function lateGreeting(): StoreError {
  return new StoreError('away', 'no answer to the greeting in time');
}

/** Answers that say that the store itself cannot serve, whatever it is asked. */
function errorOf(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const { message = '', code = '', name = '' } = error as NodeJS.ErrnoException;
  const detail = [code, message].filter((part) => part !== '' && !message.startsWith(`${part} `)).join(': ') || name;
  if (error instanceof ErrorReply) return new StoreError('refused', detail);
  // What the certificate is about.
  if (/CERT|SELF_SIGNED|ERR_TLS|ERR_SSL|UNABLE_TO/.test(code)) return new StoreError('refused', detail);
  const isOfProtocol = /Unknown RESP type/.test(message);
  return new StoreError(isOfProtocol ? 'garbled' : 'away', detail);
}
