// How it is with JumpCloud's API, and with the reader's own account by it: for the state, the metrics, the page and the log.
import { FAULT_REMEDIES } from '../cloud/fault-remedies.js';
import type { CloudApi, CloudTrouble } from '../cloud/ports.js';
import { type ReaderKnown, ReaderWatch, type ReaderWatchParts } from '../cloud/reader-watch.js';
import { accountKey } from '../gate/bind/revocations.js';
import type { CloudState, CloudTroubleState } from '../ops/state.js';

export interface CloudWatchParts extends Pick<ReaderWatchParts, 'changed' | 'defect'> {
  /** As those of ReaderWatch, for tests. */
  readonly clock?: () => number;
  readonly now?: () => number;
  readonly random?: () => number;
}

/**
 * State of JumpCloud's API and of the reader's own account, for state, metrics, page and log. Asks once an hour, and every five minutes while
 * something is wrong.
 */
export class CloudWatch {
  private readonly reader: ReaderWatch;
  private readonly now: () => number;
  private name = '';
  private api: Pick<CloudApi, 'user' | 'health'> | undefined;

  constructor({ clock = () => performance.now(), now = Date.now, random = Math.random, ...told }: CloudWatchParts) {
    this.now = now;
    this.reader = new ReaderWatch({ ...told, clock, now, random });
  }

  /** Asks there from now on; undefined: nobody is asked. `reader`: its name in the console. */
  use(api: Pick<CloudApi, 'user' | 'health'> | undefined, reader = this.name): void {
    this.name = reader;
    this.api = api;
    this.reader.use(api, reader);
  }

  /** Something about this user has changed; undefined: about one that is not known. */
  changed(user: string | undefined): void {
    if (user === undefined || accountKey(user) === accountKey(this.name)) this.lookAtReader();
  }

  /** As `ReaderWatch.soon`. */
  lookAtReader(): void {
    this.reader.soon();
  }

  /** Undefined where nobody is asked. */
  get state(): CloudState | undefined {
    const { api } = this;
    if (api === undefined) return undefined;
    const { isUp, trouble, refusals, lastHour } = api.health;
    const known = this.reader.known;
    return {
      ...(isUp === undefined ? {} : { up: isUp }),
      ...(trouble === undefined ? {} : { trouble: this.troubleOf(trouble) }),
      ...(refusals.length === 0 ? {} : { refusals: refusals.map((one) => this.troubleOf(one)) }),
      callsLastHour: lastHour,
      ...(known === undefined ? {} : { reader: readerState(known) }),
    };
  }

  private troubleOf({ fault, message, lasts }: CloudTrouble): CloudTroubleState {
    return { fault, message, since: new Date(this.now() - lasts).toISOString(), remedy: FAULT_REMEDIES[fault] };
  }
}

function readerState({ faults, passwordEnd }: ReaderKnown): NonNullable<CloudState['reader']> {
  return {
    faults: faults.map(({ text, remedy }) => ({ text, remedy })),
    ...(passwordEnd === undefined ? {} : { passwordExpires: new Date(passwordEnd).toISOString() }),
  };
}
