// The cache of responses looks searches up by a hash: making two with the same hash gets for neither what belongs to the other.
import fc from 'fast-check';
import t from 'tap';
import { Snapshot } from '../../src/directory/snapshot.js';
import { View } from '../../src/directory/view.js';
import type { Channel } from '../../src/gate/session.js';
import { Trace } from '../../src/gate/trace.js';
import { areSame, hashOf } from '../../src/runtime/octet-hash.js';
import { ResponseCache } from '../../src/server/response-cache.js';
import { Search } from '../../src/server/search-question.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { ResponseEncoder } from '../../src/wire/encode-response.js';
import { plainSearchStart } from '../../src/wire/envelope.js';
import { searchRequest } from '../support/client.js';

const VIEWS = [new View([]), new View([])] as const;
const octets = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));

function asked(base: string, messageID = 7, view: View = VIEWS[0], channel: Channel = 'clear'): Search {
  const pdu = encodeMessage({ messageID, op: searchRequest({ base }) });
  return Search.of(pdu, 0, plainSearchStart(pdu), pdu.length, view, channel);
}

function kept(search: Search): Search {
  const memory = Buffer.alloc(search.size);
  search.copyTo(memory);
  return search.movedTo(memory);
}

/** Two searches that differ and have the same hash. */
function twins(): [Search, Search] {
  const pdu = encodeMessage({ messageID: 7, op: searchRequest({ base: '00000000' }) });
  const start = plainSearchStart(pdu);
  const at = pdu.indexOf('00000000');
  const known = new Map<number, Search>();
  // Among 77,000 of 2^32 two are the same with even odds.
  for (let i = 0; i < 1_000_000; i++) {
    pdu.write(String(i).padStart(8, '0'), at);
    const search = Search.of(pdu, 0, start, pdu.length, VIEWS[0], 'clear');
    const other = known.get(search.hash);
    if (other !== undefined) return [kept(search), other];
    known.set(search.hash, kept(search));
  }
  throw new Error('no two have the same hash');
}

/** Keeps a response to the search with this number of entries in its trace. */
function keep(responses: ResponseCache, search: Search, entries: number): void {
  const recording = responses.record(search);
  const encoder = new ResponseEncoder();
  const result = { code: 0, matchedDN: '', text: '' };
  recording.add(encoder, encoder.encode(search.messageID, { kind: 'searchResultDone', result }, undefined));
  const trace = new Trace('search', () => 0);
  trace.entries = entries;
  recording.finish(trace.end(0, 'ok'));
}

t.test('equal bytes are equal and have one hash, wherever they begin', async (t) => {
  fc.assert(
    fc.property(octets, octets, octets, octets, fc.integer(), (before, one, beforeOther, unlike, seed) => {
      const first = Buffer.concat([before, one]);
      for (const other of [one, unlike, one.subarray(1), Buffer.concat([one, Buffer.alloc(1)])]) {
        const second = Buffer.concat([beforeOther, other]);
        const areEqual = one.equals(other);
        const start = beforeOther.length;
        const isSame = one.length === other.length && areSame(first, before.length, second, start, one.length);
        if (isSame !== areEqual) return false;
        const hash = hashOf(first, before.length, first.length, seed);
        if (areEqual && hash !== hashOf(second, start, second.length, seed)) return false;
      }
      return true;
    }),
  );
  t.pass('they are');
});

t.test('a hash differs with every byte', async (t) => {
  const zeros = Buffer.alloc(64);
  const seen = new Set([hashOf(zeros, 0, zeros.length, 1)]);
  for (let at = 0; at < zeros.length; at++)
    for (let bit = 1; bit < 256; bit *= 2) {
      const other = Buffer.from(zeros);
      other[at] = bit;
      seen.add(hashOf(other, 0, other.length, 1));
    }
  t.equal(seen.size, 1 + 8 * zeros.length);
});

t.test('two searches are one if all is the same but the message ID, and that is as long', async (t) => {
  const channels = ['clear', 'tls', 'ldapi'] as const;
  const question = fc.record({
    base: fc.constantFrom('', 'dc=example', 'dc=exampel'),
    messageID: fc.constantFrom(1, 0x7f, 0x80, 0x7fff, 0x8000),
    view: fc.constantFrom(0, 1),
    channel: fc.constantFrom(...channels),
  });
  const search = ({
    base,
    messageID,
    view,
    channel,
  }: {
    base: string;
    messageID: number;
    view: number;
    channel: Channel;
  }) => asked(base, messageID, VIEWS[view], channel);
  const length = (id: number) => (id < 0x80 ? 1 : id < 0x8000 ? 2 : 3);
  fc.assert(
    fc.property(question, question, (one, other) => {
      const isOne =
        one.base === other.base &&
        one.view === other.view &&
        one.channel === other.channel &&
        length(one.messageID) === length(other.messageID);
      const [first, second] = [search(one), search(other)];
      return first.equals(kept(second)) === isOne && (first.hash === second.hash || !isOne);
    }),
    { numRuns: 1000 },
  );
  t.pass('they are');
});

t.test('of two searches with one hash neither gets the response to the other, and the newer is kept', async (t) => {
  const [one, other] = twins();
  t.notOk(one.equals(other));
  const responses = new ResponseCache(1_000_000);
  keep(responses, one, 1);
  t.equal(responses.find(one)?.entries, 1);
  t.equal(responses.find(other), undefined);
  keep(responses, other, 2);
  t.equal(responses.find(one), undefined);
  t.equal(responses.find(other)?.entries, 2);
});

t.test('what is kept stays as it was when the bytes that it was asked in are used again', async (t) => {
  const pdu = encodeMessage({ messageID: 7, op: searchRequest({ base: 'dc=example' }) });
  const responses = new ResponseCache(1_000_000);
  keep(responses, Search.of(pdu, 0, plainSearchStart(pdu), pdu.length, VIEWS[0], 'clear'), 1);
  pdu.fill(0);
  t.equal(responses.find(asked('dc=example'))?.entries, 1);
});

t.test('a response that was begun under one snapshot is not sent under the next', async (t) => {
  const [responses, search] = [new ResponseCache(1024 * 1024), kept(asked('cn=Subschema'))];
  const [first, second] = [new Snapshot([], 0), new Snapshot([], 1)];
  responses.follow(first);
  const recording = responses.record(search);
  const encoder = new ResponseEncoder();
  const result = { code: 0, matchedDN: '', text: '' };
  recording.add(encoder, encoder.encode(search.messageID, { kind: 'searchResultDone', result }, undefined));
  responses.follow(second);
  recording.finish(new Trace('search', () => 0).end(0, 'ok'));
  t.equal(responses.find(search), undefined);
});
