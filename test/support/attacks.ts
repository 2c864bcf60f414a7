// Requests that cost a server most for the bytes that they take: one table, sent to a product with a large directory by test/heavy/large.
import { ControlType } from '../../src/gate/search/controls.js';
import { type Filter, MAX_FILTER_COMPONENTS } from '../../src/ldap/filter.js';
import { type Control, type Request, Scope, type SearchRequest, type SortKey } from '../../src/ldap/message.js';
import { BerWriter, Tag } from '../../src/wire/ber.js';
import { encodePagedResults } from '../../src/wire/controls.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { encodeFilter } from '../../src/wire/filter.js';
import { searchRequest } from './client.js';
import { BASE, USERS, userDN } from './proxy.js';

export interface Attack {
  readonly name: string;
  /** Who sends it: a service account, a member, or nobody. */
  readonly by: 'reader' | 'member' | 'nobody';
  /** `local.search.users`. */
  readonly users: 'self' | 'all';
  readonly connections: number;
  /**
   * What each connection sends in one go; `answers` final answers follow. Made when they are needed: some are long. With another salt
   * they ask the same in other words, so that nothing can be answered from a cache.
   */
  readonly octets: Made;
  /** Sent one byte at a time. */
  readonly isDripped?: true;
  /** MiB that it may cost, if less than others. */
  readonly memory?: number;
  /** Result codes that are right besides those of a search that was answered or refused. */
  readonly codes?: readonly number[];
}

/** MiB: hundreds of megabytes in messages of a megabyte pass in a second, and the runtime collects such memory in its own time. */
const LARGE_MESSAGES = 512;

/** Success, timeLimitExceeded, sizeLimitExceeded, adminLimitExceeded, busy, unwillingToPerform. */
export const ANSWERED = [0, 3, 4, 11, 12, 51, 53];

type Made = (salt: string) => { readonly octets: Buffer; readonly answers: number };

interface Asked {
  readonly op: Request;
  readonly controls?: readonly Control[];
}

/** Pipelined under message IDs of their own. */
const pipelined =
  (asked: readonly Asked[]): Made =>
  (salt) => {
    const messages = asked.map(({ op, ...rest }, index) =>
      encodeMessage({ messageID: index + 2, op: salted(op, `${salt}-${index}`), ...rest }),
    );
    return { octets: Buffer.concat(messages), answers: messages.length };
  };

/** Asks for one more attribute, which nobody has. */
function salted(op: Request, salt: string): Request {
  if (op.kind !== 'searchRequest') return op;
  const wanted = op.attributes.length === 0 ? ['*'] : op.attributes.filter((name) => name !== '1.1');
  return { ...op, attributes: [...wanted, `x-${salt}`] };
}

const repeated =
  (count: number, one: (index: number) => Asked): Made =>
  (salt) =>
    pipelined(Array.from({ length: count }, (_, index) => one(index)))(salt);

/** A search of everything that returns names only. */
function search(filter: Filter, more: Partial<SearchRequest> = {}): SearchRequest {
  return { ...searchRequest({ base: BASE, attributes: ['1.1'] }), filter, ...more };
}

const list = (kind: 'and' | 'or', count: number, one: (index: number) => Filter): Filter => ({
  kind,
  filters: Array.from({ length: count }, (_, index) => one(index)),
});
const compared = (
  kind: 'equalityMatch' | 'greaterOrEqual' | 'lessOrEqual',
  attribute: string,
  value: string | Buffer,
): Filter => ({ kind, attribute, value: Buffer.from(value) });
/** As many as there may be beside the AND or OR itself. */
const MOST_PARTS = MAX_FILTER_COMPONENTS - 1;
const isPerson = compared('equalityMatch', 'objectClass', 'inetOrgPerson');
/** True of nobody, compared with every value of every attribute. */
const extensible = (index: number, dnAttributes = false): Filter => ({
  kind: 'extensibleMatch',
  matchingRule: 'caseIgnoreMatch',
  value: Buffer.from(`zz${index}`),
  dnAttributes,
});
const contains = (attribute: string, parts: readonly string[]): Filter => ({
  kind: 'substrings',
  attribute,
  any: parts.map((part) => Buffer.from(part)),
});
const everything: Filter = { kind: 'present', attribute: 'objectClass' };

function control(type: string, write: (writer: BerWriter) => void, critical = true): Control {
  const writer = new BerWriter(256);
  write(writer);
  writer.wrap(Tag.sequence, 0);
  return { type, critical, value: writer.finish() };
}

