// Equal binds in flight share one upstream bind; different ones never share anything.
import t from 'tap';
import { CredentialCache } from '../../src/gate/bind/credential-cache.js';
import type { Verdict } from '../../src/gate/ports.js';
import { BindCoalescing } from '../../src/upstream/bind-coalescing.js';
import type { BindJob } from '../../src/upstream/bind-job.js';
import { encodeBindRequest } from '../../src/wire/bind-request.js';

const octets = (text: string) => Buffer.from(text);

const credentialCache = new CredentialCache({ ttl: 0, refusedTtl: 0, staleIfError: 0, entries: 1, clock: () => 0 });
const idOf = (account: string, password: string) => credentialCache.keyOf(account, octets(password)).id;

function make() {
  const defects: unknown[] = [];
  const asked: { job: BindJob; request: Buffer; isGivenUp: boolean }[] = [];
  const verifier = new BindCoalescing(
    {
      isAway: () => false,
      verify: (job) => void asked.push({ job, request: Buffer.from(job.request), isGivenUp: false }),
      withdraw: (job) => {
        for (const question of asked) if (question.job === job) question.isGivenUp = true;
      },
    },
    (error) => defects.push(error),
  );
  const ask = (dn: string, password: string) => {
    const seen: Verdict[] = [];
    const told = (verdict: Verdict) => void seen.push(verdict);
    const wait = verifier.verify(idOf(dn, password), dn, octets(password), { onVerdict: told }, 'here');
    return { seen, giveUp: () => wait.leave() };
  };
  return { asked, verifier, ask, defects };
}

const ACCEPTED: Verdict = { kind: 'accepted' };

t.test('the second of two equal binds waits for the first one’s answer', async (t) => {
  const { asked, verifier, ask } = make();
  const [first, second] = [ask('uid=a', 'right'), ask('uid=a', 'right')];
  t.equal(asked.length, 1);
  t.equal(verifier.runningFrom(idOf('uid=a', 'right')), 'here');
  asked[0]?.job.finish(ACCEPTED);
  t.same([first.seen, second.seen], [[ACCEPTED], [ACCEPTED]]);
  t.equal(verifier.runningFrom(idOf('uid=a', 'right')), undefined);
  ask('uid=a', 'right');
  t.equal(asked.length, 2, 'an answer is not kept');
});

t.test('another name, another password, or the same bytes cut elsewhere are asked apart (R90)', async (t) => {
  const { asked, ask } = make();
  for (const [dn, password] of [
    ['uid=a', 'right'],
    ['uid=a', 'wrong'],
    ['uid=b', 'right'],
    ['uid=ar', 'ight'],
    ['uid=a', 'right\0'],
    ['uid=A', 'right'],
  ] as const)
    ask(dn, password);
  t.equal(asked.length, 6);
});

t.test(
  'a joiner that leaves is not answered; when the last one leaves the bind may be given up; the copy of the password is wiped',
  async (t) => {
    const { asked, ask } = make();
    const [first, second, third] = [ask('uid=a', 'right'), ask('uid=a', 'right'), ask('uid=a', 'right')];
    t.same(asked[0]?.request, encodeBindRequest('uid=a', octets('right'), false));
    second.giveUp();
    second.giveUp();
    first.giveUp();
    t.notOk(asked[0]?.isGivenUp, 'somebody waits still');
    asked[0]?.job.finish(ACCEPTED);
    t.same([first.seen, second.seen, third.seen], [[ACCEPTED], [], [ACCEPTED]], 'the first one keeps the account');
    t.ok(
      asked[0]?.job.request.every((octet) => octet === 0),
      'the bytes that would have been sent are wiped',
    );
    ask('uid=a', 'other').giveUp();
    t.ok(asked[1]?.isGivenUp);
  },
);

t.test('a bind that was sent goes on when its client leaves, and the next equal one waits for it', async (t) => {
  const { asked, ask } = make();
  ask('uid=a', 'right').giveUp();
  const again = ask('uid=a', 'right');
  t.equal(asked.length, 1, 'a telephone rings once');
  asked[0]?.job.finish(ACCEPTED);
  t.same(again.seen, [ACCEPTED]);
});

t.test('thousands at a time, in any order, are each told their own verdict', async (t) => {
  const { asked, verifier, ask } = make();
  const flights = Array.from({ length: 3000 }, (_, i) => ask(`uid=${i}`, 'right'));
  t.equal(asked.length, 3000);
  t.ok(flights.every((_, i) => verifier.runningFrom(idOf(`uid=${i}`, 'right')) !== undefined));
  for (let i = 0; i < 3000; i += 2) asked[i]?.job.finish(ACCEPTED);
  t.ok(flights.every(({ seen }, i) => seen.length === (i % 2 === 0 ? 1 : 0)));
  t.ok(flights.every((_, i) => (verifier.runningFrom(idOf(`uid=${i}`, 'right')) !== undefined) === (i % 2 === 1)));
  for (let i = 2999; i > 0; i -= 2) asked[i]?.job.finish({ kind: 'refused' });
  t.ok(flights.every(({ seen }, i) => seen[0]?.kind === (i % 2 === 0 ? 'accepted' : 'refused')));
});

t.test('one that throws when it gets the verdict keeps nobody else from getting it', async (t) => {
  const { asked, verifier, ask, defects } = make();
  const id = idOf('uid=a', 'right');
  const throwing = () => ({
    onVerdict: () => {
      throw new Error('planted');
    },
  });
  verifier.verify(id, 'uid=a', octets('right'), throwing());
  const second = ask('uid=a', 'right');
  verifier.verify(id, 'uid=a', octets('right'), throwing());
  const last = ask('uid=a', 'right');
  asked[0]?.job.finish(ACCEPTED);
  t.same([second.seen, last.seen], [[ACCEPTED], [ACCEPTED]]);
  t.equal(defects.length, 2);
});
