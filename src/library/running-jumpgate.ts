// A Jumpgate that runs within a program: its state, its events, and its end.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Reloaded } from '../app/reloaded.js';
import type { App } from '../app.js';
import type { Config } from '../config/config.js';
import { faultText } from '../config/fault.js';
import type { Audit } from '../ops/log/audit.js';
import type { State } from '../ops/state.js';
import { EventQueue } from './event-queue.js';
import type { Addresses, EventOptions, Jumpgate, JumpgateEvent, ReadyOptions } from './jumpgate.js';
import type { JumpgateConfig } from './jumpgate-config.js';
import type { LibraryLog } from './library-log.js';

const EVENTS = 1000;
/** Milliseconds from one look at the state to the next, while somebody waits. */
const LOOK = 20;

/** An app with its log and audit stream, which end with it. */
export class RunningJumpgate implements Jumpgate {
  private readonly open = new Set<EventQueue<JumpgateEvent>>();
  private stopping: Promise<void> | undefined;
  /** Nothing waits for this one: a caller of `stop` gets the same promise. */
  private readonly onAbort = () => void this.stop().catch(() => {});

  constructor(
    private readonly app: App,
    private readonly load: (config: JumpgateConfig) => Config,
    private readonly written: LibraryLog & { readonly audit: Audit | undefined },
    private readonly signal: AbortSignal | undefined,
  ) {
    signal?.addEventListener('abort', this.onAbort, { once: true });
  }

  get addresses(): Addresses {
    const { ldapUrl: ldap, ldapsUrl: ldaps, ldapiUrl: ldapi, opsUrl: ops } = this.app;
    return Object.fromEntries(Object.entries({ ldap, ldaps, ldapi, ops }).filter(([, url]) => url !== undefined));
  }

  get state(): State {
    return this.app.readiness();
  }

  async ready({ signal }: ReadyOptions = {}): Promise<void> {
    for (;;) {
      if (this.stopping !== undefined) throw stopped();
      const { ready, upstream } = this.state;
      if (ready) return;
      if (signal?.aborted === true) {
        const { lastError = 'JumpCloud has not answered yet', remedy } = upstream;
        throw new Error(['not ready', lastError, remedy].filter((part) => part !== undefined).join(': '), {
          cause: signal.reason,
        });
      }
      await sleep(LOOK, undefined, signal === undefined ? {} : { signal }).catch(() => {});
    }
  }

  events({ buffer = EVENTS, signal }: EventOptions = {}): AsyncIterableIterator<JumpgateEvent> {
    const end = () => queue.end();
    const queue: EventQueue<JumpgateEvent> = new EventQueue(buffer, () => {
      leave();
      this.open.delete(queue);
      signal?.removeEventListener('abort', end);
    });
    const leave = this.app.listen({
      operation: (operation) => queue.push({ kind: 'operation', operation }),
      found: (operation) => queue.push({ kind: 'reason', operation }),
      fault: (fault) => queue.push({ kind: 'fault', fault }),
    });
    this.open.add(queue);
    signal?.addEventListener('abort', end, { once: true });
    if (this.stopping !== undefined || signal?.aborted === true) end();
    return queue;
  }

  async reload(config: JumpgateConfig): Promise<Reloaded> {
    if (this.stopping !== undefined) throw stopped();
    const next = this.load(config);
    const outcome = await this.app.reload(next);
    if (outcome.kind === 'changed') this.warn(next);
    return outcome;
  }

  forget(user: string): Promise<boolean> {
    return this.app.purge(user);
  }

  stop(): Promise<void> {
    this.stopping ??= this.end();
    return this.stopping;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** What the configuration permits and hardly anybody wants. */
  warn({ warnings }: Config): void {
    for (const warning of warnings) this.written.log.warn(faultText(warning));
  }

  private async end(): Promise<void> {
    const { audit, close } = this.written;
    this.signal?.removeEventListener('abort', this.onAbort);
    try {
      await this.app.stop();
    } finally {
      for (const queue of this.open) queue.end();
      audit?.close();
      await close();
    }
  }
}

function stopped(): Error {
  return new Error('this Jumpgate has been stopped');
}