function sortedBy(keys: readonly SortKey[], critical = true): Control {
  // Written back to front.
  const write = (writer: BerWriter) => {
    for (const { attribute, reverse } of [...keys].reverse()) {
      const mark = writer.length;
      if (reverse) writer.boolean(true, 0x81);
      writer.text(attribute);
      writer.wrap(Tag.sequence, mark);
    }
  };
  return control(ControlType.sortRequest, write, critical);
}

const KEYS = ['cn', 'sn', 'mail', 'uid', 'givenName', 'title', 'uidNumber', 'homeDirectory'];
const keys = (count: number): SortKey[] =>
  Array.from({ length: count }, (_, index) => ({ attribute: KEYS[index % KEYS.length]!, reverse: index % 2 === 1 }));

function matchedValues(items: readonly Filter[]): Control {
  return control(ControlType.matchedValues, (writer) => {
    for (const item of [...items].reverse()) encodeFilter(writer, item);
  });
}

const paged = (size: number): Control => ({
  type: ControlType.pagedResults,
  critical: true,
  value: encodePagedResults({ size, cookie: Buffer.alloc(0) }),
});

const GROUP = `cn=wayk-users,ou=Groups,${BASE}`;
const POSIX_GROUP = `cn=wayk-posix,ou=Groups,${BASE}`;
/** Almost the largest message of somebody who is bound. */
const LONG = 1_000_000;
/** A ligature of one character that becomes 18 when it is prepared (RFC 4518 2.3), spaces, and escapes as they are in names. */
const LONG_TEXTS = ['\ufdfa'.repeat(LONG / 3), ' '.repeat(LONG), '\\2c'.repeat(LONG / 3), '\\,'.repeat(LONG / 2)];
/** The number of times that each is repeated. */
const LONG_TIMES = 3;
const long =
  (one: (text: string) => Request): Made =>
  (salt) =>
    pipelined(Array.from({ length: LONG_TIMES }, () => LONG_TEXTS.map((text) => ({ op: one(text) }))).flat())(salt);
/** True of nobody, and compared with every name in a group. */
const extensibleName = (index: number): Filter => ({
  kind: 'extensibleMatch',
  matchingRule: 'distinguishedNameMatch',
  value: Buffer.from(`uid=zz${index}`),
  dnAttributes: false,
});
/**
 * What hundreds of costly searches have made for the entry that each is at outlives the young generation, at about 40 MiB a second, and the
 * collector leaves it until there is about as much of it as of everything else; after a collection as much is in use as before.
 */
const MEMORY_OF_COSTLY = 320;
const costly = (index: number): Asked => ({
  op: search(list('or', 20, (part) => extensible(1000 * index + part))),
});

/** In all, with what the slow senders say. */
const DRIPPED = process.env.JUMPGATE_LARGE === undefined ? 400_000 : 1_200_000;

const reader = { by: 'reader', users: 'self', connections: 1 } as const;
const everybody = { by: 'member', users: 'all', connections: 1 } as const;
const once = (op: Request, controls?: readonly Control[]): Made =>
  pipelined([controls === undefined ? { op } : { op, controls }]);

