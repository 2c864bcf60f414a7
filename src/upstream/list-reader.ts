// One list of the directory, whole where the upstream lets it be read, else in parts that are small enough.
import { type Filter, NotFilter, OrFilter, SubstringFilter } from 'ldapts';
import { limitFault, type SearchLimit, type UpstreamEntry } from '../directory/reader.js';
import type { Listed, ListQuestions } from './directory-search.js';
import { and, equal } from './filters.js';

/** Names of the attribute that the entries can have; they are only made as they are needed. */
export interface KnownNames {
  readonly count: number;
  /** Of those from here to before there; some may have none. */
  slice(from: number, to: number): readonly string[];
}

export interface ReadList {
  readonly entries: readonly UpstreamEntry[];
  /** The limit on account of which it was read in parts. */
  readonly limit?: SearchLimit;
}

/** Names in one question; half as many where the upstream ends that one too. */
const MOST_NAMES = 100;
/** Questions of one read. They are asked one after the other. */
const MOST_QUESTIONS = 4000;
/** Characters of a prefix: no cn of X.520 is longer (ub-common-name). Where that many find the limit still, every question would. */
const LONGEST_PREFIX = 64;
/** Milliseconds for which a limit is assumed to last: until then the whole list is not requested in vain. */
const BELIEVED = 3_600_000;
/** What names mostly begin and go on with. Whatever else there is, is asked for as the rest. */
const CHARACTERS = [...'abcdefghijklmnopqrstuvwxyz0123456789-_.'];
/** A blank at the end of a prefix does not count, so that it comes with the next character. */
const NEXT = [...CHARACTERS, ...CHARACTERS.map((character) => ` ${character}`)];

const NOTHING: Listed = { kind: 'entries', entries: [] };
const MORE = 'and cannot be read in parts';

/** The names, or how to find them: many groups together have very many, which are only needed where a list is divided. */
export type NamesSource = KnownNames | (() => Promise<KnownNames>);

/** Keeps from read to read which parts are small enough. */
export class ListReader {
  private limit: SearchLimit | undefined;
  private believedUntil = 0;
  /** How many names there were when the limit was met. */
  private namesThen = 0;
  private namesAtATime = MOST_NAMES;
  /** Prefixes that too many names begin with. */
  private readonly split = new Set<string>();
  private asked = 0;

  constructor(
    /** By which entries are told apart: their names begin with it. */
    private readonly attribute: 'uid' | 'cn',
    /** Milliseconds, monotonic. */
    private readonly now: () => number,
  ) {}

  /**
   * All entries of the filter. `source`: if their names are known; else the list is divided by prefixes.
   * Rejects with ReadError where the upstream ends even the smallest part.
   */
  async read(questions: ListQuestions, filter: Filter, source?: NamesSource): Promise<ReadList> {
    let names = typeof source === 'function' ? undefined : source;
    if (this.limit !== undefined && typeof source === 'function') names = await source();
    if (!this.mustDivide(names)) {
      const whole = await questions.list(filter);
      if (whole.kind === 'entries') {
        this.forget();
        return whole;
      }
      this.forget();
      if (typeof source === 'function') names ??= await source();
      this.limit = whole.limit;
      this.believedUntil = this.now() + BELIEVED;
      this.namesThen = names?.count ?? 0;
    }
    const limit = this.limit!;
    this.asked = 0;
    const found = new Map<string, UpstreamEntry>();
    // An entry with further values of the attribute is in several parts.
    const add = (entries: readonly UpstreamEntry[]) => {
      for (const entry of entries) found.set(entry.dn, entry);
    };
    try {
      if (names === undefined) await this.byPrefix(questions, filter, '', limit, add);
      else await this.byNames(questions, filter, names, limit, add);
    } catch (error) {
      // What a read that failed has learnt may be wrong, and is not to grow with each one that fails.
      this.split.clear();
      throw error;
    }
    return { entries: [...found.values()], limit };
  }

  private mustDivide(names: KnownNames | undefined): boolean {
    if (this.limit === undefined || this.now() >= this.believedUntil) return false;
    return names === undefined || this.limit.code !== 4 || names.count >= Math.min(this.limit.entries, this.namesThen);
  }

  private forget(): void {
    this.limit = undefined;
    this.namesAtATime = MOST_NAMES;
    this.split.clear();
  }

  private async byNames(
    questions: ListQuestions,
    filter: Filter,
    names: KnownNames,
    limit: SearchLimit,
    add: (entries: readonly UpstreamEntry[]) => void,
  ): Promise<void> {
    for (let i = 0; i < names.count; ) {
      const left = Math.ceil((names.count - i) / this.namesAtATime);
      if (this.asked + left > MOST_QUESTIONS) throw limitFault(limit, `${MORE}: they would be too many`);
      const to = Math.min(i + this.namesAtATime, names.count);
      const some = names.slice(i, to);
      const either = new OrFilter({ filters: some.map((value) => equal(this.attribute, value)) });
      const part: Listed = some.length === 0 ? NOTHING : await this.ask(questions, and(filter, either), limit);
      if (part.kind === 'entries') {
        add(part.entries);
        i = to;
      } else if (to - i === 1) throw limitFault(part.limit, 'even for a single name');
      else this.namesAtATime = Math.ceil((to - i) / 2);
    }
  }

  private async byPrefix(
    questions: ListQuestions,
    filter: Filter,
    prefix: string,
    limit: SearchLimit,
    add: (entries: readonly UpstreamEntry[]) => void,
  ): Promise<void> {
    const all = prefix === '' ? filter : and(filter, this.begins(prefix));
    // The whole list was asked for already.
    if (prefix !== '' && !this.split.has(prefix)) {
      const part = await this.ask(questions, all, limit);
      if (part.kind === 'entries') return add(part.entries);
      if (prefix.length >= LONGEST_PREFIX)
        throw limitFault(part.limit, `${MORE}: too many names begin with “${prefix}”`);
      this.split.add(prefix);
    }
    const prefixes = NEXT.filter((next) => prefix !== '' || !next.startsWith(' ')).map((next) => prefix + next);
    for (const longer of prefixes) await this.byPrefix(questions, filter, longer, limit, add);
    const others = new OrFilter({ filters: prefixes.map((longer) => this.begins(longer)) });
    const rest = await this.ask(questions, and(all, new NotFilter({ filter: others })), limit);
    if (rest.kind === 'limit') throw limitFault(rest.limit, `${MORE}: too many names begin with “${prefix}”`);
    add(rest.entries);
  }

  private ask({ part }: ListQuestions, filter: Filter, limit: SearchLimit): Promise<Listed> {
    if (++this.asked > MOST_QUESTIONS) throw limitFault(limit, `${MORE}: they would be too many`);
    return part(filter);
  }

  private begins(initial: string): Filter {
    return new SubstringFilter({ attribute: this.attribute, initial });
  }
}
