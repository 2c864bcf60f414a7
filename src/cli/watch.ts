// `jumpgate watch`: follows a running instance, a line for each operation, until a signal ends it.

import { filterQuery, type OperationFilter } from '../ops/telemetry/operation-filter.js';
import type { OperationRecord } from '../ops/telemetry/recent-operations.js';
import type { FaultRecord } from '../ops/telemetry/telemetry.js';
import { type Paint, terminalOf } from '../ops/terminal.js';
import { followEvents, type ReceivedEvent } from './event-stream.js';
import type { CliIo } from './io.js';
import { untilSignal } from './signals.js';
import { faultLine, foundLine, HANG, operationLines } from './watch-text.js';

export interface WatchOptions {
  /** Of the ops port. */
  readonly url: string;
  readonly token: string | undefined;
  readonly filter: OperationFilter;
  /** The number of past operations to print first. */
  readonly last: number;
  /** One JSON object a line. */
  readonly json: boolean;
}

/** What one event says. */
export type Watched =
  | { readonly kind: 'operation'; readonly record: OperationRecord }
  /** JumpCloud's reason has arrived for an operation that was passed on before. */
  | { readonly kind: 'found'; readonly record: OperationRecord }
  | { readonly kind: 'fault'; readonly record: FaultRecord };

/** One line of `--json`. */
export type WatchedLine =
  | ({ readonly event: 'operation' | 'found' } & OperationRecord)
  | ({ readonly event: 'fault' } & FaultRecord);

/** Exit code 0 after a signal, 1 if the instance refuses. */
export async function watch(options: WatchOptions, io: CliIo): Promise<number> {
  const { paint, fit } = terminalOf(io.stdout, io.env);
  return follow(options, io, untilSignal(), (watched) => {
    const text = options.json ? JSON.stringify(jsonOf(watched)) : fit(linesOf(watched, paint).join('\n'), HANG);
    io.stdout.write(`${text}\n`);
  });
}

/**
 * Passes on what happens until `until` is settled; exit code 1 if the instance refuses. Each lost connection is reported once on stderr;
 * `connected` is called for each new connection.
 */
export function follow(
  { url, token, filter, last }: Pick<WatchOptions, 'url' | 'token' | 'filter' | 'last'>,
  io: CliIo,
  until: Promise<unknown>,
  watched: (watched: Watched) => void,
  connected: () => void = () => {},
): Promise<number> {
  const query = filterQuery(filter);
  query.set('last', String(last));
  const base = url.replace(/\/$/, '');
  return new Promise((resolve) => {
    let isLost = false;
    const end = followEvents(`${base}/events?${query}`, token, {
      event: (event) => {
        const one = readEvent(event);
        if (one !== undefined) watched(one);
      },
      connected: () => {
        if (isLost) io.stderr.write(`jumpgate: ${base}: connected again\n`);
        isLost = false;
        connected();
      },
      lost: (why) => {
        if (!isLost) io.stderr.write(`jumpgate: ${base}: ${why}; trying again\n`);
        isLost = true;
      },
      refused: (why) => {
        io.stderr.write(`jumpgate: ${base}: ${why}\n`);
        resolve(1);
      },
    });
    void until.then(() => {
      end();
      resolve(0);
    });
  });
}

function readEvent({ event, data }: ReceivedEvent): Watched | undefined {
  if (event === 'operation' || event === 'found') return { kind: event, record: JSON.parse(data) as OperationRecord };
  return event === 'fault' ? { kind: 'fault', record: JSON.parse(data) as FaultRecord } : undefined;
}

function linesOf(watched: Watched, paint: Paint): string[] {
  if (watched.kind === 'operation') return operationLines(watched.record, paint);
  return [watched.kind === 'found' ? foundLine(watched.record, paint) : faultLine(watched.record, paint)];
}

function jsonOf(watched: Watched): WatchedLine {
  return watched.kind === 'fault' ? { event: 'fault', ...watched.record } : { event: watched.kind, ...watched.record };
}
