// The messages to the load generator and its answers.

/** Kinds of load; `idle` and `start` work differently. */
export type LoadWork = 'bind' | 'login' | 'search1' | 'search1-pipelined' | 'search1000';

export type Job =
  | {
      readonly kind: 'load';
      readonly work: LoadWork;
      /** Connections go to them in turn. */
      readonly ports: readonly number[];
      /** The processes whose CPU time counts. */
      readonly pids: readonly number[];
      /** The upstream and the relay in front of it: their CPU time counts neither for the server nor for the rest of the machine. */
      readonly upstreamPids: readonly number[];
      readonly connections: number;
      /** The names in binds: local ones, or the upstream's for a contestant that does not map names. */
      readonly names: 'local' | 'upstream';
      /** Seconds of load before the measurement, and seconds of the measurement. */
      readonly warmUp: number;
      readonly seconds: number;
      /** Every member has a turn before the measurement, to fill the caches. */
      readonly everyoneFirst: boolean;
    }
  /** Opens connections and keeps them until `release`; each sends one request when it opens. */
  | { readonly kind: 'hold'; readonly ports: readonly number[]; readonly connections: number }
  /** Sends one more request on each, and closes them. */
  | { readonly kind: 'release' };

export interface Loaded {
  readonly operations: number;
  /** Operations per second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Microseconds of the server's CPU time per operation. */
  readonly cpu: number;
  /** The CPU that the load generator itself used, in cores. */
  readonly loadShare: number;
  /** The CPU that everything else on the machine used meanwhile, in cores. */
  readonly others: number;
}

export type Reply =
  | { readonly kind: 'loaded'; readonly result: Loaded }
  | { readonly kind: 'counted'; readonly alive: number }
  | { readonly kind: 'void'; readonly why: string };
