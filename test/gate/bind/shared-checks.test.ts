// Passwords that wait for a decision of all instances: equal ones share it, a client that leaves gives it back, and nobody waits in vain.
import t from 'tap';
import { BindOperation } from '../../../src/gate/bind/bind.js';
import { SharedChecks } from '../../../src/gate/bind/shared-checks.js';
import type { SharedDecision } from '../../../src/gate/ports.js';
import { anonymousSession } from '../../../src/gate/session.js';
import { simpleBind } from '../../support/client.js';
import { userDN } from '../../support/proxy.js';
import { makeWorld } from '../../support/world.js';

/** The others, who decide when the test says so. */
function others() {
  const asked: ((decision: SharedDecision) => void)[] = [];
  const settled: string[] = [];
  const permit = { settled: (outcome: string) => void settled.push(outcome) };
  const checks = new SharedChecks({
    decide: (_question, decided) => {
      asked.push(decided);
      return undefined;
    },
  });
  return { asked, settled, permit, checks };
}

function begin(context: ReturnType<typeof makeWorld>['context'], password: string) {
  const bind = new BindOperation(simpleBind(userDN('ada'), password), anonymousSession('clear', '10.0.0.1'), context);
  let woken = 0;
  bind.wake = () => {
    woken++;
  };
  t.equal(bind.advance(), 'waiting');
  return { bind, woken: () => woken };
}

t.test('equal passwords wait for one decision, and then for one answer', async (t) => {
  const { asked, settled, permit, checks } = others();
  const { context, asked: upstream } = makeWorld({ shared: checks });
  const [one, two] = [begin(context, 'right'), begin(context, 'right')];
  begin(context, 'other');
  t.equal(asked.length, 2);
  asked[0]!({ kind: 'allowed', permit });
  t.equal(two.woken(), 0, 'not before the first one is under way');
  one.bind.advance();
  t.equal(two.woken(), 1);
  two.bind.advance();
  t.equal(
    upstream.filter(({ password }) => password === 'right').length,
    2,
    'this upstream does not share: both are handed to it',
  );
  upstream[0]!.answer({ kind: 'accepted' });
  t.match(one.bind.advance(), { response: { result: { code: 0 } } });
  t.same(settled, ['right']);
});

t.test('a client that leaves before the decision gives it back, and the next one asks for itself', async (t) => {
  const { asked, settled, permit, checks } = others();
  const { context, asked: upstream } = makeWorld({ shared: checks });
  const [one, two] = [begin(context, 'right'), begin(context, 'right')];
  t.equal(one.bind.abort(), 'over');
  t.equal(two.woken(), 1);
  t.equal(two.bind.advance(), 'waiting');
  t.equal(asked.length, 2);
  asked[0]!({ kind: 'allowed', permit });
  t.same(settled, ['undecided']);
  asked[1]!({ kind: 'allowed', permit });
  t.equal(two.bind.abort(), 'over', 'decided, and not advanced yet');
  t.same(settled, ['undecided', 'undecided']);
  t.equal(upstream.length, 0);
});

t.test('what the others say ends the bind as it would end alone, without a question upstream', async (t) => {
  const cases: [SharedDecision, number, string][] = [
    [{ kind: 'refused' }, 49, 'wrong-password'],
    [{ kind: 'account' }, 49, 'too-many-attempts'],
    [{ kind: 'address' }, 49, 'too-many-attempts'],
    [{ kind: 'accepted' }, 0, 'ok'],
  ];
  for (const [decision, code, reason] of cases) {
    const { asked, checks } = others();
    const { context, asked: upstream, pass } = makeWorld({ shared: checks });
    const { bind } = begin(context, 'p');
    asked[0]!(decision);
    let step = bind.advance();
    for (let i = 0; i < 5 && step === 'waiting'; i++) {
      pass(10_000);
      step = bind.advance();
    }
    t.match(step, { response: { result: { code } }, trace: { reason } }, decision.kind);
    t.equal(upstream.length, 0, decision.kind);
  }
});

t.test('what all have let through is not held back by what this one has counted', async (t) => {
  const { asked, permit, checks } = others();
  const { context, asked: upstream } = makeWorld({ shared: checks });
  for (let i = 0; i < 3; i++) context.rateLimiter.failed('ada', '10.0.0.1');
  t.equal(context.rateLimiter.ask('ada', '10.0.0.1'), 'account');
  const { bind } = begin(context, 'right');
  asked[0]!({ kind: 'allowed', permit });
  bind.advance();
  t.equal(upstream.length, 1);
});

// A check that only the last of `isUsedUp` and `take` lets through would be sent upstream without having been counted by all.
t.test(
  'where this one has seen too many from an address, nothing reaches the upstream that all have not let through (R97)',
  async (t) => {
    for (const age of [0, 60_000, 29 * 60_000, 31 * 60_000]) {
      const { asked, checks } = others();
      const { context, asked: upstream, pass } = makeWorld({ shared: checks });
      const { rateLimiter } = context;
      rateLimiter.loggedIn('ada', '10.0.0.1');
      rateLimiter.failed('ada', '10.0.0.1');
      pass(age);
      for (let i = 0; rateLimiter.ask('grace', '10.0.0.1') !== 'address'; i++)
        rateLimiter.failed(`someone${i}`, '10.0.0.1');
      const isRefused = rateLimiter.isUsedUp('ada', '10.0.0.1');
      t.equal(isRefused, age < 30 * 60_000);
      t.equal(isRefused, rateLimiter.ask('ada', '10.0.0.1') === 'address');
      const session = anonymousSession('clear', '10.0.0.1');
      new BindOperation(simpleBind(userDN('ada'), 'p'), session, context).advance();
      t.equal(asked.length, isRefused ? 0 : 1);
      t.equal(upstream.length, 0);
    }
  },
);
