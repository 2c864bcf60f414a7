// What one bind asks the upstream about a name that the snapshot does not know: counted before it is asked, and given back afterwards.
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
  /** When it was asked, if the question was whose mail address a name in a domain is. */
  readonly mailAskedAt: number | undefined;
}

/** What is known of a name in a domain, once it was asked whose mail address it is. */
export type MailAnswer = 'nobodys' | 'nobodys before' | 'told';

/** The look-ups of one bind: counted against the address first, and given back if they found a member. */
export class NameQuestions {
  /** Look-ups that found nobody, though the name may still be somebody's: by the member meant, if there is one. */
  private readonly counted: (string | undefined)[] = [];
  /** Set once the upstream has found nobody with this mail address: when it was asked. */
  private nobodysMailAt: number | undefined;
  /** Milliseconds from the request until the bind went on from the question whose mail address the name is. */
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

  /** After the question whose mail address the name is, `elapsed` milliseconds after the request. */
  mailAnswered(found: Lookup, askedAt: number, elapsed: number): MailAnswer {
    const { nobodysMail, maxStale } = this.world;
    this.mailTook = elapsed;
    if (found.kind === 'nobody') {
      this.nobodysMailAt = askedAt;
      return 'nobodys';
    }
    if (found.kind === 'trouble') return nobodysMail.isKnown(this.name, maxStale) ? 'nobodys before' : 'told';
    if (found.kind !== 'busy') nobodysMail.forget(this.name);
    return 'told';
  }

  /** Milliseconds of `elapsed`: what came before the bind went on is part of no sample (see `ResponseTiming`). */
  sinceMailQuestion(elapsed: number): number {
    return elapsed - this.mailTook;
  }

  /** The service account that was found, a member of the group or not: it has one password, which is checked here. */
  accountFound(found: Lookup): ServiceAccount | undefined {
    const hasName = (found.kind === 'member' || found.kind === 'outsider') && found.uid !== undefined;
    return hasName ? this.world.names.accountOfUid(found.uid) : undefined;
  }

  /** The password was right: the name is somebody's after all. */
  succeeded(isUser: boolean): void {
    const { rateLimiter, nobodysMail } = this.world;
    for (const member of this.counted.splice(0)) rateLimiter.giveBackLookUp(this.address, member);
    if (this.nobodysMailAt !== undefined && isUser) nobodysMail.remember(this.name, this.nobodysMailAt);
  }

  /** Unknown names from the same address must not shut out the member whom this one means if nobody has it as a mail address (R97). */
  private memberInDomain(snapshot: Snapshot | undefined): string | undefined {
    const behind = this.world.names.resolveInDomain(this.name, snapshot);
    return behind.kind === 'member' ? behind.uid : undefined;
  }
}
