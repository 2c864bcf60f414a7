// Equal binds at the same time share one question to the upstream: equal name and equal password only (R90).
import type { CoalescingVerifier, Verdict, VerdictReceiver, VerdictWait, Verifier } from '../ports.js';

class SharedBind {
  /** Whoever came later and waits still. */
  private readonly joined: VerdictReceiver[] = [];
  /** All whose clients are still there. */
  private interested = 0;
  giveUp: () => void = () => {};
  /** Of the same place in the table. */
  next: SharedBind | undefined;

  constructor(
    readonly id: string | undefined,
    /** Our own copy: the client's buffer is wiped when that client is answered or leaves. */
    readonly password: Buffer,
    /** It keeps the account of what reached the upstream, and is told also if it has left. */
    private readonly first: VerdictReceiver,
    readonly from: string,
  ) {}

  join(receiver: VerdictReceiver): VerdictWait {
    if (receiver !== this.first) this.joined.push(receiver);
    this.interested++;
    let isThere = true;
    return {
      leave: () => {
        if (!isThere) return;
        isThere = false;
        this.leave(receiver);
      },
    };
  }

  /** Everybody is told, whatever one of them throws. */
  land(verdict: Verdict, defect: (error: unknown) => void): void {
    this.password.fill(0);
    for (let i = -1; i < this.joined.length; i++) {
      const receiver = i < 0 ? this.first : this.joined[i];
      try {
        receiver?.told(verdict);
      } catch (error) {
        defect(error);
      }
    }
  }

  /**
   * The last one to leave gives the bind up if it was not sent yet. One that was sent goes on: whoever asks the same again (an
   * application that lost its patience) waits for its answer, and a telephone rings once.
   */
  private leave(receiver: VerdictReceiver): void {
    const index = this.joined.indexOf(receiver);
    if (index >= 0) this.joined.splice(index, 1);
    if (--this.interested === 0) this.giveUp();
  }
}

/** In front of a verifier: the second of two equal binds waits for the answer to the first. */
export class BindCoalescing implements CoalescingVerifier {
  private readonly underWay = new BindTable();

  /** `defect` is told what somebody throws who is told a verdict. */
  constructor(
    private readonly verifier: Verifier,
    private readonly defect: (error: unknown) => void,
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
    const bind = new SharedBind(id, Buffer.from(password), receiver, from);
    if (id !== undefined) this.underWay.add(bind);
    const wait = bind.join(receiver);
    const land = (verdict: Verdict) => {
      if (id !== undefined) this.underWay.remove(bind);
      bind.land(verdict, this.defect);
    };
    bind.giveUp = this.verifier.verify(dn, bind.password, land, asksPolicy);
    return wait;
  }

  isAway(): boolean {
    return this.verifier.isAway();
  }

  runningFrom(id: string): string | undefined {
    return this.underWay.get(id)?.from;
  }
}

/** Places of the table; several binds may share one. A power of two. */
const PLACES = 1024;

/**
 * Binds by id. A Map would do the same, but what comes and goes with each log-in makes it grow and shrink again and again, and every
 * table that it leaves holds the binds of its time until the whole heap is looked through.
 */
class BindTable {
  private readonly places = Array.from<SharedBind | undefined>({ length: PLACES });

  get(id: string): SharedBind | undefined {
    for (let bind = this.places[placeOf(id)]; bind !== undefined; bind = bind.next) if (bind.id === id) return bind;
    return undefined;
  }

  add(bind: SharedBind): void {
    const place = placeOf(bind.id ?? '');
    bind.next = this.places[place];
    this.places[place] = bind;
  }

  remove(bind: SharedBind): void {
    const place = placeOf(bind.id ?? '');
    let before: SharedBind | undefined;
    for (let each = this.places[place]; each !== bind; each = each.next) {
      if (each === undefined) return;
      before = each;
    }
    if (before === undefined) this.places[place] = bind.next;
    else before.next = bind.next;
    bind.next = undefined;
  }
}

/** The id is a hash in base64 already: any of its characters will do. */
function placeOf(id: string): number {
  return ((id.charCodeAt(0) << 8) ^ (id.charCodeAt(1) << 4) ^ id.charCodeAt(2)) & (PLACES - 1);
}
