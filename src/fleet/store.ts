// The store that instances share, as the rest of the fleet sees it; and a connection to it, as the breaker wants one (fleet/store-guard.ts).
import { createHash } from 'node:crypto';

/** A script that the store runs, all of it or nothing. */
export interface Script {
  readonly text: string;
  /** By which the store knows it once it has seen it. */
  readonly digest: string;
}

/** A Lua script with the SHA-1 by which the store caches it. */
export function script(text: string): Script {
  return { text, digest: createHash('sha1').update(text).digest('hex') };
}

/** Not reached, or given up; no answer in time, or too much under way; answered with an error; answered with something unexpected. */
export type Trouble = 'away' | 'slow' | 'refused' | 'garbled';

/** A command that got no usable answer. The message has no secrets. */
export class StoreError extends Error {
  constructor(
    readonly kind: Trouble,
    detail: string,
  ) {
    super(detail);
  }
}

export type Health = 'well' | 'slow' | 'away' | 'refused';
export type Argument = string | Buffer | number;

export interface Store {
  /** Runs a script. Rejects with StoreError, after `ms` milliseconds at the latest; the script may have run anyway. */
  run(script: Script, keys: readonly string[], args: readonly Argument[], ms: number): Promise<unknown>;
  /** The first `most` bytes of a key's value; undefined: there is none, or it is empty. Not for the way of a bind. */
  get(key: string, most: number, ms: number): Promise<Buffer | undefined>;
  /** Messages on a channel, without those that are longer than any of ours. What is sent while the store is away is lost: look when it is up again. Returns a function to leave. */
  subscribe(channel: string, heard: (message: Buffer) => void): () => void;
  publish(channel: string, message: Buffer, ms: number): Promise<void>;
  readonly health: Health;
  /** Why it is not up; undefined while it is. No secrets. */
  readonly trouble: string | undefined;
  /** Receives every change. Subscriptions are active again when it receives `well`. Returns a function to leave. */
  onHealth(changed: (health: Health) => void): () => void;
  close(): Promise<void>;
}

/** A connection to the store. Its promises reject with StoreError, and may take as long as they like. */
export interface Link {
  run(script: Script, keys: readonly string[], args: readonly Argument[]): Promise<unknown>;
  get(key: string, most: number): Promise<Buffer | undefined>;
  subscribe(channel: string, heard: (message: Buffer) => void): Promise<void>;
  unsubscribe(channel: string): void;
  publish(channel: string, message: Buffer): Promise<void>;
  ping(): Promise<void>;
  /** Immediately; what is under way rejects. May be called again. */
  end(): void;
}

/** Opens a connection; `ended` is called once if it ends other than by `end`, never before the promise has resolved. Rejects with StoreError. */
export type Connect = (ended: (trouble: StoreError) => void) => Promise<Link>;
