// Look-ups of one bind for a name that is not in the snapshot: counted before they are made, and given back afterwards.
import type { Snapshot } from '../../directory/snapshot.js';
import type { Lookup } from '../ports.js';
import type { World } from '../world.js';
import type { Resolved } from './resolve-name.js';
import type { ServiceAccount } from './service-accounts.js';

export type Unseen = Extract<Resolved, { kind: 'unseen' }>;

export interface Answer {
  readonly found: Lookup;
  /** The upstream was asked for this bind, and not for an earlier one. */
  readonly isFirst: boolean;
  /** When it was asked, if a name in a domain was looked up as an email address. */
  readonly mailAskedAt: number | undefined;
}

/** The result of looking up a name in a domain as an email address. `answered`: it has an owner, or the look-up failed. */
export type MailAnswer = 'unowned' | 'unowned before' | 'answered';

/** The look-ups of one bind: counted against the address first, and given back if they found a member. */
export class NameQuestions {
  /** Look-ups that found nobody, though the name may still be somebody's: by the member meant, if there is one. */
  private readonly counted: (string | undefined)[] = [];
  /** When the upstream was asked, if it found nobody with this email address. */
  private unownedMailAt: number | undefined;
  /** Milliseconds from the request until the bind continued after the look-up of the email address. */
  private mailTook = 0;

  /** `address`: as the session has it. */
  constructor(
    private readonly name: string,
    private readonly address: string,
    private readonly world: World,
  ) {}

  /** Asks; `done` is called later. False if this address has asked too much. */
  ask(
    { attribute, value, isInDomain = false }: Unseen,
    snapshot: Snapshot | undefined,
    done: (answer: Answer) => void,
  ): boolean {
    const { rateLimiter, nameLookup, clock } = this.world;
    const member = isInDomain ? this.memberInDomain(snapshot) : undefined;
    // A second question about the same name does not count as a second guess.
    const isCounted = this.counted.length > 0;
    if (!isCounted && !rateLimiter.takeLookUp(this.address, member)) return false;
    const mailAskedAt = isInDomain ? clock() : undefined;
    const answered = (found: Lookup, isFirst: boolean) => {
      const isStranger = found.kind === 'nobody' || found.kind === 'outsider';
      if (isInDomain && found.kind === 'nobody') this.counted.push(member);
      else if (!isCounted && (!isStranger || this.accountFound(found) !== undefined))
        rateLimiter.giveBackLookUp(this.address, member);
      done({ found, isFirst, mailAskedAt });
    };
    nameLookup.lookUp(attribute, value, answered, member !== undefined);
    return true;
  }

  /** After the look-up of the email address, `elapsed` milliseconds after the request. */
  mailAnswered(found: Lookup, askedAt: number, elapsed: number): MailAnswer {
    const { unownedMail, maxStale } = this.world;
    this.mailTook = elapsed;
    if (found.kind === 'nobody') {
      this.unownedMailAt = askedAt;
      return 'unowned';
    }
    if (found.kind === 'trouble') return unownedMail.isKnown(this.name, maxStale) ? 'unowned before' : 'answered';
    if (found.kind !== 'busy') unownedMail.forget(this.name);
    return 'answered';
  }

  /** Milliseconds of `elapsed` since then: samples leave out what came before (see `ResponseTiming`). */
  sinceMailQuestion(elapsed: number): number {
    return elapsed - this.mailTook;
  }

  /** The service account that was found, a member of the group or not: it has one password, which is checked here. */
  accountFound(found: Lookup): ServiceAccount | undefined {
    const hasName = (found.kind === 'member' || found.kind === 'outsider') && found.uid !== undefined;
    return hasName ? this.world.names.accountOfUid(found.uid) : undefined;
  }

  /** The password was right, so the name has an owner after all. */
  succeeded(isUser: boolean): void {
    const { rateLimiter, unownedMail } = this.world;
    for (const member of this.counted.splice(0)) rateLimiter.giveBackLookUp(this.address, member);
    if (this.unownedMailAt !== undefined && isUser) unownedMail.remember(this.name, this.unownedMailAt);
  }

  /** The member that the name means if nobody has it as an email address: unknown names from the same address must not shut that member out (R97). */
  private memberInDomain(snapshot: Snapshot | undefined): string | undefined {
    const behind = this.world.names.resolveInDomain(this.name, snapshot);
    return behind.kind === 'member' ? behind.uid : undefined;
  }
}
