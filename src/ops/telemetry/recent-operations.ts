// The last operations, and the last failures apart from them, in slots that are filled again and again: keeping one allocates
// nothing, showing one makes a record.
import { sentenceOf } from '../../gate/explain/cloud-reasons.js';
import type { Trace } from '../../gate/trace.js';
import type { SearchRequest } from '../../ldap/message.js';
import { resultName } from '../../ldap/result-code.js';
import { isLight, type SearchShape, shapeOf } from '../learn/search-shape.js';
import { printable } from '../log/printable.js';
import type { LogSource } from '../log/source.js';
import type { OperationRecord } from './operation-record.js';

export type { OperationRecord } from './operation-record.js';

/** Whether any entry of the directory has an attribute of this description, as the app shows it where apps have names. */
export type Knows = (attribute: string, app?: string) => boolean;

/** What somebody has seen so far: operations up to a serial number, and JumpCloud's reasons that came later than those. */
export interface Place {
  readonly serial: number;
  readonly findings: number;
}

/** Operations that are kept, and failures that are kept beside them. */
export const KEPT = 200;
/** Characters of a name that are kept: a client must not fill the memory with them. */
const LONGEST_NAME = 256;

/** What is kept of a trace. */
type Kept = Pick<
  Trace,
  | 'operation'
  | 'name'
  | 'account'
  | 'reference'
  | 'code'
  | 'reason'
  | 'isStale'
  | 'entries'
  | 'duration'
  | 'upstream'
  | 'held'
  | 'steps'
  | 'isPaged'
  | 'cloud'
  | 'request'
>;

/** The trace and the source themselves: neither changes any more, and copying twenty fields cost more than all the counting. */
class Slot {
  time = 0;
  /** The trace that it was made from, where it keeps a copy. */
  original: WeakRef<Trace> | undefined = undefined;
  /** Which of all findings came to this operation after it was kept; 0: none. */
  finding = 0;
  shape: SearchShape | undefined = undefined;
  /** Counts operations of this process. */
  serial = 0;

  constructor(
    public trace: Kept,
    public source: LogSource,
  ) {}

  /** Holds the same operation as another slot. */
  copy(other: Slot): void {
    this.time = other.time;
    this.original = other.original;
    this.finding = other.finding;
    this.shape = other.shape;
    this.serial = other.serial;
    this.trace = other.trace;
    this.source = other.source;
  }
}

/** A ring of the latest operations. Adding one allocates nothing. */
export class RecentOperations {
  private readonly slots: Slot[] = [];
  /** Failures outlive the crowd of what succeeds: under ten operations a second one would be gone after 20 s. */
  private readonly failures: Slot[] = [];
  private failed = 0;
  /** Of the newest one; 0 before the first. */
  serial = 0;
  /** JumpCloud's reasons that came after their operations were kept. */
  findings = 0;

  constructor(
    private readonly knows: Knows,
    /** Tells this process from the one before it. */
    private readonly life: string,
  ) {}

  /** A place in the row of operations, for readers that come back. */
  mark(serial = this.serial): string {
    return `${this.nameOf(serial)}-${this.findings}`;
  }

  /** Names one operation among all, of processes before this one too. */
  nameOf(serial: number): string {
    return `${this.life}-${serial}`;
  }

  /** What such a place says; undefined if it is none of this process. */
  placeOf(mark: string | undefined): Place | undefined {
    const [life, ...numbers] = (mark ?? '').split('-');
    const [serial, findings = '0'] = numbers;
    if (life !== this.life || ![serial, findings].every((each) => /^[0-9]{1,15}$/.test(each ?? ''))) return undefined;
    return { serial: Number(serial), findings: Number(findings) };
  }

  /** `trace` has ended, and `source` stays as it is. `time`: milliseconds of the wall clock. */
  add(trace: Trace, source: LogSource, time: number): void {
    const index = this.serial++ % KEPT;
    const slot = this.slots[index] ?? new Slot(trace, source);
    this.slots[index] = slot;
    slot.time = time;
    slot.serial = this.serial;
    slot.trace = trace;
    slot.source = source;
    slot.shape = undefined;
    slot.finding = 0;
    slot.original = undefined;
    if (isTooMuch(trace)) this.lighten(slot, trace);
    if (trace.reason !== 'ok') this.keepFailure(slot);
  }

  private keepFailure(slot: Slot): void {
    const index = this.failed++ % KEPT;
    const kept = this.failures[index] ?? new Slot(slot.trace, slot.source);
    this.failures[index] = kept;
    kept.copy(slot);
  }

  /** The operations behind a serial number, oldest first; those that were overwritten are missing. */
  after(serial: number): OperationRecord[] {
    return this.slotsAfter(serial).map((slot) => this.recordOf(slot));
  }

  /** The failures behind a serial number that are still kept, oldest first; also those that successes have pushed out of the others. */
  failuresAfter(serial: number): OperationRecord[] {
    return this.failedSlots()
      .filter((slot) => slot.serial > serial)
      .map((slot) => this.recordOf(slot));
  }

  /** All that is kept of both, oldest first, each once. */
  all(): OperationRecord[] {
    const oldest = this.oldest;
    const before = this.failedSlots().filter((slot) => slot.serial < oldest);
    return [...before, ...this.slotsAfter(0)].map((slot) => this.recordOf(slot));
  }

