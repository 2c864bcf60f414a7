// A client that leaves in any moment of its bind: what the upstream said is kept as if it had stayed (R95, R113, R114).
import t from 'tap';
import { Work } from '../../src/directory/work.js';
import { BindOperation } from '../../src/gate/bind/bind.js';
import type { Verdict } from '../../src/gate/ports.js';
import { anonymousSession } from '../../src/gate/session.js';
import { Budget } from '../../src/server/budget.js';
import { Operations, Running } from '../../src/server/operations.js';
import { userDN } from '../support/proxy.js';
import { makeWorld } from '../support/world.js';

const VERDICTS: readonly Verdict[] = [
  { kind: 'accepted' },
  { kind: 'refused' },
  { kind: 'trouble', code: 52, reason: 'upstream-unreachable', detail: 'away' },
];

/** When the client leaves. */
const MOMENTS = ['never', 'while it is asked', 'when the answer is there', 'when its turn is over'] as const;

/** Ten binds of one account, each of which the client leaves at this moment; how often another address may try then. */
function left(verdict: Verdict, moment: (typeof MOMENTS)[number]) {
  const { context, asked, pass } = makeWorld();
  const { rateLimiter, clock } = context;
  for (let i = 0; i < 10; i++) {
    const operations = new Operations(
      { mayEmit: () => true, entry: () => 0, ended: () => {}, woken: () => {} },
      {
        requests: new Budget(() => 1_000_000, 'octets'),
        rankedOfConnection: () => new Budget(() => 10, 'ranked'),
      },
    );
    const run = () => operations.run(new Work(1000), clock());
    const password = Buffer.from(`password ${i}`);
    const authentication = { method: 'simple', password } as const;
    const bind = new BindOperation(
      { kind: 'bindRequest', version: 3, name: userDN('ada'), authentication },
      anonymousSession('tls', '192.0.2.1'),
      context,
    );
    const before = asked.length;
    operations.add(new Running(1, bind, context, 10, undefined, undefined));
    run();
    if (moment === 'while it is asked') operations.abortAll();
    if (asked.length > before) asked.at(-1)!.answer(verdict);
    if (moment === 'when the answer is there') operations.abortAll();
    run();
    if (moment === 'when its turn is over') operations.abortAll();
    pass(1000);
    run();
  }
  const elsewhere = rateLimiter.ask('ada', '198.51.100.7');
  return { sent: asked.length, elsewhere, there: rateLimiter.ask('ada', '192.0.2.1') };
}

for (const verdict of VERDICTS) {
  t.test(`the upstream says ${verdict.kind}: attempts are counted as if the client had stayed`, async (t) => {
    const stayed = left(verdict, 'never');
    t.equal(stayed.elsewhere, verdict.kind === 'refused' ? 'account' : 'allowed');
    for (const moment of MOMENTS) t.strictSame(left(verdict, moment), stayed, moment);
  });
}
