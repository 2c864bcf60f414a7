// What is known of one account's attempts: with everything at hand for the usual account, and still what plain lists would say.
import fc from 'fast-check';
import t from 'tap';
import { AccountAttempts } from '../../../src/gate/bind/account-attempts.js';

const LATELY = 7 * 24 * 3_600_000;
const MOST_KNOWN = 8;

interface At {
  readonly address: string;
  readonly at: number;
}

/** The plain way: three lists in the order of time. */
class Plain {
  known: At[] = [];
  open: At[] = [];
  failures: At[] = [];

  settled(address: string): number | undefined {
    const index = this.open.findIndex((each) => each.address === address);
    return index < 0 ? undefined : this.open.splice(index, 1)[0]?.at;
  }

  loggedIn(address: string, at: number): void {
    this.known = [...this.known.filter((each) => each.address !== address), { address, at }].slice(-MOST_KNOWN);
  }

  isKnown(address: string, now: number): boolean {
    return this.known.some((each) => each.address === address && each.at > now - LATELY);
  }

  isTrusted(address: string, now: number): boolean {
    return this.isKnown(address, now) && ![...this.open, ...this.failures].some((each) => each.address === address);
  }
}

const STEPS = ['began', 'settled', 'failed', 'forgive', 'loggedIn'] as const;

t.test('after any steps it knows, trusts and counts what plain lists would (R95, R96, R115)', async (t) => {
  // More addresses than are kept, and pauses beyond the time for which one is known.
  const addresses = Array.from({ length: MOST_KNOWN + 3 }, (_, i) => `10.0.0.${i}`);
  const step = fc.tuple(
    fc.constantFrom(...STEPS),
    fc.constantFrom(...addresses),
    fc.constantFrom(0, 1, LATELY / 3, LATELY),
  );
  const seen = { known: 0, trusted: 0, forgotten: 0, distrusted: 0 };
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const attempts = new AccountAttempts();
      const plain = new Plain();
      let now = 0;
      for (const [what, address, pause] of steps) {
        now += pause;
        if (what === 'began') {
          attempts.began(address, now);
          plain.open.push({ address, at: now });
        } else if (what === 'failed') {
          attempts.failed(address, now);
          plain.failures.push({ address, at: now });
        } else if (what === 'forgive') {
          attempts.forgive(now - LATELY / 2);
          plain.failures = plain.failures.filter(({ at }) => at > now - LATELY / 2);
        } else if (what === 'loggedIn') {
          attempts.loggedIn(address, now);
          plain.loggedIn(address, now);
        } else if (attempts.settled(address) !== plain.settled(address)) return false;
        if (attempts.count !== plain.open.length + plain.failures.length) return false;
        for (const each of addresses) {
          const isKnown = plain.isKnown(each, now);
          const isTrusted = plain.isTrusted(each, now);
          if (attempts.isKnown(each, now) !== isKnown || attempts.isTrusted(each, now) !== isTrusted) return false;
          if (isTrusted) seen.trusted++;
          else if (isKnown) seen.distrusted++;
          if (isKnown) seen.known++;
          else if (plain.known.some(({ address: known }) => known === each)) seen.forgotten++;
        }
      }
      return true;
    }),
  );
  for (const [what, times] of Object.entries(seen)) t.ok(times > 0, `some were ${what}`);
});
