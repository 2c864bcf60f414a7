// The doubt about a group that shrinks or vanishes: an upstream in trouble may show too little, so a loss is accepted only when it has lasted.
import type { GateNames, Gates } from './gates.js';
import { ReadError } from './reader.js';

/** How many members a snapshot has, in all and of each gate. */
export interface Counted {
  readonly memberCount: number;
  readonly gates: Pick<Gates, 'sizes'>;
}

interface Loss {
  /** Configured name of the group; undefined for all members together. */
  readonly gate: string | undefined;
  readonly left: number;
  readonly known: number;
}

/** Groups that are named in one message. */
const MOST_NAMES = 5;

/** Counts the time for each gate: the loss of one is not evidence for the loss of another. */
export class Doubt {
  /** The time of the first in the current row of reads that are not accepted, by gate. */
  private readonly since = new Map<string | undefined, number>();

  constructor(private readonly options: { readonly doubt: number; readonly now: () => number }) {}

  /** True while there is a loss that is not accepted yet. */
  get isOpen(): boolean {
    return this.since.size > 0;
  }

  /** True while the only losses in doubt are of gates other than these. */
  isAboutOthers(gates: GateNames): boolean {
    const { since } = this;
    const isAboutSome = since.size > (since.has(undefined) ? 1 : 0);
    return isAboutSome && gates !== 'everyone' && !gates.some((gate) => since.has(gate));
  }

  /** Throws a ReadError if fewer than half of the members are left, in all or in one gate, until that has lasted. */
  judge(known: Counted | undefined, next: Counted): void {
    const losses = lossesOf(known, next);
    for (const gate of this.since.keys()) if (!losses.some((loss) => loss.gate === gate)) this.since.delete(gate);
    const doubted = losses.filter(({ gate }) => !this.hasLasted(gate));
    if (doubted.length > 0) throw new ReadError('shrunk', lossText(doubted, known?.gates.sizes.size ?? 0));
    this.since.clear();
  }

  /** True if it has lasted that all gates are gone. */
  believesAllGone(known: Counted): boolean {
    for (const gate of known.gates.sizes.keys()) this.hasLasted(gate);
    if (!this.hasLasted(undefined)) return false;
    this.since.clear();
    return true;
  }

  private hasLasted(gate: string | undefined): boolean {
    const { doubt, now } = this.options;
    const since = this.since.get(gate) ?? now();
    this.since.set(gate, since);
    return now() - since >= doubt;
  }
}

function lossesOf(known: Counted | undefined, next: Counted): Loss[] {
  if (known === undefined) return [];
  const { sizes } = next.gates;
  const losses = [...known.gates.sizes].map(([gate, size]) => ({ gate, left: sizes.get(gate) ?? 0, known: size }));
  return [{ gate: undefined, left: next.memberCount, known: known.memberCount }, ...losses].filter(
    (loss) => loss.left * 2 < loss.known,
  );
}

/** One gate needs no name. */
function lossText(losses: readonly Loss[], gates: number): string {
  const named = losses.filter(({ gate }) => gate !== undefined);
  const shown = gates > 1 && named.length > 0 ? named : losses.slice(0, 1);
  const whose = ({ gate }: Loss) => (gates > 1 && gate !== undefined ? ` of ${gate}` : '');
  const texts = shown.slice(0, MOST_NAMES).map((loss) => `${loss.left} of ${loss.known} members${whose(loss)}`);
  const more = shown.length > MOST_NAMES ? ` (and of ${shown.length - MOST_NAMES} more groups)` : '';
  return `${texts.join(', ')}${more} are left; the read is repeated before it is accepted`;
}
