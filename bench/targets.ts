// What Jumpgate is to reach, in ratios to back-ldap in the same rounds unless a unit stands there.
import type { ContestantName } from './contestants.js';
import type { Metric, Results, Selection, Spread } from './results.js';
import type { Work } from './works.js';

export interface Target extends Selection {
  readonly title: string;
  readonly who: ContestantName;
  readonly metric: Metric;
  readonly atMost?: number;
  readonly atLeast?: number;
  /** Set where the number itself counts and not its ratio. */
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
  const kind =
    who === 'jumpgate-forwarding' ? ', forwarded' : work === 'bind' || work === 'login' ? ', remembered' : '';
  const distance = roundTrip === 0 ? '' : ` at ${roundTrip} ms`;
  const title = `${work}${kind}, ${connections} connection${connections === 1 ? '' : 's'}${distance}: ${METRICS[metric]}`;
  return { work, who, connections, roundTrip, metric, title, ...bound };
}

const each = (counts: readonly number[], make: (count: number) => Target[]) => counts.flatMap(make);
const FORWARDING = 'jumpgate-forwarding';
const REMEMBERING = 'jumpgate';

/** `idle`: how many connections that work has. */
export function targets(idle: number): Target[] {
  return [
    ...each([16, 64, 256], (n) => [
      target('bind', FORWARDING, [n, 0], 'cpu', upTo(n === 16 ? 0.65 : 0.75)),
      target('bind', FORWARDING, [n, 0], 'rate', from(1)),
      target('bind', FORWARDING, [n, 0], 'p99', upTo(1)),
    ]),
    target('bind', FORWARDING, [64, 20], 'cpu', upTo(0.7)),
    target('bind', FORWARDING, [256, 20], 'cpu', upTo(0.5)),
    target('bind', FORWARDING, [64, 20], 'rate', from(3.6)),
    target('bind', FORWARDING, [256, 20], 'rate', from(7.5)),
    { ...target('bind', FORWARDING, [64, 20], 'p50', upTo(23)), unit: 'ms' },
    ...each([16, 64, 256], (n) => [
      target('bind', REMEMBERING, [n, 0], 'cpu', upTo(0.3)),
      target('bind', REMEMBERING, [n, 0], 'rate', from(3)),
    ]),
    ...each([16, 64, 256], (n) => [
      target('login', FORWARDING, [n, 0], 'cpu', upTo(0.58)),
      target('login', FORWARDING, [n, 0], 'rate', from(1.35)),
      target('login', FORWARDING, [n, 0], 'p99', upTo(1)),
      target('login', REMEMBERING, [n, 0], 'cpu', upTo(0.32)),
      target('login', REMEMBERING, [n, 0], 'rate', from(2.2)),
      target('login', REMEMBERING, [n, 0], 'p99', upTo(1)),
    ]),
    ...each([16, 64, 256], (n) => [
      target('search1', REMEMBERING, [n, 0], 'cpu', upTo(0.13)),
      target('search1', REMEMBERING, [n, 0], 'rate', from(5)),
    ]),
    target('search1-pipelined', REMEMBERING, [16, 0], 'cpu', upTo(0.03)),
    target('search1-pipelined', REMEMBERING, [16, 0], 'rate', from(35)),
    ...each([16, 64, 256], (n) => [
      target('search1000', REMEMBERING, [n, 0], 'cpu', upTo(0.015)),
      target('search1000', REMEMBERING, [n, 0], 'rate', from(50)),
    ]),
    target('bind', FORWARDING, [16, 0], 'memory', upTo(2.4)),
    target('idle', REMEMBERING, [idle, 0], 'memoryBefore', upTo(2)),
    target('idle', REMEMBERING, [idle, 0], 'memory', upTo(1.15)),
    { ...target('idle', REMEMBERING, [idle, 0], 'memoryPerConnection', upTo(5.5)), unit: 'KB' },
    { ...target('idle', REMEMBERING, [idle, 0], 'lost', upTo(0)), unit: 'connections' },
    target('start', REMEMBERING, [1, 0], 'startTime', upTo(3.7)),
  ];
}

/** The targets of which something was measured, with what came out. */
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
