// What is remembered of passwords, and what never is.
import fc from 'fast-check';
import t from 'tap';
import { Verdicts } from '../../src/gate/verdicts.js';

const octets = (text: string) => Buffer.from(text, 'latin1');
const make = (options: Partial<ConstructorParameters<typeof Verdicts>[0]> = {}) =>
  new Verdicts({ ttl: 60_000, refusedTtl: 60_000, entries: 100, ...options });

t.test('a remembered password counts for exactly this account and these octets (R89, R90)', async (t) => {
  const verdicts = make();
  verdicts.remember('alice', octets('right'), 'accepted');
  t.equal(verdicts.recall('alice', octets('right')), 'accepted');
  for (const other of ['right\0', 'righ', 'Right', 'right ', '', 'rightright'])
    t.equal(verdicts.recall('alice', octets(other)), undefined, JSON.stringify(other));
  t.equal(verdicts.recall('bob', octets('right')), undefined);
  t.equal(verdicts.recall('alic', octets('eright')), undefined, 'name and password do not run into each other');
});

t.test('no two pairs of name and password are taken for one another', async (t) => {
  const name = fc.string({ minLength: 1, maxLength: 6 });
  const password = fc.uint8Array({ maxLength: 6 }).map((array) => Buffer.from(array));
  fc.assert(
    fc.property(name, password, name, password, (name1, password1, name2, password2) => {
      const verdicts = make();
      verdicts.remember(name1, password1, 'accepted');
      const isSame = name1 === name2 && password1.equals(password2);
      // A comma and six digits at the end are a one-time code; the lengths here rule them out.
      return (verdicts.recall(name2, password2) === 'accepted') === isSame;
    }),
  );
  t.pass('none was');
});

t.test('a new password displaces the old one at once; a refused one is forgotten as accepted (R91)', async (t) => {
  const verdicts = make();
  verdicts.remember('alice', octets('old'), 'accepted');
  verdicts.remember('alice', octets('new'), 'accepted');
  t.equal(verdicts.recall('alice', octets('old')), undefined);
  t.equal(verdicts.recall('alice', octets('new')), 'accepted');
  verdicts.remember('alice', octets('typo'), 'refused');
  t.equal(verdicts.recall('alice', octets('new')), 'accepted', 'somebody’s typing error says nothing of the right one');
  t.equal(verdicts.recall('alice', octets('typo')), 'refused');
  verdicts.remember('alice', octets('new'), 'refused');
  t.equal(verdicts.recall('alice', octets('new')), 'refused');
  verdicts.remember('alice', octets('typo'), 'accepted');
  t.equal(verdicts.recall('alice', octets('typo')), 'accepted', 'what was refused may be the new password');
});

t.test('a password with a one-time code is good once and never remembered', async (t) => {
  const verdicts = make();
  verdicts.remember('alice', octets('secret,123456'), 'accepted');
  t.equal(verdicts.recall('alice', octets('secret,123456')), undefined);
  verdicts.remember('alice', octets('secret,123456'), 'refused');
  t.equal(verdicts.recall('alice', octets('secret,123456')), undefined);
  verdicts.remember('alice', octets('secret,12345x'), 'refused');
  t.equal(verdicts.recall('alice', octets('secret,12345x')), 'refused', 'no code');
});

t.test('memory is bounded and may be switched off; the password itself is nowhere in it (R73, R89)', async (t) => {
  const verdicts = make({ entries: 10 });
  for (let i = 0; i < 1000; i++) {
    verdicts.remember(`user${i}`, octets('p'), 'accepted');
    verdicts.remember('alice', octets(`wrong${i}`), 'refused');
  }
  const known = Array.from({ length: 1000 }, (_, i) => verdicts.recall(`user${i}`, octets('p')));
  t.equal(known.filter((verdict) => verdict === 'accepted').length, 10);
  const off = make({ ttl: 0, refusedTtl: 0 });
  off.remember('alice', octets('right'), 'accepted');
  off.remember('alice', octets('wrong'), 'refused');
  t.equal(off.recall('alice', octets('right')), undefined);
  t.equal(off.recall('alice', octets('wrong')), undefined);
});
