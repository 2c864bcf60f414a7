// Simple paged results (RFC 2696): searches that pause between pages and are found again by a cookie.
import type { SearchResultEntry } from '../ldap/message.js';
import { result } from '../ldap/result.js';
import { ResultCode } from '../ldap/result-code.js';
import type { EntrySource, SearchEnd } from './search.js';
import type { Work } from './work.js';

/** A search between two pages. */
interface Standing {
  readonly source: EntrySource;
  /** The request that it belongs to: a page is asked for with the very same one. */
  readonly request: string;
  readonly since: number;
}

/** Open searches of one session at most; the oldest makes room. */
const MOST_OPEN = 8;
/** Milliseconds that a search may pause: it holds the snapshot that it began with. */
const LONGEST_STANDSTILL = 300_000;
const COOKIE = 16;

/** The paged searches of one session. They end with it: `close`. What is dropped is released. */
export class Pages {
  private isClosed = false;
  /** Few sessions ever page: what each bind would make for nothing is made with the first page. */
  private standing: Map<string, Standing> | undefined;

  get size(): number {
    return this.standing?.size ?? 0;
  }

  /** Puts a search aside; `random` returns the given number of bytes. Returns its cookie. */
  keep(source: EntrySource, request: string, now: number, random: (octets: number) => Buffer): Buffer {
    const cookie = random(COOKIE);
    if (this.isClosed) {
      source.release(); // its search outlived the session
      return cookie;
    }
    this.standing ??= new Map();
    if (this.standing.size >= MOST_OPEN) {
      const [oldest] = this.standing.keys();
      if (oldest !== undefined) this.drop(oldest);
    }
    this.standing.set(cookie.toString('latin1'), { source, request, since: now });
    return cookie;
  }

  /** The search of this cookie, if it is of this session and this request; a cookie is good once. */
  resume(cookie: Buffer, request: string, now: number): EntrySource | undefined {
    if (cookie.length !== COOKIE) return undefined;
    const key = cookie.toString('latin1');
    const found = this.standing?.get(key);
    if (found === undefined || found.request !== request) return undefined;
    this.standing?.delete(key);
    if (now - found.since <= LONGEST_STANDSTILL) return found.source;
    found.source.release();
    return undefined;
  }

  /** Drops searches that have paused for too long. */
  expire(now: number): void {
    if (this.standing === undefined) return;
    for (const [cookie, { since }] of this.standing) {
      if (now - since <= LONGEST_STANDSTILL) return; // in the order of their times
      this.drop(cookie);
    }
  }

  /** The end of the session. */
  close(): void {
    this.isClosed = true;
    if (this.standing === undefined) return;
    for (const cookie of [...this.standing.keys()]) this.drop(cookie);
  }

  private drop(cookie: string): void {
    this.standing?.get(cookie)?.source.release();
    this.standing?.delete(cookie);
  }
}

/** One page of a search: up to `size` entries and then its end, with a cookie if there are more. */
export class Page implements EntrySource {
  private returned = 0;
  /** True when the rest of the search has been passed on. */
  private isTurned = false;

  /** `turn` is called at the end of the page with the rest of the search, or with undefined when there is none. */
  constructor(
    private readonly source: EntrySource,
    private readonly size: number,
    private readonly turn: (rest: EntrySource | undefined, end: SearchEnd) => SearchEnd,
  ) {}

  get examined(): number {
    return this.source.examined;
  }

  renew(deadline: number, serverDeadline?: number): void {
    this.source.renew(deadline, serverDeadline);
  }

  /** Of a page that has ended with more to come nothing: the rest lives on. */
  release(): void {
    if (!this.isTurned) this.source.release();
  }

  advance(work: Work, now: number): SearchResultEntry | 'again' | SearchEnd {
    const next = this.source.advance(work, now);
    if (next === 'again') return next;
    if (!('kind' in next)) return this.turn(undefined, next);
    if (this.returned === this.size) {
      this.isTurned = true;
      return this.turn(new Rest(next, this.source), SUCCESS);
    }
    this.returned++;
    return next;
  }
}

const SUCCESS: SearchEnd = { result: result(ResultCode.success) };

/** A search and the entry that was drawn from it to see whether there are more. */
class Rest implements EntrySource {
  constructor(
    private first: SearchResultEntry | undefined,
    private readonly source: EntrySource,
  ) {}

  get examined(): number {
    return this.source.examined;
  }

  renew(deadline: number, serverDeadline?: number): void {
    this.source.renew(deadline, serverDeadline);
  }

  release(): void {
    this.source.release();
  }

  advance(work: Work, now: number): SearchResultEntry | 'again' | SearchEnd {
    const { first } = this;
    if (first === undefined) return this.source.advance(work, now);
    this.first = undefined;
    return first;
  }
}
