// Equal binds at the same time share one question to the upstream: equal name and equal password only (R90).
import type { SharingVerifier, Verdict, Verifier } from './ports.js';

type Done = (verdict: Verdict) => void;

interface Flight {
  readonly waiting: Set<Done>;
  /** Those of them whose clients are still there. */
  interested: number;
  /** Our own copy: the client's buffer is wiped when that client is answered or leaves. */
  readonly password: Buffer;
  giveUp: () => void;
}

/** In front of a verifier: the second of two equal binds waits for the answer to the first. */
export class SharedVerifier implements SharingVerifier {
  private readonly flights = new Map<string, Flight>();

  constructor(private readonly verifier: Verifier) {}

  verify(id: string, dn: string, password: Buffer, done: Done): () => void {
    const known = this.flights.get(id);
    if (known !== undefined) return join(known, done, false);
    const flight: Flight = { waiting: new Set(), interested: 0, password: Buffer.from(password), giveUp: () => {} };
    this.flights.set(id, flight);
    const leave = join(flight, done, true);
    flight.giveUp = this.verifier.verify(dn, flight.password, (verdict) => {
      flight.password.fill(0);
      this.flights.delete(id);
      for (const each of flight.waiting) each(verdict);
    });
    return leave;
  }

  isRunning(id: string): boolean {
    return this.flights.has(id);
  }
}

/**
 * The last one to leave gives the bind up if it was not sent yet. One that was sent goes on: whoever asks the same again (an
 * application that lost its patience) waits for its answer, and a telephone rings once.
 */
function join(flight: Flight, done: Done, isFirst: boolean): () => void {
  flight.waiting.add(done);
  flight.interested++;
  let isThere = true;
  return () => {
    if (!isThere) return;
    isThere = false;
    // The first one keeps the account of what reached the upstream; the others may go without a word.
    if (!isFirst) flight.waiting.delete(done);
    if (--flight.interested === 0) flight.giveUp();
  };
}
