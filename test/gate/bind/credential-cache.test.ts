// What is cached of passwords, and what never is.
import fc from 'fast-check';
import t from 'tap';
import { CredentialCache, type VersionOf } from '../../../src/gate/bind/credential-cache.js';

const UNCHANGED: VersionOf = () => 'as it was';
const octets = (text: string) => Buffer.from(text, 'latin1');
const make = (options: Partial<ConstructorParameters<typeof CredentialCache>[0]> = {}) =>
  new CredentialCache({ ttl: 60_000, refusedTtl: 60_000, staleIfError: 0, entries: 100, clock: () => 0, ...options });
const remember = (
  credentialCache: CredentialCache,
  account: string,
  password: Buffer,
  verdict: 'accepted' | 'refused',
) => credentialCache.remember(credentialCache.keyOf(account, password), verdict, UNCHANGED);
const recall = (credentialCache: CredentialCache, account: string, password: Buffer, versionOf = UNCHANGED) =>
  credentialCache.recall(credentialCache.keyOf(account, password), versionOf);

t.test('a cached password counts for exactly this account and these bytes (R89, R90)', async (t) => {
  const credentialCache = make();
  remember(credentialCache, 'alice', octets('right'), 'accepted');
  t.equal(recall(credentialCache, 'alice', octets('right')), 'accepted');
  for (const other of ['right\0', 'righ', 'Right', 'right ', '', 'rightright'])
    t.equal(recall(credentialCache, 'alice', octets(other)), undefined, JSON.stringify(other));
  t.equal(recall(credentialCache, 'bob', octets('right')), undefined);
  t.equal(recall(credentialCache, 'alic', octets('eright')), undefined, 'name and password do not run into each other');
});

t.test('no two pairs of name and password are taken for one another', async (t) => {
  const name = fc.string({ minLength: 1, maxLength: 6 });
  const password = fc.uint8Array({ maxLength: 6 }).map((array) => Buffer.from(array));
  fc.assert(
    fc.property(name, password, name, password, (name1, password1, name2, password2) => {
      const credentialCache = make();
      remember(credentialCache, name1, password1, 'accepted');
      const isSame = name1 === name2 && password1.equals(password2);
      // A comma and six digits at the end are a one-time code; the lengths here rule them out.
      return (recall(credentialCache, name2, password2) === 'accepted') === isSame;
    }),
  );
  t.pass('none was');
});

t.test('a new password replaces the old one immediately; a refused one is forgotten as accepted (R91)', async (t) => {
  const credentialCache = make();
  remember(credentialCache, 'alice', octets('old'), 'accepted');
  remember(credentialCache, 'alice', octets('new'), 'accepted');
  t.equal(recall(credentialCache, 'alice', octets('old')), undefined);
  t.equal(recall(credentialCache, 'alice', octets('new')), 'accepted');
  remember(credentialCache, 'alice', octets('typo'), 'refused');
  t.equal(
    recall(credentialCache, 'alice', octets('new')),
    'accepted',
    'somebody’s typing error says nothing of the right one',
  );
  t.equal(recall(credentialCache, 'alice', octets('typo')), 'refused');
  remember(credentialCache, 'alice', octets('new'), 'refused');
  t.equal(recall(credentialCache, 'alice', octets('new')), 'refused');
  remember(credentialCache, 'alice', octets('typo'), 'accepted');
  t.equal(recall(credentialCache, 'alice', octets('typo')), 'accepted', 'what was refused may be the new password');
});

t.test('a password with a one-time code is good once: never cached as accepted, only as refused', async (t) => {
  const credentialCache = make();
  remember(credentialCache, 'alice', octets('secret,123456'), 'accepted');
  t.equal(recall(credentialCache, 'alice', octets('secret,123456')), undefined);
  remember(credentialCache, 'alice', octets('secret,123456'), 'refused');
  t.equal(recall(credentialCache, 'alice', octets('secret,123456')), 'refused', 'it does not become right by waiting');
  remember(credentialCache, 'alice', octets('secret,123456'), 'accepted');
  t.equal(recall(credentialCache, 'alice', octets('secret,123456')), undefined);
});

t.test('memory is bounded and may be switched off; the password itself is nowhere in it (R73, R89)', async (t) => {
  const credentialCache = make({ entries: 10 });
  for (let i = 0; i < 1000; i++) {
    remember(credentialCache, `user${i}`, octets('p'), 'accepted');
    remember(credentialCache, 'alice', octets(`wrong${i}`), 'refused');
  }
  const known = Array.from({ length: 1000 }, (_, i) => recall(credentialCache, `user${i}`, octets('p')));
  t.equal(known.filter((verdict) => verdict === 'accepted').length, 9, 'nine of these and alice');
  const off = make({ ttl: 0, refusedTtl: 0 });
  remember(off, 'alice', octets('right'), 'accepted');
  remember(off, 'alice', octets('wrong'), 'refused');
  t.equal(recall(off, 'alice', octets('right')), undefined);
  t.equal(recall(off, 'alice', octets('wrong')), undefined);
  for (let i = 0; i < 16; i++) remember(credentialCache, 'bob', octets(`wrong${i}`), 'refused');
  t.equal(recall(credentialCache, 'bob', octets('wrong0')), 'refused');
  remember(credentialCache, 'bob', octets('wrong16'), 'refused');
  t.equal(recall(credentialCache, 'bob', octets('wrong0')), undefined, 'of many wrong ones the newest are known');
});

