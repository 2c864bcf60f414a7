// The order of the runs: round by round, each contestant once per round, so that a disturbance of the machine affects all of them.
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Contestant, type ContestantName, mapsNames, type Surroundings, startContestant } from './contestants.js';
import type { Job, Reply } from './jobs.js';
import { residentMemory } from './measure.js';
import { message } from './processes.js';
import type { Results } from './results.js';
import { aloneBetween } from './togetherness.js';
import type { Case } from './works.js';

export interface Course {
  readonly load: ChildProcess;
  /** The upstream, and the relay in front of it. */
  readonly upstreamPids: readonly number[];
  readonly results: Results;
  readonly rounds: number;
  readonly seconds: number;
  /** Prints one line of progress. */
  readonly tell: (text: string) => void;
}

function ask(load: ChildProcess, job: Job): Promise<Reply> {
  const reply = message<Reply>(load);
  load.send(job);
  return reply;
}

/** Milliseconds until memory use is stable. */
const REST = 1500;

/**
 * V8 has compiled what a bind needs after about 20,000 of them: before that, a bind costs twice as much. One connection does not get that far
 * in a warm-up, so a larger number of connections does it for all cases of a work. In seconds.
 */
const COMPILING = 3;
const COMPILING_CONNECTIONS = 64;

/** Runs the cases of one distance; the contestants stay up from the first case to the last. */
export async function runCases(cases: readonly Case[], around: Surroundings, course: Course): Promise<void> {
  const contestants = new Map<ContestantName, Contestant>();
  for (const name of new Set(cases.flatMap((each) => each.contestants)))
    contestants.set(name, await startContestant(name, around));
  const warm = new Set<string>();
  for (const each of cases) {
    for (let round = 1; round <= course.rounds; round++)
      for (const name of each.contestants) {
        const contestant = contestants.get(name)!;
        if (warm.size < warm.add(`${name} ${each.work}`).size) await warmUp(each, contestant, course);
        await runOnce(each, round, contestant, course);
      }
  }
  for (const contestant of contestants.values()) await contestant.stop();
}

/** Runs the work once, without a result: a contestant that fails here will fail again in a run that counts. */
async function warmUp(each: Case, contestant: Contestant, course: Course): Promise<void> {
  contestant.tidy();
  const connections = Math.max(each.connections, COMPILING_CONNECTIONS);
  await ask(course.load, {
    ...jobOf({ ...each, connections }, contestant, course),
    ...{ warmUp: Math.min(3 * course.seconds, COMPILING), seconds: 0.1 },
  });
}

function jobOf({ work, connections }: Case, { name, pids, ports }: Contestant, { upstreamPids }: Course) {
  const everyoneFirst =
    work !== 'search1000' && (name === 'jumpgate' || name === 'jumpgate-fleet-remembering' || name === 'pcache');
  const names = mapsNames(name) ? 'local' : 'upstream';
  return { kind: 'load', work, ports, pids, connections, everyoneFirst, upstreamPids, names } as const;
}

async function runOnce(each: Case, round: number, contestant: Contestant, course: Course): Promise<void> {
  const { work, connections, roundTrip } = each;
  const { name: who, pids } = contestant;
  contestant.tidy();
  // With distance, a pool of connections grows slowly: three round trips for each connection, a few at a time.
  const warmUp = roundTrip === 0 ? 0.3 : 0.5 + connections / 80;
  const { seconds } = course;
  const before = await contestant.decided();
  const reply = await ask(course.load, { ...jobOf(each, contestant, course), warmUp, seconds });
  const after = await contestant.decided();
  const run = { work, connections, roundTrip, round, who, memory: residentMemory(pids) };
  const where = `${work} ×${connections}${roundTrip === 0 ? '' : ` ${roundTrip} ms`}, round ${round}, ${who}`;
  const alone = before && after && aloneBetween(before, after, who === 'jumpgate-fleet-remembering');
  if (alone !== undefined) fail(run, { kind: 'void', why: alone }, where, course);
  else if (reply.kind === 'loaded') {
    course.results.add({ ...run, ...reply.result });
    const { rate, p50, p99, cpu } = reply.result;
    course.tell(
      `${where}: ${rate.toFixed(0)}/s, p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms, CPU ${cpu.toFixed(0)} µs`,
    );
  } else fail(run, reply, where, course);
}

function fail(run: Parameters<Results['add']>[0], reply: Reply, where: string, course: Course): void {
  const why = reply.kind === 'void' ? reply.why : 'not what was asked';
  course.results.add({ ...run, void: why });
  course.tell(`${where}: VOID: ${why}`);
}

/** The time from a start to the first successful bind that went upstream; each run starts a new process. */
export async function runStarts(names: readonly ContestantName[], around: Surroundings, course: Course): Promise<void> {
  for (let round = 1; round <= course.rounds; round++) {
    for (const who of names) {
      const contestant = await startContestant(who, around);
      const { startTime } = contestant;
      await contestant.stop();
      course.results.add({ work: 'start', connections: 1, roundTrip: 0, round, who, startTime });
      course.tell(`start, round ${round}, ${who}: ${startTime.toFixed(0)} ms`);
    }
  }
}

/** Memory with many idle connections; each run starts a new process. */
export async function runIdle(
  names: readonly ContestantName[],
  connections: number,
  around: Surroundings,
  course: Course,
): Promise<void> {
  for (let round = 1; round <= course.rounds; round++) {
    for (const who of names) {
      const contestant = await startContestant(who, around);
      const { pids, ports } = contestant;
      await sleep(REST);
      const memoryBefore = residentMemory(pids);
      const opened = await ask(course.load, { kind: 'hold', ports, connections });
      await sleep(REST);
      const memory = residentMemory(pids);
      const left = await ask(course.load, { kind: 'release' });
      await contestant.stop();
      const run = { work: 'idle', connections, roundTrip: 0, round, who, memory, memoryBefore } as const;
      if (opened.kind !== 'counted' || left.kind !== 'counted') {
        fail(run, opened.kind === 'void' ? opened : left, `idle, ${who}`, course);
        continue;
      }
      const lost = connections - left.alive;
      const memoryPerConnection = (memory - memoryBefore) / connections;
      course.results.add({ ...run, memoryPerConnection, lost });
      course.tell(
        `idle, round ${round}, ${who}: ${(memoryPerConnection / 1024).toFixed(1)} KB a connection, ${lost} lost`,
      );
    }
  }
}
