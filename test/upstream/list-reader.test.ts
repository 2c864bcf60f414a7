// A list that is read in parts: all of it, each entry once, or a fault with the upstream's limit in it; never a part.
import fc from 'fast-check';
import { AndFilter, EqualityFilter, type Filter, NotFilter, OrFilter, SubstringFilter } from 'ldapts';
import t from 'tap';
import { ReadError, type SearchLimit, type UpstreamEntry } from '../../src/directory/reader.js';
import type { Listed } from '../../src/upstream/directory-search.js';
import { type KnownNames, ListReader } from '../../src/upstream/list-reader.js';

const LISTED = new EqualityFilter({ attribute: 'listed', value: 'yes' });

/** Whether an entry of this cn is found. */
function isFound(filter: Filter, cn: string): boolean {
  if (filter instanceof AndFilter) return filter.filters.every((one) => isFound(one, cn));
  if (filter instanceof OrFilter) return filter.filters.some((one) => isFound(one, cn));
  if (filter instanceof NotFilter) return !isFound(filter.filter, cn);
  if (filter instanceof SubstringFilter) return cn.toLowerCase().startsWith(filter.initial);
  return filter === LISTED || (filter as EqualityFilter).value === cn.toLowerCase();
}

/** An upstream with these names that ends a search at `most` entries; `asked`: how many entries each question found. */
function upstreamOf(names: readonly string[], most: () => number, code: SearchLimit['code'] = 4) {
  const asked: number[] = [];
  const answer = (filter: Filter): Promise<Listed> => {
    const found = names.filter((cn) => isFound(filter, cn));
    asked.push(Math.min(found.length, most()));
    if (found.length > most()) return Promise.resolve({ kind: 'limit', limit: { code, entries: most() } });
    const entries = found.map((cn): UpstreamEntry => ({ dn: cn, attributes: [] }));
    return Promise.resolve({ kind: 'entries', entries });
  };
  return { asked, questions: { list: answer, part: answer } };
}

const known = (names: readonly string[]): KnownNames => ({
  count: names.length,
  slice: (from, to) => names.slice(from, to).map((name) => name.toLowerCase()),
});

const sorted = (names: readonly string[]) => [...names].sort();
const dns = (entries: readonly UpstreamEntry[]) => sorted(entries.map(({ dn }) => dn));

const name = fc.oneof(
  fc.stringMatching(/^[a-c]{1,4}$/),
  fc.stringMatching(/^group [0-9]{1,3}$/),
  fc.stringMatching(/^[äöç€(*\\)] ?[a-b]{0,2}$/u),
);

t.test('by names and by prefixes, whatever the limit, all is read or nothing', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(name, { maxLength: 60, selector: (one) => one.toLowerCase() }),
      fc.integer({ min: 1, max: 30 }),
      fc.boolean(),
      async (names, most, isKnown) => {
        const upstream = upstreamOf(names, () => most);
        const reader = new ListReader('cn', () => 0);
        const read = () => reader.read(upstream.questions, LISTED, isKnown ? known(names) : undefined);
        try {
          const once = dns((await read()).entries);
          const twice = dns((await read()).entries);
          return [once, twice].every((some) => JSON.stringify(some) === JSON.stringify(sorted(names)));
        } catch (error) {
          // By names a limit of one is enough; by prefixes too many may begin alike with characters that are not tried.
          return !isKnown && error instanceof ReadError && error.kind === 'size-limit';
        }
      },
    ),
    { numRuns: 300 },
  );
  t.pass('it is');
});

