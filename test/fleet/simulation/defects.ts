// Defects that the simulation has to find: each is planted in a script, or in what an instance is made of.
import type { Defect, FaultName } from './day.js';

/** A defect, and the invariant that it breaks first. */
export interface Planted extends Defect {
  readonly what: string;
  readonly finds: RegExp;
  /** Those that it takes. */
  readonly faults?: readonly FaultName[];
}

/** The scripts in which this occurs, without it. Where none has it, the list is out of date: `isPlanted` stays false. */
function without(pattern: RegExp, instead = ''): Pick<Planted, 'script'> {
  return { script: (text) => text.replace(pattern, instead) };
}

export const DEFECTS: readonly Planted[] = [
  {
    what: 'a password is sent before it is counted',
    finds: /at most the limit/,
    ...without(/redis\.call\('HSET', [\w[\]]+, 'o' \.\. token[^\n]*/),
  },
  {
    what: 'a wrong password is not counted once it is answered',
    finds: /at most the limit/,
    ...without(/redis\.call\('HSET', [\w[\]]+, field, text\(ended\)[^\n]*/),
  },
  {
    what: 'a publication without a look at the fencing number',
    finds: /nobody publishes over a successor|what is published is newer/,
    faults: ['pause of the reader'],
    ...without(/if redis\.call\('GET', KEYS\[1\]\) ~= ARGV\[1\] then return 'fence' end[\s\S]*?(?=for i = 3)/),
  },
  {
    what: 'what others have revoked is not heard',
    finds: /what was revoked ends immediately/,
    faults: [],
    change: (parts) => {
      parts.heard = () => {};
    },
  },
  {
    what: 'a decision waits for the store as long as anything else',
    finds: /no decision waits/,
    faults: ['frozen', 'slow', 'killed'],
    change: (parts) => {
      parts.decisionTime = 1000;
    },
  },
  {
    what: 'an instance on its own counts nothing',
    finds: /at most the limit of an instance/,
    faults: ['killed', 'frozen'],
    change: ({ limiter }) => {
      limiter.take = () => 'allowed';
    },
  },
  {
    what: 'what was decided is never told to the others',
    // An equal password, on its way for ever, is waited for as long as one may be.
    finds: /everybody is in within two seconds|no decision waits/,
    faults: [],
    change: (parts) => changedPermits(parts, () => () => {}),
  },
  {
    what: 'each wrong password is reported four times',
    finds: /everybody is in within two seconds/,
    faults: [],
    change: (parts) => changedPermits(parts, (settled) => (outcome) => settled(outcome, 4)),
  },
  {
    what: 'any password works where one is cached',
    finds: /no success with a wrong password/,
    faults: [],
    change: ({ cache }) => {
      const keyOf = cache.keyOf.bind(cache);
      cache.keyOf = (account, password, once) => ({ ...keyOf(account, password, once), id: account });
    },
  },
  {
    what: 'a directory that was read once is kept for ever',
    finds: /a removed member is out in time/,
    faults: [],
    change: (parts) => {
      const read = parts.reader.read.bind(parts.reader);
      let first: ReturnType<typeof read> | undefined;
      parts.reader = {
        read: () => {
          first ??= read();
          return first;
        },
      };
    },
  },
];

type Settled = (outcome: 'right' | 'wrong' | 'undecided', times?: number) => void;

function changedPermits(
  parts: Parameters<NonNullable<Defect['change']>>[0],
  change: (settled: Settled) => Settled,
): void {
  const { port } = parts;
  type Decision = Parameters<Parameters<typeof port.decide>[1]>[0];
  const changed = (decision: Decision): Decision =>
    decision.kind === 'allowed'
      ? { ...decision, permit: { settled: change((outcome, times) => decision.permit.settled(outcome, times)) } }
      : decision;
  parts.port = {
    decide: (question, decided) => {
      const decision = port.decide(question, (later) => decided(changed(later)));
      return decision && changed(decision);
    },
  };
}
