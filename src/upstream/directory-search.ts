// Searches of the reader for entries directly below the container, and how the upstream's own limits end them.
import { type Filter, ResultCodeError } from 'ldapts';
import { limitFault, type SearchLimit, type UpstreamEntry } from '../directory/reader.js';
import type { BoundClient } from './reader-connection.js';

export type Listed =
  | { readonly kind: 'entries'; readonly entries: readonly UpstreamEntry[] }
  | { readonly kind: 'limit'; readonly limit: SearchLimit };

/** How a list is asked for. */
export interface ListQuestions {
  /** All of it, in pages. */
  readonly list: (filter: Filter) => Promise<Listed>;
  /** A part of it, in one answer. */
  readonly part: (filter: Filter) => Promise<Listed>;
}

const PAGE = 500;
export const ALL_ATTRIBUTES: readonly string[] = ['*', 'createTimestamp', 'modifyTimestamp', 'entryUUID'];

/** The reader's searches below the container, in pages, with the upstream's own size limits recognised. */
export class DirectorySearch {
  /** `operationTime`: milliseconds for one question. */
  constructor(
    private readonly usersDN: string,
    private readonly operationTime: number,
  ) {}

  /** All entries, in pages. */
  list(bound: BoundClient, filter: Filter, attributes = ALL_ATTRIBUTES): Promise<Listed> {
    return this.listed(bound, async () => {
      const pages = bound.client.searchPaginated(this.usersDN, {
        ...this.options(filter, attributes),
        paged: { pageSize: PAGE },
      });
      // The pages themselves are empty: their entries are collected as they arrive.
      const entries: UpstreamEntry[][] = [];
      for await (const _ of pages) entries.push(bound.collected());
      return entries.flat();
    });
  }

  /** The few entries of a narrow filter, in one answer: some servers allow no pages, or small ones only. */
  part(bound: BoundClient, filter: Filter, attributes = ALL_ATTRIBUTES): Promise<Listed> {
    return this.listed(bound, async () => {
      await bound.client.search(this.usersDN, this.options(filter, attributes));
      return bound.collected();
    });
  }

  /** The questions of one list. */
  questions(bound: BoundClient, attributes = ALL_ATTRIBUTES): ListQuestions {
    return {
      list: (filter) => this.list(bound, filter, attributes),
      part: (filter) => this.part(bound, filter, attributes),
    };
  }

  /** The same where no limit is expected. Rejects with ReadError for one. */
  async few(bound: BoundClient, filter: Filter, attributes = ALL_ATTRIBUTES): Promise<readonly UpstreamEntry[]> {
    const listed = await this.part(bound, filter, attributes);
    if (listed.kind === 'limit') throw limitFault(listed.limit, 'even for a single name');
    return listed.entries;
  }

  /** People and groups are directly below the container. */
  private options(filter: Filter, attributes: readonly string[]) {
    const timeLimit = Math.ceil(this.operationTime / 1000);
    return { scope: 'one' as const, filter, attributes: [...attributes], timeLimit };
  }

  private async listed(bound: BoundClient, ask: () => Promise<readonly UpstreamEntry[]>): Promise<Listed> {
    const before = bound.received();
    try {
      return { kind: 'entries', entries: await ask() };
    } catch (error) {
      const code = error instanceof ResultCodeError ? error.code : undefined;
      if (code !== 3 && code !== 4 && code !== 11) throw error;
      // A part of a list is not kept.
      bound.collected();
      return { kind: 'limit', limit: { code, entries: bound.received() - before } };
    }
  }
}
