// The searches that one connection has running: drawn in turns, so that none keeps another waiting.
import type { EntrySource } from '../directory/search.js';
import type { Recording } from '../gate/answers.js';
import { reasonOfEnd } from '../gate/reason.js';
import type { Trace } from '../gate/trace.js';
import type { LDAPMessage, Response } from '../ldap/message.js';

interface Running {
  readonly messageID: number;
  readonly cursor: EntrySource;
  readonly trace: Trace;
  /** Collects what is sent, if the same question is to be answered from memory. */
  readonly recording: Recording | undefined;
}

/** Entries examined by one search before the next one has its turn: a millisecond or so with the costliest of filters. */
const BUDGET = 20;

export class Searches {
  private readonly running: Running[] = [];

  get size(): number {
    return this.running.length;
  }

  add(search: Running): void {
    this.running.push(search);
  }

  /** Stops one search; it sends nothing any more (RFC 4511 4.11). Returns it, if there was one. */
  abandon(messageID: number): { readonly messageID: number; readonly trace: Trace } | undefined {
    const index = this.running.findIndex((search) => search.messageID === messageID);
    return index < 0 ? undefined : this.running.splice(index, 1)[0];
  }

  clear(): void {
    this.running.length = 0;
  }

  /**
   * Gives the search at the head its turn: up to BUDGET entries examined, each hit passed to `emit`, as long as `mayEmit`.
   * `finished` hears of the last message of a search. Not to be called without a search.
   */
  turn(
    now: number,
    mayEmit: () => boolean,
    emit: (message: LDAPMessage<Response>) => Buffer,
    finished: (trace: Trace) => void,
  ): void {
    const search = this.running.shift()!;
    const { messageID, cursor, trace, recording } = search;
    for (let left = BUDGET; left > 0 && mayEmit(); ) {
      const before = cursor.examined;
      const next = cursor.advance(left, now);
      left -= Math.max(1, cursor.examined - before);
      if (next === 'again') break;
      if ('kind' in next) {
        trace.entries++;
        const octets = emit({ messageID, op: next });
        recording?.add(octets);
        continue;
      }
      const { result, controls = [] } = next;
      const done = { messageID, op: { kind: 'searchResultDone', result } } as const;
      const octets = emit(controls.length === 0 ? done : { ...done, controls });
      finished(trace.end(result.code, reasonOfEnd(result.code)));
      recording?.add(octets);
      recording?.finish(trace);
      return;
    }
    this.running.push(search);
  }
}
