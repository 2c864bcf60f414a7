// The command line of the benchmark.
import { parseArgs } from 'node:util';
import { PEERS } from './contestants.js';
import { WORKS, type Work } from './works.js';

export interface Options {
  readonly works: readonly Work[];
  readonly peers: readonly (typeof PEERS)[number][];
  readonly connections: readonly number[];
  /** Milliseconds of round trip to the upstream. */
  readonly roundTrips: readonly number[];
  readonly rounds: number;
  readonly seconds: number;
  readonly idleConnections: number;
  /** The number of Jumpgate processes, side by side. */
  readonly processes: number;
  readonly json: string | undefined;
  readonly profile: string | undefined;
  /** The program lloadd. */
  readonly lloadd: string;
  readonly scale: boolean;
  readonly members: readonly number[];
}

export const HELP = `Compares Jumpgate with OpenLDAP's slapd as a proxy: back-ldap with rwm, without a log and with one; the same with pcache; with
lloadd, which balances binds and does not map names; and with a floor, which forwards binds and does nothing else. Contestants that log are
compared with each other, and so are those that do not.

  npm run bench                                    everything (about an hour on two cores)
  npm run bench -- --quick                         two rounds of 1 s at 16 connections, the main works
  npm run bench -- --only bind,login --connections 16,64
  npm run bench -- --only bind --peers back-ldap --round-trips 20 --rounds 3 --seconds 2
  npm run bench -- --json bench.json               the numbers of every run as well
  npm run bench -- --only search1 --peers none --connections 16 --profile prof
  npm run bench -- --scale                         the directory alone, from 100 to 100,000 members

  --only WORKS          of ${WORKS.join(', ')}
  --peers PEERS         of ${PEERS.join(', ')}; or none
  --connections N,…     clients at the same time (1,16,64,256)
  --round-trips MS,…    distance to the upstream (0,20)
  --rounds N            in each, every contestant has one run (5)
  --seconds N           length of one run (3)
  --idle-connections N  connections for the work idle (10000)
  --processes N         Jumpgate processes side by side, each with its share of the connections (1)
  --json FILE           where to write all numbers
  --profile FOLDER      where Jumpgate writes CPU profiles
  --lloadd PATH         OpenLDAP's load balancer, if you have built it ($LLOADD; otherwise lloadd from the PATH)
  --members N,…         sizes for --scale (100,1000,10000,100000)
  --quick, --scale, --help

Exit code: 0 done, 1 a run failed or got a wrong answer, 2 wrong usage or no OpenLDAP. A missed target does not change it.`;

/** Wrong usage, in words. */
export class UsageError extends Error {}

/** Reads the arguments; undefined if help is asked for. Throws UsageError. */
export function readOptions(args: readonly string[]): Options | undefined {
  const values = parse(args);
  if (values.help) return undefined;
  const quick = values.quick === true;
  const isNone = values.peers === 'none';
  return {
    works: list('--only', values.only, WORKS) ?? (quick ? WORKS.filter((work) => work !== 'idle') : WORKS),
    peers: isNone ? [] : (list('--peers', values.peers, PEERS) ?? (quick ? ['back-ldap'] : PEERS)),
    connections: numbers('--connections', values.connections) ?? (quick ? [16] : [1, 16, 64, 256]),
    roundTrips: numbers('--round-trips', values['round-trips'], 0) ?? (quick ? [0] : [0, 20]),
    rounds: numbers('--rounds', values.rounds)?.[0] ?? (quick ? 2 : 5),
    seconds: positive('--seconds', values.seconds) ?? (quick ? 1 : 3),
    idleConnections: numbers('--idle-connections', values['idle-connections'])?.[0] ?? 10_000,
    processes: numbers('--processes', values.processes)?.[0] ?? 1,
    json: values.json,
    profile: values.profile,
    lloadd: values.lloadd ?? process.env.LLOADD ?? 'lloadd',
    scale: values.scale === true,
    members: numbers('--members', values.members) ?? [100, 1000, 10_000, 100_000],
  };
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        ...{ only: text, peers: text, connections: text, 'round-trips': text, rounds: text, seconds: text },
        ...{ 'idle-connections': text, processes: text, json: text, profile: text, members: text, lloadd: text },
        ...{ quick: flag, scale: flag, help: flag },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function list<Item extends string>(name: string, value: string | undefined, all: readonly Item[]): Item[] | undefined {
  return value?.split(',').map((part) => {
    const item = all.find((candidate) => candidate === part.trim());
    if (item === undefined) throw new UsageError(`${name}: unknown value ${part}, use ${all.join(', ')}`);
    return item;
  });
}

function numbers(name: string, value: string | undefined, least = 1): number[] | undefined {
  return value?.split(',').map((part) => {
    const number = Number(part);
    if (part.trim() === '' || !Number.isInteger(number) || number < least)
      throw new UsageError(`${name}: ${part} is not a whole number of at least ${least}`);
    return number;
  });
}

function positive(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!(number > 0)) throw new UsageError(`${name}: ${value} is not a number of seconds above 0`);
  return number;
}
