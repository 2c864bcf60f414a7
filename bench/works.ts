// The works, with the contestants and distances of each.
import type { ContestantName } from './contestants.js';
import type { LoadWork } from './jobs.js';

export const WORKS = ['bind', 'login', 'search1', 'search1-pipelined', 'search1000', 'idle', 'start', 'fleet'] as const;
export type Work = (typeof WORKS)[number];

export interface Case {
  readonly work: LoadWork;
  readonly connections: number;
  /** Milliseconds. */
  readonly roundTrip: number;
  readonly contestants: readonly ContestantName[];
}

/** By default Jumpgate does not log searches: it is compared with the peers that do not either. */
const answersQuietly = (peer: ContestantName) => peer === 'back-ldap' || peer === 'pcache';

/** The peers of a work; `floor` supports only binds. */
export function peersIn(work: Work, peers: readonly ContestantName[]): readonly ContestantName[] {
  if (work === 'bind') return peers;
  return peers.filter((peer) => answersQuietly(peer) || (work === 'login' && peer === 'back-ldap-logging'));
}

/** The cases of one distance, for these works, numbers of connections and peers. */
export function casesAt(
  roundTrip: number,
  works: readonly Work[],
  connections: readonly number[],
  peers: readonly ContestantName[],
): Case[] {
  return works.flatMap((work): Case[] => {
    switch (work) {
      case 'bind':
      case 'login':
        return connections.map((count) => ({
          ...{ work, connections: count, roundTrip },
          contestants: ['jumpgate-forwarding', 'jumpgate-silent', 'jumpgate', ...peersIn(work, peers)],
        }));
      // The cost of a store that instances share (docs/fleet.md), compared with Jumpgate without one.
      case 'fleet':
        return (roundTrip === 0 ? connections : []).map((count) => ({
          ...{ work: 'bind', connections: count, roundTrip },
          contestants: ['jumpgate-silent', 'jumpgate-fleet', 'jumpgate', 'jumpgate-fleet-remembering'],
        }));
      // Jumpgate answers searches without the upstream: distance would only make the others slower.
      case 'search1':
      case 'search1000':
        return (roundTrip === 0 ? connections : []).map((count) => ({
          ...{ work, connections: count, roundTrip },
          contestants: ['jumpgate', ...peersIn(work, peers)],
        }));
      case 'search1-pipelined':
        return roundTrip === 0
          ? [{ work, connections: 16, roundTrip, contestants: ['jumpgate', ...peersIn(work, peers)] }]
          : [];
      default:
        return [];
    }
  });
}
