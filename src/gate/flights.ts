// Equal binds at the same time share one question to the upstream: equal name and equal password only (R90).
import type { SharingVerifier, Verdict, Verifier } from './ports.js';

type Done = (verdict: Verdict) => void;

class Flight {
  /** Whoever came later and waits still. */
  private readonly joined: Done[] = [];
  /** All whose clients are still there. */
  private interested = 0;
  giveUp: () => void = () => {};
  /** Of the same place in the table. */
  next: Flight | undefined;

  constructor(
    readonly id: string,
    /** Our own copy: the client's buffer is wiped when that client is answered or leaves. */
    readonly password: Buffer,
    /** It keeps the account of what reached the upstream, and is told also if it has left. */
    private readonly first: Done,
  ) {}

  /** Returns how to leave. */
  join(done: Done): () => void {
    if (done !== this.first) this.joined.push(done);
    this.interested++;
    let isThere = true;
    return () => {
      if (!isThere) return;
      isThere = false;
      this.leave(done);
    };
  }

  /** Everybody is told, whatever one of them throws. */
  land(verdict: Verdict, defect: (error: unknown) => void): void {
    this.password.fill(0);
    tell(this.first, verdict, defect);
    for (const done of this.joined) tell(done, verdict, defect);
  }

  /**
   * The last one to leave gives the bind up if it was not sent yet. One that was sent goes on: whoever asks the same again (an
   * application that lost its patience) waits for its answer, and a telephone rings once.
   */
  private leave(done: Done): void {
    const index = this.joined.indexOf(done);
    if (index >= 0) this.joined.splice(index, 1);
    if (--this.interested === 0) this.giveUp();
  }
}

function tell(done: Done, verdict: Verdict, defect: (error: unknown) => void): void {
  try {
    done(verdict);
  } catch (error) {
    defect(error);
  }
}

/** In front of a verifier: the second of two equal binds waits for the answer to the first. */
export class SharedVerifier implements SharingVerifier {
  private readonly flights = new FlightTable();

  /** `defect` is told what somebody throws who is told a verdict. */
  constructor(
    private readonly verifier: Verifier,
    private readonly defect: (error: unknown) => void,
  ) {}

  verify(id: string, dn: string, password: Buffer, done: Done): () => void {
    const known = this.flights.get(id);
    if (known !== undefined) return known.join(done);
    const flight = new Flight(id, Buffer.from(password), done);
    this.flights.add(flight);
    const leave = flight.join(done);
    flight.giveUp = this.verifier.verify(dn, flight.password, (verdict) => {
      this.flights.remove(flight);
      flight.land(verdict, this.defect);
    });
    return leave;
  }

  isRunning(id: string): boolean {
    return this.flights.get(id) !== undefined;
  }
}

/** Places for flights; several may share one. A power of two. */
const PLACES = 1024;

/**
 * Flights by id. A Map would do the same, but what comes and goes with each log-in makes it grow and shrink again and again, and every
 * table that it leaves holds the flights of its time until the whole heap is looked through.
 */
class FlightTable {
  private readonly places = Array.from<Flight | undefined>({ length: PLACES });

  get(id: string): Flight | undefined {
    for (let flight = this.places[placeOf(id)]; flight !== undefined; flight = flight.next)
      if (flight.id === id) return flight;
    return undefined;
  }

  add(flight: Flight): void {
    const place = placeOf(flight.id);
    flight.next = this.places[place];
    this.places[place] = flight;
  }

  remove(flight: Flight): void {
    const place = placeOf(flight.id);
    let before: Flight | undefined;
    for (let each = this.places[place]; each !== flight; each = each.next) {
      if (each === undefined) return;
      before = each;
    }
    if (before === undefined) this.places[place] = flight.next;
    else before.next = flight.next;
    flight.next = undefined;
  }
}

/** The id is a hash in base64 already: any of its characters will do. */
function placeOf(id: string): number {
  return ((id.charCodeAt(0) << 8) ^ (id.charCodeAt(1) << 4) ^ id.charCodeAt(2)) & (PLACES - 1);
}