t.test('nothing is asked for in vain twice, and a limit that was raised is noticed', async (t) => {
  const names = Array.from({ length: 1200 }, (_, i) => `m${i}`);
  let [most, now] = [500, 0];
  const { asked, questions } = upstreamOf(names, () => most);
  const reader = new ListReader('cn', () => now);
  const read = async () => {
    asked.length = 0;
    const { entries, limit } = await reader.read(questions, LISTED, known(names));
    t.equal(entries.length, 1200);
    return { limit, brought: asked.reduce((sum, count) => sum + count, 0), questions: asked.length };
  };
  t.match(await read(), { limit: { entries: 500 }, brought: 1700, questions: 13 });
  t.match(await read(), { limit: { entries: 500 }, brought: 1200, questions: 12 });
  most = 30;
  t.match(await read(), { brought: 1260, questions: 50 }, 'parts become smaller, in two steps');
  t.match(await read(), { brought: 1200, questions: 48 }, 'and stay so');
  most = 5000;
  t.match(await read(), { brought: 1200, questions: 48 });
  now += 3_600_000;
  t.match(await read(), { limit: undefined, brought: 1200, questions: 1 });
});

t.test('what cannot be read in parts either ends in a bounded number of questions', async (t) => {
  const names = Array.from({ length: 500_000 }, (_, i) => `${i}`);
  for (const [code, kind] of [
    [3, 'time-limit'],
    [4, 'size-limit'],
    [11, 'admin-limit'],
  ] as const)
    for (const source of [known(names), undefined]) {
      // It ends each search before its first entry.
      const none = upstreamOf(['a'], () => -1, code);
      await t.rejects(new ListReader('cn', () => 0).read(none.questions, LISTED, source), { name: 'ReadError', kind });
      t.ok(none.asked.length <= 4001, `${none.asked.length} questions`);
    }
});

t.test(
  'an upstream that ends every part is asked a few questions, each time again and with an error that says the limit',
  async (t) => {
    for (const [code, kind] of [
      [3, 'time-limit'],
      [4, 'size-limit'],
      [11, 'admin-limit'],
    ] as const) {
      const none = upstreamOf([], () => -1, code);
      const reader = new ListReader('cn', () => 0);
      const counts: number[] = [];
      // A reader that kept what failed reads have found would go deeper with each.
      for (let read = 0; read < 50; read++) {
        none.asked.length = 0;
        await t.rejects(reader.read(none.questions, LISTED), { name: 'ReadError', kind, message: /begin with “a+”/ });
        counts.push(none.asked.length);
      }
      t.ok(
        counts.every((count) => count <= 65),
        `${counts}`,
      );
      t.same(new Set(counts.slice(1)).size, 1, 'no read asks less than another, for nothing is kept');
    }
  },
);

t.test('a part is ended at a depth even where only one beginning hits the limit, whichever it is', async (t) => {
  for (const endless of ['a', '.', 'group of ', 'q7']) {
    const answer = (filter: Filter): Promise<Listed> => {
      const initials =
        filter instanceof AndFilter ? filter.filters.filter((one) => one instanceof SubstringFilter) : [];
      const [{ initial } = { initial: '' }] = initials;
      const isEnded = initial === '' || endless.repeat(100).startsWith(initial);
      return Promise.resolve(
        isEnded ? { kind: 'limit', limit: { code: 4, entries: 9 } } : { kind: 'entries', entries: [] },
      );
    };
    const asked = { count: 0 };
    const counted = (filter: Filter) => {
      asked.count++;
      return answer(filter);
    };
    const reader = new ListReader('cn', () => 0);
    for (let read = 0; read < 3; read++)
      await t.rejects(
        reader.read({ list: counted, part: counted }, LISTED),
        { name: 'ReadError', kind: 'size-limit' },
        endless,
      );
    t.ok(asked.count <= 3 * 4001);
  }
});

t.test('names that begin alike over many characters are told apart', async (t) => {
  const names = Array.from({ length: 90 }, (_, i) => `Department of Engineering and Research: ${i}`.replace(':', ''));
  const upstream = upstreamOf(names, () => 10);
  const { entries } = await new ListReader('cn', () => 0).read(upstream.questions, LISTED);
  t.same(dns(entries), sorted(names));
});
