// Equal binds at the same time share one question to the upstream: equal name and equal password only (R90).
import type { CoalescingVerifier, Verdict, VerdictReceiver, VerdictWait } from '../gate/ports.js';
import { type Passing, PassingTable } from '../runtime/passing-table.js';
import { encodeBindRequest } from '../wire/bind-request.js';
import { BindJob, type BindSender } from './bind-job.js';

/** In front of the pool: the second of two equal binds waits for the answer to the first. */
export class BindCoalescing implements CoalescingVerifier {
  private readonly underWay = new PassingTable<SharedBind>();

  /** `defect` receives what the receiver of a verdict throws. */
  constructor(
    private readonly pool: BindSender,
    readonly defect: (error: unknown) => void,
  ) {}

  verify(
    id: string | undefined,
    dn: string,
    password: Buffer,
    receiver: VerdictReceiver,
    from = '',
    asksPolicy = false,
  ): VerdictWait {
    const known = id === undefined ? undefined : this.underWay.get(id);
    if (known !== undefined) return known.join(receiver);
    const bind = new SharedBind(encodeBindRequest(dn, password, asksPolicy), this, id, receiver, from);
    this.pool.verify(bind);
    this.underWay.add(bind);
    return bind;
  }

  isAway(): boolean {
    return this.pool.isAway();
  }

  runningFrom(id: string): string | undefined {
    return this.underWay.get(id)?.from;
  }

  /** For the bind alone: it has its verdict, and the same question from now on is asked again. */
  landed(bind: SharedBind): void {
    this.underWay.remove(bind);
  }

  /** For the bind alone: nobody waits for it. */
  abandoned(bind: SharedBind): void {
    this.pool.withdraw(bind);
  }
}

/** A bind with all who wait for it; itself the wait of the first of them. */
class SharedBind extends BindJob implements VerdictWait, Passing<SharedBind> {
  /** Those who came later and still wait. */
  private joined: Joiner[] | undefined;
  /** False once the client of the first one has left. */
  private isFirstThere = true;
  next: SharedBind | undefined;

  constructor(
    request: Buffer,
    private readonly owner: BindCoalescing,
    readonly id: string | undefined,
    /** It counts what reached the upstream, so it receives the verdict even if its client has left. */
    private readonly first: VerdictReceiver,
    readonly from: string,
  ) {
    super(request);
  }

  join(receiver: VerdictReceiver): VerdictWait {
    const joiner = new Joiner(this, receiver);
    this.joined ??= [];
    this.joined.push(joiner);
    return joiner;
  }

  leave(): void {
    if (!this.isFirstThere) return;
    this.isFirstThere = false;
    this.left();
  }

  /** One that came later leaves, and has not left before. */
  part(joiner: Joiner): void {
    this.joined = this.joined?.filter((each) => each !== joiner);
    this.left();
  }

  /** Everybody receives the verdict, even if one of them throws. */
  protected deliver(verdict: Verdict): void {
    this.owner.landed(this);
    this.deliverTo(this.first, verdict);
    // Some may leave while others receive it.
    if (this.joined !== undefined)
      for (const joiner of this.joined) if (joiner.isThere) this.deliverTo(joiner.receiver, verdict);
  }

  private deliverTo(receiver: VerdictReceiver, verdict: Verdict): void {
    try {
      receiver.onVerdict(verdict);
    } catch (error) {
      this.owner.defect(error);
    }
  }

  /**
   * The last one to leave gives the bind up if it was not sent yet. One that was sent goes on: an application that timed out and asks the same
   * again waits for its answer, and a telephone rings once.
   */
  private left(): void {
    if (!this.isFirstThere && (this.joined === undefined || this.joined.length === 0)) this.owner.abandoned(this);
  }
}

class Joiner implements VerdictWait {
  isThere = true;

  constructor(
    private readonly bind: SharedBind,
    readonly receiver: VerdictReceiver,
  ) {}

  leave(): void {
    if (!this.isThere) return;
    this.isThere = false;
    this.bind.part(this);
  }
}