export const ATTACKS: readonly Attack[] = [
  ...[20, 200].map((parts) => ({
    ...reader,
    name: `an OR of ${parts} extensible matches of every attribute`,
    octets: once(search(list('or', parts, extensible))),
  })),
  ...[20, 200].map((parts) => ({
    ...reader,
    name: `an OR of ${parts} extensible matches of every name, 20,000 in a group`,
    octets: once(search(list('or', parts, extensibleName), { baseObject: GROUP })),
  })),
  {
    ...reader,
    name: '500 extensible matches of every name, 20,000 in a group, on one connection',
    octets: repeated(500, (index) => ({ op: search(extensibleName(index), { baseObject: GROUP }) })),
  },
  {
    ...reader,
    name: 'an OR of 200 extensible matches of every attribute and of the names',
    octets: once(search(list('or', 200, (index) => extensible(index, true)))),
  },
  {
    ...reader,
    name: 'an AND of 200 NOTs of extensible matches, true of everybody',
    octets: once(search(list('and', 200, (index) => ({ kind: 'not', filter: extensible(index) })))),
  },
  {
    ...reader,
    name: 'an OR of 24,999 times the same class',
    octets: once(search(list('or', MOST_PARTS, () => isPerson))),
  },
  {
    ...reader,
    name: 'an AND of 24,999 times the same class',
    octets: once(search(list('and', MOST_PARTS, () => isPerson))),
  },
  {
    ...reader,
    name: 'an OR of 20,000 names',
    octets: once(
      search(list('or', 20_000, (index) => compared('equalityMatch', 'uid', `m${String(index * 7).padStart(6, '0')}`))),
    ),
  },
  {
    ...reader,
    name: 'OR in AND in NOT, 900 parts',
    octets: once(
      search(
        list('and', 10, () =>
          list('or', 8, (index) => ({
            kind: 'not',
            filter: list('and', 9, (part) => compared('equalityMatch', 'title', `Engineer of kind ${index + part}`)),
          })),
        ),
      ),
    ),
  },
  ...(['or', 'and'] as const).map((kind) => ({
    ...reader,
    name: `an ${kind.toUpperCase()} of 24,999 times (uidNumber>=1)`,
    octets: once(search(list(kind, MOST_PARTS, () => compared('greaterOrEqual', 'uidNumber', '1')))),
  })),
  {
    ...reader,
    name: 'substrings of 990 parts among 20,000 names of a group',
    octets: pipelined([
      ...Array.from({ length: 4 }, (_, index) => ({
        op: search(contains('memberUid', Array(990).fill(String(index))), { baseObject: POSIX_GROUP }),
      })),
      { op: search(contains('member', Array(990).fill('0')), { baseObject: GROUP }) },
    ]),
  },
  {
    ...reader,
    name: 'an OR of 300 substrings among 20,000 names of a group',
    octets: once(
      search(
        list('or', 300, (index) => contains('memberUid', [`z${index}`, 'z'])),
        { baseObject: POSIX_GROUP },
      ),
    ),
  },
  {
    ...reader,
    name: 'matched values of 64 items, all entries',
    octets: once(search(everything, { attributes: [] }), [
      matchedValues(Array.from({ length: 64 }, (_, index) => compared('equalityMatch', 'uid', `nobody${index}`))),
    ]),
  },
  {
    ...reader,
    name: 'matched values of 64 costly items, two groups of 20,000',
    octets: once(search(everything, { baseObject: `ou=Groups,${BASE}`, attributes: [] }), [
      matchedValues(Array.from({ length: 64 }, (_, index) => (index % 2 === 0 ? extensible : extensibleName)(index))),
    ]),
  },
  ...[1, 3, 4, 64].map((count) => ({
    ...reader,
    name: `sorted by ${count} keys, with size limit 1 and without`,
    octets: pipelined(
      [1, 0].map((sizeLimit) => ({ op: search(isPerson, { sizeLimit }), controls: [sortedBy(keys(count))] })),
    ),
  })),
  ...[3, 64].map((count) => ({
    ...reader,
    name: `60 searches with size limit 1, sorted by ${count} keys, on one connection`,
    octets: repeated(60, () => ({ op: search(isPerson, { sizeLimit: 1 }), controls: [sortedBy(keys(count))] })),
  })),
  {
    ...reader,
    connections: 50,
    name: '8 sorted searches of pages on each of 50 connections, left standing',
    // An address may hold 125,000 ranked entries, about a kilobyte each, and the collector needs room.
    memory: 320,
    octets: repeated(8, (index) => ({
      op: search(compared('greaterOrEqual', 'uidNumber', String(index))),
      controls: [sortedBy(keys(3)), paged(1)],
    })),
  },
  {
    ...reader,
    name: '500 costly searches on one connection',
    memory: MEMORY_OF_COSTLY,
    octets: repeated(500, costly),
  },
  {
    ...reader,
    connections: 50,
    name: '10 costly searches on each of 50 connections',
    memory: MEMORY_OF_COSTLY,
    octets: repeated(10, costly),
  },
  {
    ...reader,
    name: 'everything with all attributes, 4 times on one connection',
    octets: repeated(4, () => ({ op: search(everything, { attributes: ['*', '+'] }) })),
  },
  {
    by: 'nobody',
    users: 'self',
    connections: 500,
    name: '990 extensible matches of the subschema by 500 strangers',
    memory: LARGE_MESSAGES,
    octets: once(search(list('or', 990, extensible), { baseObject: 'cn=Subschema', scope: Scope.baseObject })),
  },
  {
    ...reader,
    name: '1,000 comparisons with 20,000 values',
    octets: repeated(1000, (index) => ({
      op: {
        kind: 'compareRequest',
        entry: index % 2 === 0 ? GROUP : POSIX_GROUP,
        attribute: index % 2 === 0 ? 'member' : 'memberUid',
        value: Buffer.from(index % 2 === 0 ? userDN(`nobody-${index}`) : `nobody-${index}`),
      },
    })),
    codes: [5, 6],
  },
  {
    ...reader,
    by: 'member',
    name: 'filters with values of a million bytes',
    memory: LARGE_MESSAGES,
    octets: long((text) => search(compared('equalityMatch', 'cn', text), { baseObject: USERS })),
    codes: [2],
  },
  {
    ...reader,
    by: 'member',
    name: 'filters with names of a million bytes',
    memory: LARGE_MESSAGES,
    octets: long((text) => search(compared('equalityMatch', 'member', `uid=${text}`), { baseObject: USERS })),
    codes: [2],
  },
  {
    ...reader,
    by: 'member',
    name: 'substrings of a million bytes',
    memory: LARGE_MESSAGES,
    octets: long((text) => search(contains('cn', [text]), { baseObject: USERS })),
    codes: [2],
  },
  {
    ...reader,
    by: 'member',
    name: 'bases of a million bytes',
    memory: LARGE_MESSAGES,
    octets: long((text) => search(everything, { baseObject: `uid=${text},${USERS}` })),
    codes: [2, 32, 34],
  },
  {
    ...reader,
    by: 'member',
    name: 'bases of 200,000 names',
    memory: LARGE_MESSAGES,
    octets: repeated(4, () => ({ op: search(everything, { baseObject: `${'a=b,'.repeat(200_000)}${USERS}` }) })),
    codes: [2, 32, 34],
  },
  {
    ...reader,
    by: 'member',
    name: 'comparisons with values of a million bytes',
    memory: LARGE_MESSAGES,
    octets: long((text) => ({
      kind: 'compareRequest',
      entry: userDN('m000008'),
      attribute: 'cn',
      value: Buffer.from(text),
    })),
    codes: [5, 6, 32],
  },
  {
    ...reader,
    by: 'member',
    name: 'binds with names of a million bytes',
    octets: long((text) => ({
      kind: 'bindRequest',
      version: 3,
      name: `uid=${text},${USERS}`,
      authentication: { method: 'simple', password: Buffer.from('wrong') },
    })),
    codes: [34, 49],
  },
  {
    ...reader,
    name: 'a list of 60,000 attributes, and one of a hundred thousand options',
    octets: pipelined([
      { op: search(everything, { attributes: Array.from({ length: 60_000 }, (_, index) => `a${index}`) }) },
      { op: search(everything, { attributes: [`cn${';x'.repeat(100_000)}`] }) },
      { op: search({ kind: 'present', attribute: `cn${';x'.repeat(100_000)}` }) },
    ]),
    codes: [2],
  },
  {
    by: 'nobody',
    users: 'self',
    connections: 40,
    name: `${DRIPPED / 1000} KB in single bytes on 40 connections`,
    isDripped: true,
    memory: 24,
    octets: once({
      ...searchRequest({ base: '', scope: Scope.baseObject, attributes: ['x'.repeat(DRIPPED / 40)] }),
    }),
  },
  {
    ...reader,
    by: 'member',
    name: 'an OR of 200 extensible matches by a member who sees little',
    octets: once(search(list('or', 200, extensible))),
  },
  {
    ...everybody,
    name: 'by a member who sees all: an OR of 200 extensible matches',
    octets: once(search(list('or', 200, extensible))),
  },
  {
    ...everybody,
    name: 'by a member who sees all: an OR of 24,999 times the same class',
    octets: once(search(list('or', MOST_PARTS, () => isPerson))),
  },
  {
    ...everybody,
    name: 'by a member who sees all: matched values of 64 items',
    octets: once(search(everything, { attributes: [] }), [
      matchedValues(Array.from({ length: 64 }, (_, index) => extensible(index))),
    ]),
  },
  {
    ...everybody,
    name: 'by a member who sees all: 60 sorted searches with size limit 1',
    octets: repeated(60, () => ({ op: search(isPerson, { sizeLimit: 1 }), controls: [sortedBy(keys(3))] })),
  },
  {
    ...everybody,
    name: 'by a member who sees all: 500 costly searches on one connection',
    memory: MEMORY_OF_COSTLY,
    octets: repeated(500, costly),
  },
];
