// What is remembered of passwords, and what never is.
import fc from 'fast-check';
import t from 'tap';
import { Verdicts } from '../../src/gate/verdicts.js';

const octets = (text: string) => Buffer.from(text, 'latin1');
const make = (options: Partial<ConstructorParameters<typeof Verdicts>[0]> = {}) =>
  new Verdicts({ ttl: 60_000, refusedTtl: 60_000, staleIfError: 0, entries: 100, clock: () => 0, ...options });
const remember = (verdicts: Verdicts, account: string, password: Buffer, verdict: 'accepted' | 'refused') =>
  verdicts.remember(verdicts.keyOf(account, password), verdict);
const recall = (verdicts: Verdicts, account: string, password: Buffer) =>
  verdicts.recall(verdicts.keyOf(account, password));

t.test('a remembered password counts for exactly this account and these octets (R89, R90)', async (t) => {
  const verdicts = make();
  remember(verdicts, 'alice', octets('right'), 'accepted');
  t.equal(recall(verdicts, 'alice', octets('right')), 'accepted');
  for (const other of ['right\0', 'righ', 'Right', 'right ', '', 'rightright'])
    t.equal(recall(verdicts, 'alice', octets(other)), undefined, JSON.stringify(other));
  t.equal(recall(verdicts, 'bob', octets('right')), undefined);
  t.equal(recall(verdicts, 'alic', octets('eright')), undefined, 'name and password do not run into each other');
});

t.test('no two pairs of name and password are taken for one another', async (t) => {
  const name = fc.string({ minLength: 1, maxLength: 6 });
  const password = fc.uint8Array({ maxLength: 6 }).map((array) => Buffer.from(array));
  fc.assert(
    fc.property(name, password, name, password, (name1, password1, name2, password2) => {
      const verdicts = make();
      remember(verdicts, name1, password1, 'accepted');
      const isSame = name1 === name2 && password1.equals(password2);
      // A comma and six digits at the end are a one-time code; the lengths here rule them out.
      return (recall(verdicts, name2, password2) === 'accepted') === isSame;
    }),
  );
  t.pass('none was');
});

t.test('a new password displaces the old one at once; a refused one is forgotten as accepted (R91)', async (t) => {
  const verdicts = make();
  remember(verdicts, 'alice', octets('old'), 'accepted');
  remember(verdicts, 'alice', octets('new'), 'accepted');
  t.equal(recall(verdicts, 'alice', octets('old')), undefined);
  t.equal(recall(verdicts, 'alice', octets('new')), 'accepted');
  remember(verdicts, 'alice', octets('typo'), 'refused');
  t.equal(
    recall(verdicts, 'alice', octets('new')),
    'accepted',
    'somebody’s typing error says nothing of the right one',
  );
  t.equal(recall(verdicts, 'alice', octets('typo')), 'refused');
  remember(verdicts, 'alice', octets('new'), 'refused');
  t.equal(recall(verdicts, 'alice', octets('new')), 'refused');
  remember(verdicts, 'alice', octets('typo'), 'accepted');
  t.equal(recall(verdicts, 'alice', octets('typo')), 'accepted', 'what was refused may be the new password');
});

t.test('a password with a one-time code is good once and never remembered', async (t) => {
  const verdicts = make();
  remember(verdicts, 'alice', octets('secret,123456'), 'accepted');
  t.equal(recall(verdicts, 'alice', octets('secret,123456')), undefined);
  remember(verdicts, 'alice', octets('secret,123456'), 'refused');
  t.equal(recall(verdicts, 'alice', octets('secret,123456')), undefined);
  remember(verdicts, 'alice', octets('secret,12345x'), 'refused');
  t.equal(recall(verdicts, 'alice', octets('secret,12345x')), 'refused', 'no code');
});

t.test('memory is bounded and may be switched off; the password itself is nowhere in it (R73, R89)', async (t) => {
  const verdicts = make({ entries: 10 });
  for (let i = 0; i < 1000; i++) {
    remember(verdicts, `user${i}`, octets('p'), 'accepted');
    remember(verdicts, 'alice', octets(`wrong${i}`), 'refused');
  }
  const known = Array.from({ length: 1000 }, (_, i) => recall(verdicts, `user${i}`, octets('p')));
  t.equal(known.filter((verdict) => verdict === 'accepted').length, 9, 'nine of these and alice');
  const off = make({ ttl: 0, refusedTtl: 0 });
  remember(off, 'alice', octets('right'), 'accepted');
  remember(off, 'alice', octets('wrong'), 'refused');
  t.equal(recall(off, 'alice', octets('right')), undefined);
  t.equal(recall(off, 'alice', octets('wrong')), undefined);
  for (let i = 0; i < 16; i++) remember(verdicts, 'bob', octets(`wrong${i}`), 'refused');
  t.equal(recall(verdicts, 'bob', octets('wrong0')), 'refused');
  remember(verdicts, 'bob', octets('wrong16'), 'refused');
  t.equal(recall(verdicts, 'bob', octets('wrong0')), undefined, 'of many wrong ones the newest are known');
});

t.test(
  'verdicts age: an accepted and a refused one each by its own time, and one may outlast an outage (R94)',
  async (t) => {
    let now = 1000;
    const verdicts = make({ ttl: 100, refusedTtl: 300, staleIfError: 500, clock: () => now });
    remember(verdicts, 'alice', octets('right'), 'accepted');
    remember(verdicts, 'alice', octets('wrong'), 'refused');
    const right = verdicts.keyOf('alice', octets('right'));
    now += 99;
    t.equal(verdicts.recall(right), 'accepted');
    now += 2;
    t.equal(verdicts.recall(right), undefined, 'too old to be enough');
    t.equal(verdicts.recallForOutage(right), 101, 'but good enough while nobody can be asked');
    t.equal(verdicts.recallForOutage(verdicts.keyOf('alice', octets('wrong'))), undefined);
    t.equal(verdicts.recallForOutage(verdicts.keyOf('alice', octets('righ'))), undefined);
    t.equal(recall(verdicts, 'alice', octets('wrong')), 'refused');
    now += 500;
    t.equal(verdicts.recallForOutage(right), undefined);
    t.equal(recall(verdicts, 'alice', octets('wrong')), undefined);
    const strict = make({ ttl: 100, clock: () => now });
    remember(strict, 'alice', octets('right'), 'accepted');
    t.equal(strict.recallForOutage(strict.keyOf('alice', octets('right'))), undefined, 'off unless it is switched on');
  },
);

t.test('nothing is remembered of a bind that asked for a second factor', async (t) => {
  const verdicts = make({ staleIfError: 1000 });
  for (const verdict of ['accepted', 'refused'] as const) {
    verdicts.remember(verdicts.keyOf('alice', octets('right'), true), verdict);
    t.equal(recall(verdicts, 'alice', octets('right')), undefined);
    t.equal(verdicts.recallForOutage(verdicts.keyOf('alice', octets('right'))), undefined);
  }
});

t.test('one account can be forgotten', async (t) => {
  const verdicts = make();
  remember(verdicts, 'alice', octets('right'), 'accepted');
  remember(verdicts, 'alice', octets('wrong'), 'refused');
  remember(verdicts, 'bob', octets('right'), 'accepted');
  t.ok(verdicts.forget('alice'));
  t.notOk(verdicts.forget('alice'));
  t.equal(recall(verdicts, 'alice', octets('right')), undefined);
  t.equal(recall(verdicts, 'alice', octets('wrong')), undefined);
  t.equal(recall(verdicts, 'bob', octets('right')), 'accepted');
});
