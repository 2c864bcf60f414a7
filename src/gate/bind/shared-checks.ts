// Passwords that wait for what all instances decide about them: equal ones at the same time wait for one decision, as they do for one answer upstream.
import { type Passing, PassingTable } from '../../runtime/passing-table.js';
import type { SharedDecision, SharedDecisions, SharedQuestion, VerdictWait } from '../ports.js';

/** The one who asked for a decision. */
export interface Asker {
  /** Called once, if it has not left: the decision is in the check. */
  decidedTogether(): void;
}
/** Undefined: the client that they waited for has left, and no decision follows. */
export type JoinedListener = (decision: SharedDecision | undefined) => void;

/** Decisions under way. Equal account and password share one. */
export class SharedChecks {
  private readonly underWay = new PassingTable<SharedCheck>();

  constructor(private readonly port: SharedDecisions) {}

  /** One of this `id` that is not taken yet. */
  find(id: string): SharedCheck | undefined {
    return this.underWay.get(id);
  }

  /** Its `decision` is there already, or the asker is called once. `id`: equal for equal account and password only; undefined: shared with nobody. */
  ask(id: string | undefined, question: SharedQuestion, asker: Asker): SharedCheck {
    const check = new SharedCheck(id, question.address, asker, this.underWay);
    check.decision = this.port.decide(question, (decision) => check.decided(decision));
    // A later one of the same id is found first: the binds that come then wait for it.
    if (check.decision === undefined) this.underWay.add(check);
    return check;
  }
}

/** One decision under way and the binds that wait for it. Each of them receives it once, or leaves. */
export class SharedCheck implements VerdictWait, Passing<SharedCheck> {
  decision: SharedDecision | undefined = undefined;
  next: SharedCheck | undefined = undefined;
  private isOver = false;
  private others: Other[] | undefined = undefined;

  constructor(
    readonly id: string | undefined,
    /** Where it came from. */
    readonly from: string,
    private readonly asker: Asker,
    /** Those that others find; it leaves them when it is over. */
    private readonly underWay: PassingTable<SharedCheck>,
  ) {}

  decided(decision: SharedDecision): void {
    this.decision = decision;
    if (this.isOver) giveBack(decision);
    else this.asker.decidedTogether();
  }

  /** The one who asked calls this once it has acted on the decision. */
  taken(): void {
    this.end(this.decision);
  }

  /** The one who asked is gone: nothing is sent. */
  leave(): void {
    if (this.isOver) return;
    if (this.decision !== undefined) giveBack(this.decision);
    this.end(undefined);
  }

  /** Waits for the same decision. */
  join(onDecision: JoinedListener): VerdictWait {
    const other = { onDecision };
    this.others ??= [];
    this.others.push(other);
    return { leave: () => void this.others?.splice(this.others.indexOf(other) >>> 0, 1) };
  }

  private end(decision: SharedDecision | undefined): void {
    if (this.isOver) return;
    this.isOver = true;
    const { others, underWay } = this;
    underWay.remove(this);
    this.others = undefined;
    if (others !== undefined) for (const { onDecision } of others) onDecision(decision);
  }
}

interface Other {
  readonly onDecision: JoinedListener;
}

function giveBack(decision: SharedDecision): void {
  if (decision.kind === 'allowed' || decision.kind === 'alone') decision.permit.settled('undecided');
}
