// The measurements, in the form that the tables, the targets and the JSON file use.
import { type ContestantName, rivalOf } from './contestants.js';
import type { Loaded } from './jobs.js';
import { median } from './measure.js';
import type { Work } from './works.js';

/** One run. A work leaves out the numbers that it does not have. */
export interface Measured extends Partial<Loaded> {
  readonly work: Work;
  readonly connections: number;
  /** Milliseconds. */
  readonly roundTrip: number;
  readonly round: number;
  readonly who: ContestantName;
  /** Bytes of resident memory: after the run; for `idle` with all connections open. */
  readonly memory?: number;
  /** `idle`: bytes before, bytes per connection, and the number of lost connections. */
  readonly memoryBefore?: number;
  readonly memoryPerConnection?: number;
  readonly lost?: number;
  /** `start`: milliseconds. */
  readonly startTime?: number;
  /** Why the run does not count. */
  readonly void?: string;
}

export type Metric = Exclude<keyof Measured, 'work' | 'connections' | 'roundTrip' | 'round' | 'who' | 'void'>;

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface Selection {
  readonly work: Work;
  readonly connections: number;
  readonly roundTrip: number;
}

const spread = (numbers: readonly number[]): Spread | undefined =>
  numbers.length === 0 ? undefined : { median: median(numbers), min: Math.min(...numbers), max: Math.max(...numbers) };

export class Results {
  readonly runs: Measured[] = [];

  add(run: Measured): void {
    this.runs.push(run);
  }

  /** The good runs of one contestant in one case. */
  of(which: Selection, who: ContestantName): Measured[] {
    const { work, connections, roundTrip } = which;
    return this.runs.filter(
      (run) =>
        run.work === work &&
        run.connections === connections &&
        run.roundTrip === roundTrip &&
        run.who === who &&
        run.void === undefined,
    );
  }

  absolute(which: Selection, who: ContestantName, metric: Metric): Spread | undefined {
    return spread(this.of(which, who).flatMap((run) => run[metric] ?? []));
  }

  /** Divided by its rival's number in the same round. */
  ratio(which: Selection, who: ContestantName, metric: Metric): Spread | undefined {
    const others = new Map(this.of(which, rivalOf(who)).map((run) => [run.round, run[metric]]));
    return spread(
      this.of(which, who).flatMap((run) => {
        const [mine, other] = [run[metric], others.get(run.round)];
        return mine === undefined || other === undefined || other === 0 ? [] : mine / other;
      }),
    );
  }
}
