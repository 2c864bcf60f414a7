// Questions to the REST API of JumpCloud's console: for an object, for a page of V1, and for a whole list of V2.
import { CloudError, type Purpose } from '../ports.js';
import { listOf, pageIn } from './answer-lists.js';
import type { Caller, Read } from './caller.js';
import type { Page } from './pages.js';

export interface Question {
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** In messages: the path without the IDs in it; the path itself unless given. */
  readonly name?: string;
  /** About one user, as in a `Call`. */
  readonly isOfOne?: boolean;
}

/** The most records in one page. */
export const PAGE = 100;
/** Pages that are followed: 25,000 of something. */
export const MOST_PAGES = 250;
/** Bytes of an answer. An object is parsed in one go, which takes 0.4 ms at the most; lists are parsed in slices. */
const OBJECT_OCTETS = 128 * 1024;
const LIST_OCTETS = 1024 * 1024;

/** Asks with GET. What a `read` throws makes the answer a wrong one; every promise rejects with CloudError only. */
export class ConsoleApi {
  constructor(
    private readonly caller: Caller,
    /** Without a slash at the end. */
    private readonly url: string,
  ) {}

  /** What `read` makes of an object. */
  object<Result>(purpose: Purpose, question: Question, read: (json: unknown) => Result): Promise<Result> {
    return this.ask(purpose, question, OBJECT_OCTETS, ({ text }) => read(JSON.parse(text)));
  }

  /** What `choose` makes of the few results of a search of V1. */
  search<Item, Result>(
    purpose: Purpose,
    question: Question,
    read: (item: unknown) => Item,
    choose: (results: readonly Item[]) => Result,
  ): Promise<Result> {
    return this.ask(purpose, question, OBJECT_OCTETS, async (answer) => {
      const { results } = await pageIn(answer, PAGE, read);
      return choose(results);
    });
  }

  /** A page of a list of V1. The question says which one. */
  page<Item>(purpose: Purpose, question: Question, read: (item: unknown) => Item): Promise<Page<Item>> {
    return this.ask(purpose, question, LIST_OCTETS, (answer) => pageIn(answer, PAGE, read));
  }

  /** All of a list of V2. */
  async list<Item>(purpose: Purpose, question: Question, read: (item: unknown) => Item): Promise<Item[]> {
    const found: Item[] = [];
    for await (const page of this.pages(purpose, question, read)) found.push(...page);
    return found;
  }

  /** The pages of a list of V2. */
  async *pages<Item>(
    purpose: Purpose,
    question: Question,
    read: (item: unknown) => Item,
  ): AsyncGenerator<readonly Item[]> {
    const { path, name = path } = question;
    const sort = /\/(membership|ldapservers|memberof|users)$/.test(path) ? {} : { sort: '_id' };
    for (let page = 0; page < MOST_PAGES; page++) {
      const query = { ...question.query, ...sort, limit: String(PAGE), skip: String(page * PAGE) };
      const readAll: Read<Item[]> = (answer) => listOf(answer, PAGE, read);
      const items = await this.ask(purpose, { ...question, query }, LIST_OCTETS, readAll);
      yield items;
      if (items.length < PAGE) return;
    }
    throw new CloudError('garbled', `GET ${name}: more than ${MOST_PAGES * PAGE} of them`);
  }

  private ask<Result>(
    purpose: Purpose,
    { path, query = {}, name = path, isOfOne = false }: Question,
    octets: number,
    read: Read<Result>,
  ): Promise<Result> {
    const parameters = new URLSearchParams(query).toString();
    const url = `${this.url}${path}${parameters === '' ? '' : `?${parameters}`}`;
    return this.caller.call(purpose, { method: 'GET', url, name: `GET ${name}`, octets, isOfOne }, read);
  }
}
