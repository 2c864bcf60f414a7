// The last operations, in slots that are filled again and again: keeping one makes nothing new, showing one makes a record.
import type { Reason } from '../../gate/reason.js';
import type { Channel } from '../../gate/session.js';
import type { Operation, Step, Trace } from '../../gate/trace.js';
import type { SearchRequest } from '../../ldap/message.js';
import { resultName } from '../../ldap/result-code.js';
import { isLight, type SearchShape, shapeOf } from '../learn/search-shape.js';
import type { LogSource } from '../log/log.js';
import { printable } from '../log/printable.js';

/** One ended operation for eyes and programs: plain data, client text made printable, no password, no entry value. */
export interface OperationRecord {
  /** Counts operations of this process. */
  readonly serial: number;
  /** ISO 8601. */
  readonly time: string;
  readonly operation: Operation;
  readonly connection: number;
  readonly address: string;
  readonly port: number;
  readonly channel: Channel;
  /** What the client called itself or asked for. */
  readonly target: string;
  /** The account that it led to; '' if none. */
  readonly account: string;
  /** What the client was told to ask about; absent if nothing. */
  readonly reference?: string;
  readonly code: number;
  readonly result: string;
  readonly reason: Reason;
  readonly stale: boolean;
  readonly entries: number;
  /** Milliseconds: in all, waiting for the upstream, and held back on purpose. */
  readonly ms: number;
  readonly upstreamMs: number;
  readonly heldMs: number;
  readonly steps: readonly { readonly name: string; readonly decision: string; readonly ms: number }[];
  readonly search?: SearchShape;
}

/** Whether any entry of the directory has an attribute of this description. */
export type Knows = (attribute: string) => boolean;

/** Operations that are kept. */
export const KEPT = 200;
/** Characters of a name that are kept: a client must not fill the memory with them. */
const LONGEST_NAME = 256;

class Slot {
  serial = 0;
  time = 0;
  operation: Operation = 'abandon';
  connection = 0;
  address = '';
  port = 0;
  channel: Channel = 'clear';
  name = '';
  account = '';
  reference = '';
  code = 0;
  reason: Reason = 'ok';
  isStale = false;
  entries = 0;
  duration = 0;
  upstream = 0;
  held = 0;
  steps: readonly Step[] = [];
  isPaged = false;
  request: SearchRequest | undefined;
  shape: SearchShape | undefined;
}

export class RecentOperations {
  private readonly slots: Slot[] = [];
  /** Of the newest one; 0 before the first. */
  serial = 0;

  constructor(
    private readonly knows: Knows,
    /** Tells this process from the one before it. */
    private readonly life: string,
  ) {}

  /** A place in the row of operations, for whoever comes back. */
  mark(serial = this.serial): string {
    return `${this.life}-${serial}`;
  }

  /** The serial number of such a place; undefined if it is none of this process. */
  serialOf(mark: string | undefined): number | undefined {
    const [life, serial] = (mark ?? '').split('-');
    return life === this.life && /^[0-9]{1,15}$/.test(serial ?? '') ? Number(serial) : undefined;
  }

  /** `time`: milliseconds of the wall clock. */
  add(trace: Trace, source: LogSource, time: number): void {
    const index = this.serial++ % KEPT;
    const slot = this.slots[index] ?? new Slot();
    this.slots[index] = slot;
    slot.serial = this.serial;
    slot.time = time;
    slot.operation = trace.operation;
    slot.connection = source.connection;
    slot.address = source.address;
    slot.port = source.port;
    slot.channel = source.channel;
    slot.name = trace.name.length > LONGEST_NAME ? printable(trace.name, LONGEST_NAME) : trace.name;
    slot.account = trace.account;
    slot.reference = trace.reference;
    slot.code = trace.code;
    slot.reason = trace.reason;
    slot.isStale = trace.isStale;
    slot.entries = trace.entries;
    slot.duration = trace.duration;
    slot.upstream = trace.upstream;
    slot.held = trace.held;
    slot.steps = trace.steps;
    slot.isPaged = trace.isPaged;
    this.keepShape(slot, trace.request);
  }

  /** The operations behind a serial number, oldest first; those that were overwritten are missing. */
  after(serial: number): OperationRecord[] {
    const first = Math.max(serial, this.serial - this.slots.length);
    return Array.from({ length: Math.max(0, this.serial - first) }, (_, i) =>
      this.recordOf(this.slots[(first + i) % KEPT]!),
    );
  }

  /** The newest operation. Not to be called before the first. */
  newest(): OperationRecord {
    return this.recordOf(this.slots[(this.serial - 1) % KEPT]!);
  }

  private keepShape(slot: Slot, request: SearchRequest | undefined): void {
    slot.shape = undefined;
    slot.request = request;
    if (request === undefined || isLight(request)) return;
    slot.shape = shapeOf(request, slot.isPaged, this.knows);
    slot.request = undefined;
  }

  private recordOf(slot: Slot): OperationRecord {
    if (slot.request !== undefined) {
      slot.shape = shapeOf(slot.request, slot.isPaged, this.knows);
      slot.request = undefined;
    }
    return {
      serial: slot.serial,
      time: new Date(slot.time).toISOString(),
      operation: slot.operation,
      connection: slot.connection,
      address: slot.address,
      port: slot.port,
      channel: slot.channel,
      target: printable(slot.name, LONGEST_NAME + 32),
      account: printable(slot.account),
      ...(slot.reference === '' ? {} : { reference: slot.reference }),
      code: slot.code,
      result: resultName(slot.code),
      reason: slot.reason,
      stale: slot.isStale,
      entries: slot.entries,
      ms: rounded(slot.duration),
      upstreamMs: rounded(slot.upstream),
      heldMs: rounded(slot.held),
      steps: slot.steps.map(({ name, decision, at }) => ({ name, decision: printable(decision), ms: rounded(at) })),
      ...(slot.shape === undefined ? {} : { search: slot.shape }),
    };
  }
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100;
}
