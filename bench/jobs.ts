// What the load generator is asked, and what it answers.

/** Kinds of load; `idle` and `start` are made otherwise. */
export type LoadWork = 'bind' | 'login' | 'search1' | 'search1-pipelined' | 'search1000';

export type Job =
  | {
      readonly kind: 'load';
      readonly work: LoadWork;
      /** Connections are dealt out to them one after another. */
      readonly ports: readonly number[];
      /** The processes whose CPU time counts. */
      readonly pids: readonly number[];
      /** Those whose CPU time is known and does not count: the upstream, and the relay before it. */
      readonly upstreamPids: readonly number[];
      readonly connections: number;
      /** Whose names binds say: the local ones, or the upstream's to who maps none. */
      readonly names: 'local' | 'upstream';
      /** Seconds of load before counting begins, and of counting. */
      readonly warmUp: number;
      readonly seconds: number;
      /** Every member has a turn before anything counts, so that what can be remembered is. */
      readonly everyoneFirst: boolean;
    }
  /** Opens connections and keeps them until `release`; each is asked something at its beginning. */
  | { readonly kind: 'hold'; readonly ports: readonly number[]; readonly connections: number }
  /** Asks each of them again, and closes them. */
  | { readonly kind: 'release' };

export interface Loaded {
  readonly operations: number;
  /** Operations a second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Microseconds of the server's CPU time for one operation. */
  readonly cpu: number;
  /** What the load generator itself took, of one core. */
  readonly loadShare: number;
  /** What everything else on the machine took meanwhile, in cores. */
  readonly others: number;
}

export type Reply =
  | { readonly kind: 'loaded'; readonly result: Loaded }
  | { readonly kind: 'counted'; readonly alive: number }
  | { readonly kind: 'void'; readonly why: string };
