// Jumpgate's targets: ratios to its rival in the same rounds, unless they have a unit.
import { type ContestantName, rivalOf } from './contestants.js';
import type { Metric, Results, Selection, Spread } from './results.js';
import type { Work } from './works.js';

export interface Target extends Selection {
  readonly title: string;
  readonly who: ContestantName;
  readonly metric: Metric;
  readonly atMost?: number;
  readonly atLeast?: number;
  /** Set if the number itself counts, not its ratio. */
  readonly unit?: 'ms' | 'KB' | 'connections';
}

export interface Judged extends Target {
  readonly result: Spread;
  readonly isMet: boolean;
}

type Bound = { readonly atMost: number } | { readonly atLeast: number };
const upTo = (atMost: number): Bound => ({ atMost });
const from = (atLeast: number): Bound => ({ atLeast });

const METRICS: Partial<Record<Metric, string>> = {
  cpu: 'CPU per operation',
  rate: 'rate',
  p50: 'p50',
  p99: 'p99',
  memory: 'memory',
  memoryBefore: 'memory at rest',
  memoryPerConnection: 'memory per idle connection',
  lost: 'lost connections',
  startTime: 'time to the first bind',
};

function target(work: Work, who: ContestantName, where: [number, number], metric: Metric, bound: Bound): Target {
  const [connections, roundTrip] = where;
  const distance = roundTrip === 0 ? '' : ` at ${roundTrip} ms`;
  const crowd = `${connections} connection${connections === 1 ? '' : 's'}${distance}`;
  const title = `${work}, ${crowd}: ${METRICS[metric]} of ${who} ÷ ${rivalOf(who)}`;
  return { work, who, connections, roundTrip, metric, title, ...bound };
}

const each = (counts: readonly number[], make: (count: number) => Target[]) => counts.flatMap(make);
const FORWARDING = 'jumpgate-forwarding';
const SILENT = 'jumpgate-silent';
const REMEMBERING = 'jumpgate';
const CROWDS = [16, 64, 256];

/** `idle`: the number of connections of that work. */
export function targets(idle: number): Target[] {
  return [
    ...([FORWARDING, SILENT] as const).flatMap((who) => [
      target('bind', who, [1, 0], 'cpu', upTo(1)),
      target('bind', who, [1, 0], 'rate', from(1)),
      ...each(CROWDS, (n) => [
        target('bind', who, [n, 0], 'cpu', upTo(0.8)),
        target('bind', who, [n, 0], 'rate', from(1)),
        target('bind', who, [n, 0], 'p99', upTo(1.2)),
        target('login', who, [n, 0], 'cpu', upTo(0.45)),
        target('login', who, [n, 0], 'rate', from(1.35)),
      ]),
    ]),
    target('bind', SILENT, [64, 20], 'cpu', upTo(0.8)),
    target('bind', SILENT, [256, 20], 'cpu', upTo(0.75)),
    target('bind', SILENT, [64, 20], 'rate', from(3.9)),
    target('bind', SILENT, [256, 20], 'rate', from(14)),
    ...each(CROWDS, (n) => [
      target('bind', REMEMBERING, [n, 0], 'cpu', upTo(0.5)),
      target('bind', REMEMBERING, [n, 0], 'rate', from(2.2)),
      target('login', REMEMBERING, [n, 0], 'cpu', upTo(0.32)),
      target('login', REMEMBERING, [n, 0], 'rate', from(2)),
      target('search1', REMEMBERING, [n, 0], 'cpu', upTo(0.11)),
      target('search1', REMEMBERING, [n, 0], 'rate', from(7.5)),
    ]),
    target('search1-pipelined', REMEMBERING, [16, 0], 'cpu', upTo(0.025)),
    target('search1-pipelined', REMEMBERING, [16, 0], 'rate', from(30)),
    target('search1000', REMEMBERING, [16, 0], 'cpu', upTo(0.008)),
    target('search1000', REMEMBERING, [16, 0], 'rate', from(90)),
    target('bind', SILENT, [16, 0], 'memory', upTo(3)),
    target('idle', REMEMBERING, [idle, 0], 'memoryBefore', upTo(2.5)),
    target('idle', REMEMBERING, [idle, 0], 'memory', upTo(1.25)),
    { ...target('idle', REMEMBERING, [idle, 0], 'memoryPerConnection', upTo(5.5)), unit: 'KB' },
    { ...target('idle', REMEMBERING, [idle, 0], 'lost', upTo(0)), unit: 'connections' },
    target('bind', 'jumpgate-fleet', [64, 0], 'cpu', upTo(1.35)),
    target('bind', 'jumpgate-fleet-remembering', [64, 0], 'cpu', upTo(1.1)),
    target('start', REMEMBERING, [1, 0], 'startTime', upTo(9)),
  ];
}

/** The targets for which there are measurements, with their results. */
export function judge(results: Results, idle: number): Judged[] {
  return targets(idle).flatMap((one) => {
    const { who, metric, unit } = one;
    const found = unit === undefined ? results.ratio(one, who, metric) : results.absolute(one, who, metric);
    if (found === undefined) return [];
    const result = unit === 'KB' ? scaled(found, 1 / 1024) : found;
    const isMet = one.atMost === undefined ? result.median >= (one.atLeast ?? 0) : result.median <= one.atMost;
    return [{ ...one, result, isMet }];
  });
}

function scaled({ median, min, max }: Spread, factor: number): Spread {
  return { median: median * factor, min: min * factor, max: max * factor };
}
