// What the load generator takes for right, and what it does not.
import t from 'tap';
import { bound, type Check, Entries } from '../../bench/answers.js';
import { localDN, localGroupDN, MEMBERS, uidOf } from '../../bench/people.js';
import { FIRST_ID, memberBinds, withId } from '../../bench/requests.js';
import { decodeRequest } from '../../src/wire/decode.js';
import { encodeMessage } from '../../src/wire/encode.js';

const WRONG = { name: 'WrongAnswer' };
type Op = Parameters<typeof encodeMessage>[0]['op'];
const result = (code: number) => ({ code, matchedDN: '', text: '' });
const done = (code = 0): Op => ({ kind: 'searchResultDone', result: result(code) });

function entry(number: number, changes: Record<string, string> = {}, dn = localDN(uidOf(number))): Op {
  const attributes = { mail: `${uidOf(number)}@example.test`, memberOf: localGroupDN, ...changes };
  return {
    kind: 'searchResultEntry',
    objectName: dn,
    attributes: Object.entries(attributes).map(([type, value]) => ({ type, values: [Buffer.from(value)] })),
  };
}

/** Shows the check one message, as the client does. */
function show(check: Check, op: Op): 'more' | 'done' {
  const message = encodeMessage({ messageID: FIRST_ID, op });
  const short = message[1]!;
  return check(message, 0, 7 + (short < 0x80 ? 0 : short - 0x80), message.length);
}

t.test('a bind counts with success alone', async (t) => {
  t.equal(show(bound, { kind: 'bindResponse', result: result(0) }), 'done');
  for (const code of [49, 51, 52]) t.throws(() => show(bound, { kind: 'bindResponse', result: result(code) }), WRONG);
  t.throws(() => show(bound, done()), WRONG, 'another kind of answer');
});

t.test('one entry is the entry that was asked for, once', async (t) => {
  const entries = new Entries();
  for (const time of ['first', 'second']) {
    const check = entries.one(7);
    t.equal(show(check, entry(7)), 'more', time);
    t.equal(show(check, done()), 'done', time);
  }
  t.throws(() => show(entries.one(7), entry(8)), WRONG, 'somebody else');
  t.throws(() => show(entries.one(7), done()), WRONG, 'nobody');
  t.throws(() => show(entries.one(7), entry(7, { mail: 'x@example.test' })), WRONG, 'another value');
  t.throws(() => show(entries.one(7), entry(7, {}, `uid=${uidOf(7)},ou=Users,dc=jumpcloud,dc=com`)), WRONG, 'a name');
  const failing = entries.one(7);
  show(failing, entry(7));
  t.throws(() => show(failing, done(4)), WRONG, 'another code');
});

t.test('a listing has every member once, in any order', async (t) => {
  const entries = new Entries();
  const numbers = Array.from({ length: MEMBERS }, (_, i) => i + 1);
  for (const order of [numbers, numbers.toReversed()]) {
    const check = entries.all();
    for (const number of order) show(check, entry(number));
    t.equal(show(check, done()), 'done');
  }
  const twice = entries.all();
  show(twice, entry(1));
  t.throws(() => show(twice, entry(1)), WRONG);
  const short = entries.all();
  for (const number of numbers.slice(1)) show(short, entry(number));
  t.throws(() => show(short, done()), WRONG);
});

t.test('a request under another message id is the same request', async (t) => {
  const [request] = memberBinds;
  const before = decodeRequest(withId(request!, FIRST_ID));
  t.same(decodeRequest(withId(request!, 0x123456)), { ...before, messageID: 0x123456 });
});
