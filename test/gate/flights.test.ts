// Equal binds in flight share one upstream bind; different ones never share anything.
import t from 'tap';
import { SharedVerifier } from '../../src/gate/flights.js';
import type { Verdict } from '../../src/gate/ports.js';

const octets = (text: string) => Buffer.from(text);

function make() {
  const asked: { dn: string; password: Buffer; answer: (verdict: Verdict) => void; isGivenUp: boolean }[] = [];
  const verifier = new SharedVerifier({
    verify: (dn, password, answer) => {
      const question = { dn, password, answer, isGivenUp: false };
      asked.push(question);
      return () => {
        question.isGivenUp = true;
      };
    },
  });
  const ask = (dn: string, password: string) => {
    const seen: Verdict[] = [];
    const giveUp = verifier.verify(dn, octets(password), (verdict) => void seen.push(verdict));
    return { seen, giveUp };
  };
  return { asked, verifier, ask };
}

const ACCEPTED: Verdict = { kind: 'accepted' };

t.test('the second of two equal binds waits for the first one’s answer', async (t) => {
  const { asked, verifier, ask } = make();
  const [first, second] = [ask('uid=a', 'right'), ask('uid=a', 'right')];
  t.equal(asked.length, 1);
  t.ok(verifier.isRunning('uid=a', octets('right')));
  asked[0]?.answer(ACCEPTED);
  t.same([first.seen, second.seen], [[ACCEPTED], [ACCEPTED]]);
  t.notOk(verifier.isRunning('uid=a', octets('right')));
  ask('uid=a', 'right');
  t.equal(asked.length, 2, 'an answer is not kept');
});

t.test('another name, another password, or the same octets cut elsewhere are asked apart (R90)', async (t) => {
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
  'who leaves is not answered; the last to leave gives the bind up; the copy of the password is wiped',
  async (t) => {
    const { asked, ask } = make();
    const [first, second] = [ask('uid=a', 'right'), ask('uid=a', 'right')];
    t.same(asked[0]?.password, octets('right'));
    first.giveUp();
    t.notOk(asked[0]?.isGivenUp);
    asked[0]?.answer(ACCEPTED);
    t.same([first.seen, second.seen], [[], [ACCEPTED]]);
    t.same(asked[0]?.password, Buffer.alloc(5));
    const alone = ask('uid=a', 'other');
    alone.giveUp();
    t.ok(asked[1]?.isGivenUp);
    t.same(asked[1]?.password, Buffer.alloc(5));
    ask('uid=a', 'other');
    t.equal(asked.length, 3, 'and the next one is asked anew');
  },
);