t.test(
  'verdicts age: an accepted and a refused one each by its own time, and one may outlast an outage (R94)',
  async (t) => {
    let now = 1000;
    const credentialCache = make({ ttl: 100, refusedTtl: 300, staleIfError: 500, clock: () => now });
    remember(credentialCache, 'alice', octets('right'), 'accepted');
    remember(credentialCache, 'alice', octets('wrong'), 'refused');
    const right = credentialCache.keyOf('alice', octets('right'));
    now += 99;
    t.equal(credentialCache.recall(right, UNCHANGED), 'accepted');
    now += 2;
    t.equal(credentialCache.recall(right, UNCHANGED), undefined, 'too old to be enough');
    t.equal(credentialCache.recallForOutage(right), 101, 'but good enough while nobody can be asked');
    t.equal(credentialCache.recallForOutage(credentialCache.keyOf('alice', octets('wrong'))), undefined);
    t.equal(credentialCache.recallForOutage(credentialCache.keyOf('alice', octets('righ'))), undefined);
    t.equal(recall(credentialCache, 'alice', octets('wrong')), 'refused');
    now += 500;
    t.equal(credentialCache.recallForOutage(right), undefined);
    t.equal(recall(credentialCache, 'alice', octets('wrong')), undefined);
    const strict = make({ ttl: 100, clock: () => now });
    remember(strict, 'alice', octets('right'), 'accepted');
    t.equal(strict.recallForOutage(strict.keyOf('alice', octets('right'))), undefined, 'off unless it is switched on');
  },
);

t.test('nothing is cached of a bind that asked for a second factor', async (t) => {
  const credentialCache = make({ staleIfError: 1000 });
  for (const verdict of ['accepted', 'refused'] as const) {
    credentialCache.remember(credentialCache.keyOf('alice', octets('right'), true), verdict, UNCHANGED);
    t.equal(recall(credentialCache, 'alice', octets('right')), undefined);
    t.equal(credentialCache.recallForOutage(credentialCache.keyOf('alice', octets('right'))), undefined);
  }
});

t.test('one account can be forgotten', async (t) => {
  const credentialCache = make();
  remember(credentialCache, 'alice', octets('right'), 'accepted');
  remember(credentialCache, 'alice', octets('wrong'), 'refused');
  remember(credentialCache, 'bob', octets('right'), 'accepted');
  t.ok(credentialCache.forget('alice'));
  t.notOk(credentialCache.forget('alice'));
  t.equal(recall(credentialCache, 'alice', octets('right')), undefined);
  t.equal(recall(credentialCache, 'alice', octets('wrong')), undefined);
  t.equal(recall(credentialCache, 'bob', octets('right')), 'accepted');
});

t.test(
  'a refused password is asked about again after growing pauses: a minute, half an hour, two, six, a day (R114)',
  async (t) => {
    let now = 0;
    const credentialCache = make({ clock: () => now });
    const minutes = [1, 30, 120, 360, 1440, 1440, 1440];
    for (const pause of minutes) {
      remember(credentialCache, 'alice', octets('old'), 'refused');
      now += pause * 60_000 - 1;
      t.equal(recall(credentialCache, 'alice', octets('old')), 'refused', `for ${pause} minutes`);
      now += 1;
      t.equal(recall(credentialCache, 'alice', octets('old')), undefined, 'and then it may be the new one');
    }
  },
);

t.test(
  'a refused password is asked about immediately when another was accepted, and then its pauses go on (R114)',
  async (t) => {
    let now = 0;
    const credentialCache = make({ clock: () => now });
    for (let i = 0; i < 2; i++) {
      remember(credentialCache, 'alice', octets('too early'), 'refused');
      now += 60_000;
    }
    t.equal(recall(credentialCache, 'alice', octets('too early')), 'refused', 'its second pause');
    remember(credentialCache, 'alice', octets('the old one'), 'accepted');
    t.equal(recall(credentialCache, 'alice', octets('too early')), undefined);
    remember(credentialCache, 'alice', octets('too early'), 'refused');
    now += 59 * 60_000;
    t.equal(recall(credentialCache, 'alice', octets('too early')), 'refused', 'its third pause');
  },
);

t.test('a refused password is asked about immediately when the account’s entry changes (R114)', async (t) => {
  const credentialCache = make();
  remember(credentialCache, 'alice', octets('too early'), 'refused');
  t.equal(recall(credentialCache, 'alice', octets('too early')), 'refused');
  t.equal(
    recall(credentialCache, 'alice', octets('too early'), () => 'changed'),
    undefined,
  );
  t.equal(
    recall(credentialCache, 'alice', octets('too early'), () => undefined),
    undefined,
    'even if it no longer exists',
  );
});
