// Name look-ups: one question upstream per name, bounded in number and time.
import { LRUCache } from 'lru-cache';
import type { Mirror } from '../directory/mirror.js';
import type { Reader, UpstreamEntry } from '../directory/reader.js';
import type { Lookup, NameLookups } from '../gate/ports.js';
import { withinTime } from '../runtime/within-time.js';

export interface NameLookupOptions {
  readonly reader: Pick<Reader, 'lookUp'>;
  readonly mirror: Pick<Mirror, 'refreshNow' | 'snapshot' | 'isWithoutList'>;
  /** The uid of an upstream name that may be bound; undefined for any other name. */
  readonly uidOf: (entry: UpstreamEntry) => string | undefined;
  /** Milliseconds for one question, from its arrival to its answer. */
  readonly time: number;
  /** Is told what somebody throws who is told an answer. */
  readonly defect: (error: unknown) => void;
}

/** `isFirst`: see NameLookups. */
type Done = (found: Lookup, isFirst: boolean) => void;
type Attribute = 'uid' | 'mail' | 'cn';

/** Questions that wait or run at most. */
const MOST_QUESTIONS = 256;
/** And beside them, of names that mean members: each log-in goes on to a bind upstream anyway. */
const MOST_OF_MEMBERS = 2048;
/** An answer is not asked for again for this long, in milliseconds. */
const REMEMBERED = 5000;
const MOST_REMEMBERED = 2000;
/** Characters: a longer name is nobody's anyway. */
const LONGEST_REMEMBERED = 512;
/** Milliseconds for which nobody is waited for again whom a read of the directory did not bring. */
const MISSED = 60_000;

export class NameLookup implements NameLookups {
  private readonly open = new Map<string, Done[]>();
  private openOfMembers = 0;
  private readonly strangers = new LRUCache<string, Lookup>({ max: MOST_REMEMBERED, ttl: REMEMBERED });
  private readonly confirmed = new LRUCache<string, Lookup>({ max: MOST_REMEMBERED, ttl: REMEMBERED });

  /** True while the last question was not answered. */
  private isInTrouble = false;
  /** Uids of members that a read did not bring: it would not the next time either, and each log-in would cost a read. */
  private readonly missed = new LRUCache<string, true>({ max: MOST_REMEMBERED, ttl: MISSED });

  constructor(private readonly options: NameLookupOptions) {}

  lookUp(attribute: Attribute, value: string, done: Done, isOfMember = false): void {
    // By its octets: another spelling is another question, and its answer is nobody else's.
    const key = `${attribute}\0${value}`;
    const known = this.strangers.get(key);
    if (known !== undefined) return void setImmediate(done, known, false);
    const ask = (answer: (found: Lookup) => void) => {
      void this.find(attribute, value).then(async (found) => {
        if (found.kind === 'member') await this.bring(found.uid);
        else if (found.kind !== 'trouble' && value.length <= LONGEST_REMEMBERED) this.strangers.set(key, found);
        answer(found.kind === 'member' && this.isTwin(found.uid) ? { kind: 'ambiguous' } : found);
      });
    };
    this.join(key, done, ask, isOfMember);
  }

  confirm(uid: string, done: Done): void {
    const known = this.confirmed.get(uid);
    if (known !== undefined) return void setImmediate(done, known, false);
    this.join(`confirm\0${uid}`, done, (answer) => {
      void this.find('uid', uid).then((found) => {
        if (found.kind !== 'trouble') this.confirmed.set(uid, found);
        answer(found);
      });
    });
  }

  /**
   * The newcomer's own searches are answered from the mirror: it is to be there when the bind is answered. Before the first snapshot
   * everybody is a newcomer, and nobody could search anyway; and while the list cannot be read, a try for each log-in would not bring them.
   */
  private async bring(uid: string): Promise<void> {
    const { mirror, time } = this.options;
    if (
      mirror.snapshot === undefined ||
      mirror.isWithoutList ||
      mirror.snapshot.user(uid) !== undefined ||
      this.missed.has(uid)
    )
      return;
    const isRead = await withinTime(mirror.refreshNow(), time);
    if (isRead === true && mirror.snapshot?.user(uid) === undefined) this.missed.set(uid, true);
  }

  private isTwin(uid: string): boolean {
    return this.options.mirror.snapshot?.twins.hasUid(uid) === true;
  }

  /** Asks, or waits for the answer to the same question. */
  private join(key: string, done: Done, ask: (answer: (found: Lookup) => void) => void, isOfMember = false): void {
    const waiting = this.open.get(key);
    if (waiting !== undefined) return void waiting.push(done);
    const { open, openOfMembers } = this;
    if (isOfMember ? openOfMembers >= MOST_OF_MEMBERS : open.size - openOfMembers >= MOST_QUESTIONS) {
      // In an outage all are told of it, also who is not asked about: members are, too.
      const answer: Lookup = this.isInTrouble ? trouble('too many names are being looked up') : { kind: 'busy' };
      return void setImmediate(done, answer, false);
    }
    this.open.set(key, [done]);
    if (isOfMember) this.openOfMembers++;
    ask((found) => {
      const all = this.open.get(key) ?? [];
      this.open.delete(key);
      if (isOfMember) this.openOfMembers--;
      this.isInTrouble = found.kind === 'trouble';
      for (const [index, each] of all.entries()) this.tell(each, found, index === 0);
    });
  }

  private tell(done: Done, found: Lookup, isFirst: boolean): void {
    try {
      done(found, isFirst);
    } catch (error) {
      this.options.defect(error);
    }
  }

  /** `uid` if it is one person. */
  private outsider([entry, second]: readonly UpstreamEntry[]): Lookup {
    if (entry === undefined) return { kind: 'nobody' };
    const uid = second === undefined ? this.options.uidOf(entry) : undefined;
    return uid === undefined ? { kind: 'outsider' } : { kind: 'outsider', uid };
  }

  private async find(attribute: Attribute, value: string): Promise<Lookup> {
    try {
      const found = await withinTime(this.options.reader.lookUp(attribute, value), this.options.time);
      if (found === undefined) return trouble(`no answer about a name within ${this.options.time} ms`);
      const [entry, second] = found.filter(({ isMember }) => isMember).map((person) => person.entry);
      if (second !== undefined) return { kind: 'ambiguous' };
      if (entry === undefined) return this.outsider(found.map((person) => person.entry));
      const uid = this.options.uidOf(entry);
      if (uid === undefined) return { kind: 'nobody' };
      return { kind: 'member', uid, upstreamDN: entry.dn };
    } catch (error) {
      return trouble(error instanceof Error ? error.message : String(error));
    }
  }
}

function trouble(detail: string): Lookup {
  return { kind: 'trouble', detail };
}
