// The works, and in which company and at which distances each is measured.
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

/** A search leaves no line in Jumpgate's log by default: it is compared with the peers that write none either. */
const answersQuietly = (peer: ContestantName) => peer === 'back-ldap' || peer === 'pcache';

/** Who takes part in a work beside Jumpgate by its defaults; `floor` knows binds alone. */
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
      // What a store costs that instances share (docs/fleet.md), by Jumpgate without one.
      case 'fleet':
        return (roundTrip === 0 ? connections : []).map((count) => ({
          ...{ work: 'bind', connections: count, roundTrip },
          contestants: ['jumpgate-silent', 'jumpgate-fleet', 'jumpgate', 'jumpgate-fleet-remembering'],
        }));
      // A search is answered without the upstream here: distance would only make the others slower.
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
