// The bytes of a bind that is sent: they stay as long as somebody reads them or may send them again, and are wiped then.
import t from 'tap';
import { answering, silent } from '../support/fake-upstream.js';
import { DN, PASSWORD, poolFor, started, TestJob } from '../support/pool.js';
import { eventually } from '../support/proxy.js';

const isWiped = ({ request }: TestJob) => request.every((octet) => octet === 0);
const TROUBLE = { kind: 'trouble', code: 52, reason: 'upstream-error', detail: '' } as const;

const job = (done: () => void = () => {}) => new TestJob(DN, PASSWORD, done);

t.test('a bind gets one verdict, and its bytes are wiped before', async (t) => {
  const told: boolean[] = [];
  const one: TestJob = job(() => told.push(isWiped(one)));
  t.notOk(isWiped(one));
  one.finish(TROUBLE);
  one.finish({ kind: 'accepted' });
  t.same(told, [true]);
});

t.test('what is being written is not touched before the write has ended, even if the answer is there', async (t) => {
  const one = job();
  one.writes = 2;
  one.finish({ kind: 'accepted' });
  one.wasWritten();
  t.notOk(isWiped(one), 'one write reads it still');
  one.wasWritten();
  t.ok(isWiped(one));
});

t.test('what was written and not answered stays: it may be sent again', async (t) => {
  const one = job();
  one.writes = 1;
  one.wasWritten();
  t.notOk(isWiped(one));
});

for (const cleartext of [true, false]) {
  const over = cleartext ? 'in cleartext' : 'over TLS';
  const pooled = async (t: Parameters<typeof started>[0], script: Parameters<typeof started>[1], size = 1) => {
    const upstream = await started(t, script, { cleartext });
    return { upstream, pool: poolFor(t, [upstream], { size, operationTime: 300, allowCleartext: cleartext }) };
  };

  for (const code of [0, 49, 53])
    t.test(`wiped once it is answered, ${over}: ${code}`, async (t) => {
      const { pool } = await pooled(t, answering(code));
      const jobs = [job(), job(), job()];
      for (const one of jobs) pool.verify(one);
      await eventually(() => jobs.every(isWiped));
    });

  t.test(`wiped if no answer comes, or nobody waits for a connection any more, ${over}`, async (t) => {
    const { pool, upstream } = await pooled(t, silent);
    const [unanswered, waiting] = [job(), job()];
    pool.verify(unanswered);
    await eventually(() => upstream.binds.length === 1);
    pool.verify(waiting);
    pool.withdraw(waiting);
    t.ok(isWiped(waiting));
    t.notOk(isWiped(unanswered));
    await eventually(() => isWiped(unanswered));
  });

  t.test(`wiped if the connection is lost under it, ${over}`, async (t) => {
    const { pool, upstream } = await pooled(t, (_message, socket) => void socket.destroy());
    const lost = job();
    pool.verify(lost);
    await eventually(() => isWiped(lost));
    t.ok(upstream.binds.length > 0, 'it was sent');
  });
}
