// Name look-ups of one app: which of the people that the upstream finds its gates let in. Questions and answers are shared with other apps.
import { LRUCache } from 'lru-cache';
import type { GateNames } from '../directory/gates.js';
import type { Mirror } from '../directory/mirror.js';
import type { GateLookups, Lookup, NameLookups } from '../gate/ports.js';
import { withinTime } from '../runtime/within-time.js';
import { type Attribute, type NameAnswer, NameAnswers, type NameAnswersOptions, type Named } from './name-answers.js';

export interface NameLookupOptions extends NameAnswersOptions {
  readonly mirror: Pick<Mirror, 'refreshNow' | 'snapshot' | 'isWithoutList'>;
  /** Receives what the receiver of an answer throws. */
  readonly defect: (error: unknown) => void;
}

/** `isFirst`: see NameLookups. */
type Done = (found: Lookup, isFirst: boolean) => void;
type Answered = (found: Lookup, isFirst: boolean) => void;

/** Names of members that a read of the directory did not find. */
const MOST_MISSED = 2000;
/** Milliseconds for which a login does not wait again for a read that did not find the member. */
const MISSED = 60_000;

/** Unless made by `forGates`, it is for everybody who belongs in the mirror. */
export class NameLookup implements NameLookups, GateLookups {
  private readonly open = new Map<string, Done[]>();
  /** Uids of members that a read did not find: the next one would not find them either, and each login would cost a read. */
  private readonly missed = new LRUCache<string, true>({ max: MOST_MISSED, ttl: MISSED });

  constructor(
    private readonly options: NameLookupOptions,
    private readonly gates: GateNames = 'everyone',
    private readonly answers: NameAnswers = new NameAnswers(options),
  ) {}

  forGates(gates: GateNames): NameLookup {
    return new NameLookup(this.options, gates, this.answers);
  }

  lookUp(attribute: Attribute, value: string, done: Done, isOfMember = false): void {
    // By its bytes: another spelling is another question with its own answer.
    const key = `${attribute}\0${value}`;
    const known = this.strangerKnown(key);
    if (known !== undefined) return void setImmediate(done, known, false);
    const ask = (answered: Answered) => {
      const { answer, isFirst } = this.answers.ask('look up', attribute, value);
      void answer.then(async (answer) => {
        const found = this.judge(answer);
        if (found.kind === 'member') await this.bring(found.uid);
        else if (answer.kind === 'found') this.answers.remember('look up', key, answer.people);
        answered(found.kind === 'member' && this.isTwin(found.uid) ? { kind: 'ambiguous' } : found, isFirst);
      });
    };
    this.join(key, done, ask, isOfMember);
  }

  confirm(uid: string, done: Done): void {
    const known = this.answers.recall('confirm', uid);
    if (known !== undefined) return void setImmediate(done, this.judgePeople(known), false);
    const ask = (answered: Answered) => {
      const { answer, isFirst } = this.answers.ask('confirm', 'uid', uid);
      void answer.then((answer) => {
        if (answer.kind === 'found') this.answers.remember('confirm', uid, answer.people);
        answered(this.judge(answer), isFirst);
      });
    };
    // Of members: strangers' names are not to keep them out.
    this.join(`confirm\0${uid}`, done, ask, true);
  }

  /** The cached answer about a non-member. A member is looked up again, and so is anyone whom another app has found to be a member here. */
  private strangerKnown(key: string): Lookup | undefined {
    const people = this.answers.recall('look up', key);
    const found = people === undefined ? undefined : this.judgePeople(people);
    return found?.kind === 'member' ? undefined : found;
  }

  /**
   * A newcomer's own searches are answered from the mirror, so the entry must be there when the bind is answered. Before the first snapshot
   * everybody is a newcomer, and nobody could search anyway; while the list cannot be read, a try for each login would not add anybody.
   */
  private async bring(uid: string): Promise<void> {
    const { mirror, time } = this.options;
    if (mirror.snapshot === undefined || mirror.isWithoutList || this.isThere(uid) || this.missed.has(uid)) return;
    const isRead = await withinTime(mirror.refreshNow(), time);
    if (isRead === true && !this.isThere(uid)) this.missed.set(uid, true);
  }

  private isThere(uid: string): boolean {
    return this.options.mirror.snapshot?.isIn(uid, this.gates) === true;
  }

  private isTwin(uid: string): boolean {
    return this.options.mirror.snapshot?.twins.hasUid(uid) === true;
  }

  /** Asks, or waits for the answer to the same question. */
  private join(key: string, done: Done, ask: (answered: Answered) => void, isOfMember = false): void {
    const { open, answers } = this;
    const waiting = open.get(key);
    if (waiting !== undefined) return void waiting.push(done);
    if (!answers.enter(isOfMember)) {
      // In an outage every name gets the same answer, members' and others', even without a question upstream.
      const answer: Lookup = answers.isInTrouble
        ? { kind: 'trouble', detail: 'too many names are being looked up' }
        : { kind: 'busy' };
      return void setImmediate(done, answer, false);
    }
    open.set(key, [done]);
    ask((found, isFirst) => {
      const all = open.get(key) ?? [];
      open.delete(key);
      answers.leave(isOfMember);
      answers.isInTrouble = found.kind === 'trouble';
      for (const [index, each] of all.entries()) this.tell(each, found, isFirst && index === 0);
    });
  }

  private tell(done: Done, found: Lookup, isFirst: boolean): void {
    try {
      done(found, isFirst);
    } catch (error) {
      this.options.defect(error);
    }
  }

  private judge(answer: NameAnswer): Lookup {
    return answer.kind === 'trouble' ? answer : this.judgePeople(answer.people);
  }

  private judgePeople(people: readonly Named[]): Lookup {
    const [member, second] = people.filter((person) => this.letsIn(person));
    if (second !== undefined) return { kind: 'ambiguous' };
    if (member === undefined) return outsider(people);
    const { uid, upstreamDN, person } = member;
    if (uid === undefined) return { kind: 'nobody' };
    return { kind: 'member', uid, upstreamDN, ...(person === undefined ? {} : { person }) };
  }

  private letsIn({ isMember, gates }: Named): boolean {
    return this.gates === 'everyone' ? isMember : this.gates.some((gate) => gates.includes(gate));
  }
}

/** `uid` if it is one person. */
function outsider([person, second]: readonly Named[]): Lookup {
  if (person === undefined) return { kind: 'nobody' };
  const uid = second === undefined ? person.uid : undefined;
  return uid === undefined ? { kind: 'outsider' } : { kind: 'outsider', uid };
}
