// An account that was revoked: what was accepted before counts no more, also what is being asked at that moment.
import t from 'tap';
import { makeMemory } from '../../../src/app/rules.js';
import { loadConfig } from '../../../src/config/load.js';
import { CredentialCache, type CredentialKey as Key } from '../../../src/gate/bind/credential-cache.js';
import { Revocations } from '../../../src/gate/bind/revocations.js';

const version = () => 'v1';
const secret = Buffer.from('right');

function make() {
  let now = 0;
  const cache = new CredentialCache({
    ttl: 60_000,
    refusedTtl: 60_000,
    staleIfError: 60_000,
    entries: 100,
    clock: () => now,
  });
  const pass = (ms: number) => {
    now += ms;
  };
  return { cache, pass };
}

t.test('an accepted password of the account counts no more, in any spelling, and others do', async (t) => {
  const { cache } = make();
  for (const account of ['Ada', 'bob']) cache.remember(cache.keyOf(account, secret), 'accepted', version);
  cache.revoke('ada');
  t.equal(cache.recall(cache.keyOf('Ada', secret), version), undefined);
  t.equal(cache.recallForOutage(cache.keyOf('Ada', secret)), undefined);
  t.equal(cache.hasForOutage('Ada'), false);
  t.equal(cache.recall(cache.keyOf('bob', secret), version), 'accepted');
  cache.remember(cache.keyOf('Ada', secret), 'accepted', version);
  t.equal(cache.recall(cache.keyOf('Ada', secret), version), 'accepted', 'and is learned again');
  cache.revokeAll();
  for (const account of ['Ada', 'bob']) t.equal(cache.recall(cache.keyOf(account, secret), version), undefined);
});

t.test(
  'a verdict that was asked for before is not cached, and shares nothing with what is asked from now on',
  async (t) => {
    const { cache } = make();
    const [before, other] = [cache.keyOf('ada', secret), cache.keyOf('bob', secret)];
    cache.revoke('ada');
    t.ok(cache.isOutdated(before));
    t.notOk(cache.isOutdated(other));
    cache.remember(before, 'accepted', version);
    cache.remember(other, 'accepted', version);
    const after = cache.keyOf('ada', secret);
    t.equal(cache.recall(after, version), undefined);
    t.equal(cache.recall(other, version), 'accepted');
    t.not(after.sharedId, before.sharedId);
    t.equal(after.sharedId, cache.keyOf('ada', secret).sharedId);
    t.equal(cache.keyOf('bob', secret).sharedId, other.sharedId);
  },
);

t.test('what is revoked behind a reload is revoked for binds that began before it', async (t) => {
  const config = loadConfig({ env: {}, flags: { upstream: { orgId: 'o', reader: { user: 'r', password: 'p' } } } });
  const before = makeMemory(config);
  const [ada, bob] = ['ada', 'bob'].map((account) => before.credentialCache.keyOf(account, secret)) as [Key, Key];
  const { credentialCache: after } = makeMemory(config, before);
  t.not(after, before.credentialCache);
  after.revoke('ada');
  t.ok(before.credentialCache.isOutdated(ada), 'its verdict is from before');
  t.notOk(before.credentialCache.isOutdated(bob));
  after.revokeAll();
  t.ok(before.credentialCache.isOutdated(bob));
});

t.test('a refused password is asked about again immediately, and its pauses go on growing', async (t) => {
  const { cache, pass } = make();
  const key = () => cache.keyOf('ada', secret);
  cache.remember(key(), 'refused', version);
  t.equal(cache.recall(key(), version), 'refused');
  const asked = key();
  cache.renew('ADA');
  t.equal(cache.recall(key(), version), undefined);
  cache.remember(asked, 'refused', version);
  t.equal(cache.recall(key(), version), undefined, 'and a refusal from before it is not cached');
  cache.remember(key(), 'refused', version);
  pass(60_001);
  t.equal(cache.recall(key(), version), 'refused');
});

t.test('revocations are bounded, and what is forgotten of them is never too little', async (t) => {
  const revocations = new Revocations();
  for (let i = 1; i <= 50_000; i++) revocations.revoke(`u${i}`, i);
  for (let i = 1; i <= 50_000; i++) if (revocations.of(`u${i}`) < i) t.fail(`u${i}`);
  t.ok(revocations.of('nobody') < 50_000 - 4096);
  t.equal(new Revocations().of('nobody'), 0);
});