  /** How many are kept, and of what: without a record of each. */
  kept(): { readonly all: number; readonly failures: number; readonly searches: number } {
    const searches = this.slots.filter(({ trace }) => trace.operation === 'search').length;
    return { all: this.slots.length, failures: this.failures.length, searches };
  }

  /** One operation by its name (`nameOf`); undefined where it is not kept any more, or of another process. */
  named(name: string): OperationRecord | undefined {
    const slot = [...this.failedSlots(), ...this.slotsAfter(0)].find(({ serial }) => this.nameOf(serial) === name);
    return slot === undefined ? undefined : this.recordOf(slot);
  }

  /** The serial number of the oldest among the last operations. */
  private get oldest(): number {
    return this.serial - this.slots.length + 1;
  }

  private slotsAfter(serial: number): Slot[] {
    const first = Math.max(serial, this.oldest - 1);
    return Array.from({ length: Math.max(0, this.serial - first) }, (_, i) => this.slots[(first + i) % KEPT]!);
  }

  /** The oldest first. */
  private failedSlots(): Slot[] {
    const start = this.failures.length < KEPT ? 0 : this.failed % KEPT;
    return [...this.failures.slice(start), ...this.failures.slice(0, start)];
  }

  /**
   * JumpCloud's reason has come to this operation, which has ended: its record, with the reason. Undefined where it is no longer kept. Goes
   * through all that are kept, for this is seldom: noting the place of each operation would cost all of them.
   */
  found(trace: Trace): OperationRecord | undefined {
    const slots = [...this.slots, ...this.failures].filter(
      (slot) => slot.trace === trace || slot.original?.deref() === trace,
    );
    const [first] = slots;
    if (first === undefined) return undefined;
    this.findings++;
    for (const slot of slots) {
      if (slot.trace !== trace && trace.cloud !== undefined) slot.trace = { ...slot.trace, cloud: trace.cloud };
      slot.finding = this.findings;
    }
    return this.recordOf(first);
  }

  /** The operations up to `place` to which JumpCloud's reason came after it, oldest first. */
  foundAfter({ serial: last, findings }: Place): OperationRecord[] {
    if (findings >= this.findings) return [];
    const { oldest } = this;
    return [...this.failedSlots().filter(({ serial }) => serial < oldest), ...this.slotsAfter(0)]
      .filter(({ serial, finding }) => serial <= last && finding > findings)
      .map((slot) => this.recordOf(slot));
  }

  /** The newest operation. Not to be called before the first. */
  newest(): OperationRecord {
    return this.recordOf(this.slots[(this.serial - 1) % KEPT]!);
  }

  /** Keeps a copy without what is long. */
  private lighten(slot: Slot, trace: Trace): void {
    const { name, request } = trace;
    if (request !== undefined) slot.shape = this.shapeOf(request, trace.isPaged, slot.source.app);
    const { operation, account, reference, code, reason, isStale, entries, isPaged } = trace;
    const { duration, upstream, held, steps } = trace;
    const { cloud } = trace;
    const shown = { operation, account, reference, code, reason, isStale, entries, isPaged, cloud };
    const short = name.length > LONGEST_NAME ? printable(name, LONGEST_NAME) : name;
    slot.original = new WeakRef(trace);
    slot.trace = { ...shown, duration, upstream, held, steps, name: short, request: undefined };
  }

  private shapeOf(request: SearchRequest, isPaged: boolean, app: string | undefined): SearchShape {
    return shapeOf(request, isPaged, (attribute) => this.knows(attribute, app));
  }

  private recordOf(slot: Slot): OperationRecord {
    const { trace, source, serial } = slot;
    if (trace.request !== undefined) slot.shape ??= this.shapeOf(trace.request, trace.isPaged, source.app);
    return {
      serial,
      time: new Date(slot.time).toISOString(),
      operation: trace.operation,
      connection: source.connection,
      address: source.address,
      port: source.port,
      channel: source.channel,
      ...(source.app === undefined ? {} : { app: source.app }),
      target: printable(trace.name, LONGEST_NAME + 32),
      account: printable(trace.account),
      ...(trace.reference === '' ? {} : { reference: trace.reference }),
      code: trace.code,
      result: resultName(trace.code),
      reason: trace.reason,
      stale: trace.isStale,
      entries: trace.entries,
      ms: rounded(trace.duration),
      upstreamMs: rounded(trace.upstream),
      heldMs: rounded(trace.held),
      steps: trace.steps.map(({ name, decision, at }) => ({ name, decision: printable(decision), ms: rounded(at) })),
      ...(slot.shape === undefined ? {} : { search: slot.shape }),
      ...(trace.cloud === undefined
        ? {}
        : { cloud: { reason: trace.cloud.reason, sentence: sentenceOf(trace.cloud) } }),
    };
  }
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100;
}

/**
 * Whether its names and values are too large to be kept two hundred times. A retold request is short, and to go through it would take as
 * long as everything else here.
 */
function isTooMuch({ name, request, isRetold }: Trace): boolean {
  return name.length > LONGEST_NAME || (request !== undefined && !isRetold && !isLight(request));
}
