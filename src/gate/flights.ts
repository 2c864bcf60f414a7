// Equal binds at the same time share one question to the upstream: equal name and equal password only (R90).
import { createHmac, randomBytes } from 'node:crypto';
import type { SharingVerifier, Verdict, Verifier } from './ports.js';

type Done = (verdict: Verdict) => void;

interface Flight {
  readonly waiting: Set<Done>;
  /** Our own copy: the client's buffer is wiped when that client is answered or leaves. */
  readonly password: Buffer;
  giveUp: () => void;
}

/** In front of a verifier: the second of two equal binds waits for the answer to the first. */
export class SharedVerifier implements SharingVerifier {
  private readonly key = randomBytes(32);
  private readonly flights = new Map<string, Flight>();

  constructor(private readonly verifier: Verifier) {}

  verify(dn: string, password: Buffer, done: Done): () => void {
    const id = this.identify(dn, password);
    const known = this.flights.get(id);
    if (known !== undefined) return this.join(id, known, done);
    const flight: Flight = { waiting: new Set(), password: Buffer.from(password), giveUp: () => {} };
    this.flights.set(id, flight);
    flight.giveUp = this.verifier.verify(dn, flight.password, (verdict) => {
      flight.password.fill(0);
      if (this.flights.get(id) === flight) this.flights.delete(id);
      for (const each of flight.waiting) each(verdict);
    });
    return this.join(id, flight, done);
  }

  /** True if a bind of this name and password would wait for one that runs, and so not reach the upstream itself. */
  isRunning(dn: string, password: Buffer): boolean {
    return this.flights.has(this.identify(dn, password));
  }

  private join(id: string, flight: Flight, done: Done): () => void {
    flight.waiting.add(done);
    return () => {
      flight.waiting.delete(done);
      if (flight.waiting.size > 0) return;
      // Nobody waits any more; a bind that was sent is still answered upstream, and who comes next asks anew.
      if (this.flights.get(id) === flight) this.flights.delete(id);
      flight.giveUp();
      flight.password.fill(0);
    };
  }

  /** Keyed, and framed so that name and password cannot run into each other. */
  private identify(dn: string, password: Buffer): string {
    const name = Buffer.from(dn, 'utf8');
    const length = Buffer.alloc(4);
    length.writeUInt32BE(name.length);
    return createHmac('sha256', this.key).update(length).update(name).update(password).digest('base64');
  }
}
