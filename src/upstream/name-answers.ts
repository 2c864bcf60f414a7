// What the upstream says of names: one question per name at a time, bounded in number and time, answers cached for a few seconds. All apps share it.
import { LRUCache } from 'lru-cache';
import { ownUuid } from '../directory/entry-uuid.js';
import type { FoundPerson, Reader, UpstreamEntry } from '../directory/reader.js';
import { withinTime } from '../runtime/within-time.js';

export interface NameAnswersOptions {
  readonly reader: Pick<Reader, 'lookUp'>;
  /** The uid of an upstream name that may be bound; undefined for any other name. */
  readonly uidOf: (entry: UpstreamEntry) => string | undefined;
  /** Milliseconds for one question, from its arrival to its answer. */
  readonly time: number;
}

/** A person of this name. */
export interface Named extends Omit<FoundPerson, 'entry'> {
  /** Undefined if its name must not be bound. */
  readonly uid: string | undefined;
  readonly upstreamDN: string;
  /** As `SnapshotEntry.person`; undefined where the reader cannot see it. */
  readonly person: string | undefined;
}

export type NameAnswer =
  | { readonly kind: 'found'; readonly people: readonly Named[] }
  | { readonly kind: 'trouble'; readonly detail: string };

export type Attribute = 'uid' | 'mail' | 'cn';
/** Questions about strangers' names, and whether a member is one still. Their answers are cached apart. */
export type Purpose = 'look up' | 'confirm';

/** Questions that wait or run at most. */
const MOST_QUESTIONS = 256;
/** In addition, questions about names of members: each login goes on to a bind upstream anyway. */
const MOST_OF_MEMBERS = 2048;
/** An answer is not asked for again for this long, in milliseconds. */
const REMEMBERED = 5000;
const MOST_REMEMBERED = 2000;
/** Characters: a longer name belongs to nobody anyway. */
const LONGEST_REMEMBERED = 512;
/** People with one name: a name that more people have is not a login name. */
const MOST_PEOPLE = 16;

/** Look-ups of names, shared by all apps: one question per name at a time, 256 in all, answers cached for seconds. */
export class NameAnswers {
  /** True while the last question was not answered. */
  isInTrouble = false;
  private open = 0;
  private openOfMembers = 0;
  private readonly asking = new Map<string, Promise<NameAnswer>>();
  private readonly known: Readonly<Record<Purpose, LRUCache<string, readonly Named[]>>> = {
    'look up': new LRUCache({ max: MOST_REMEMBERED, ttl: REMEMBERED }),
    confirm: new LRUCache({ max: MOST_REMEMBERED, ttl: REMEMBERED }),
  };

  constructor(private readonly options: NameAnswersOptions) {}

  /** A recent answer. `key`: of attribute and value, by their bytes. */
  recall(purpose: Purpose, key: string): readonly Named[] | undefined {
    return this.known[purpose].get(key);
  }

  remember(purpose: Purpose, key: string, people: readonly Named[]): void {
    if (key.length <= LONGEST_REMEMBERED && people.length <= MOST_PEOPLE) this.known[purpose].set(key, people);
  }

  /** Takes room for one who asks; false if there is none. Strangers' questions take no room from those about members. */
  enter(isOfMember: boolean): boolean {
    if (isOfMember ? this.openOfMembers >= MOST_OF_MEMBERS : this.open >= MOST_QUESTIONS) return false;
    if (isOfMember) this.openOfMembers++;
    else this.open++;
    return true;
  }

  leave(isOfMember: boolean): void {
    if (isOfMember) this.openOfMembers--;
    else this.open--;
  }

  /** Asks, or joins the question that is under way; `isFirst`: the upstream is asked for this call. */
  ask(purpose: Purpose, attribute: Attribute, value: string): { answer: Promise<NameAnswer>; isFirst: boolean } {
    const key = `${purpose}\0${attribute}\0${value}`;
    const asked = this.asking.get(key);
    if (asked !== undefined) return { answer: asked, isFirst: false };
    const answer = this.find(attribute, value).finally(() => this.asking.delete(key));
    this.asking.set(key, answer);
    return { answer, isFirst: true };
  }

  private async find(attribute: Attribute, value: string): Promise<NameAnswer> {
    const { reader, uidOf, time } = this.options;
    try {
      const found = await withinTime(reader.lookUp(attribute, value), time);
      if (found === undefined) return trouble(`no answer about a name within ${time} ms`);
      const people = found.map(({ entry, gates, isMember }) => ({
        uid: uidOf(entry),
        upstreamDN: entry.dn,
        person: ownUuid(entry),
        gates,
        isMember,
      }));
      return { kind: 'found', people };
    } catch (error) {
      return trouble(error instanceof Error ? error.message : String(error));
    }
  }
}

function trouble(detail: string): NameAnswer {
  return { kind: 'trouble', detail };
}
