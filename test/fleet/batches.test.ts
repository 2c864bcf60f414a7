// Batches to a store that does not answer: what somebody waits for is not held up by what nobody waits for.
import t from 'tap';
import { Batches, type BatchItem } from '../../src/fleet/batches.js';
import { type Store, StoreError } from '../../src/fleet/store.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));
const terms = { text: '' };

/** A store that keeps each command until the test gives it up. */
class SilentStore implements Pick<Store, 'run'> {
  readonly asked: { lines: string; ms: number; giveUp: () => void }[] = [];

  run: Store['run'] = (_script, _keys, [, lines], ms) =>
    new Promise((_resolve, reject) => {
      this.asked.push({ lines: String(lines), ms, giveUp: () => reject(new StoreError('slow', 'the test says so')) });
    });
}

function item(name: string, lateAt: number | undefined, failed: string[]): BatchItem {
  return { lateAt, terms, text: () => name, answered: () => {}, failed: () => failed.push(name) };
}

for (const [what, each, turns] of [
  ['outcomes of many moments', 1, 40],
  ['a thousand outcomes', 1000, 1],
  ['outcomes of many moments, and many of them', 30, 40],
] as const)
  t.test(`${what} before it leave room for a decision, which waits for its own time only`, async (t) => {
    const store = new SilentStore();
    let now = 0;
    const batches = new Batches({ store, meta: 'meta', epoch: () => '', clock: () => now, took: () => {} });
    t.teardown(() => batches.close());
    const failed: string[] = [];
    for (let i = 0; i < turns; i++) {
      for (let j = 0; j < each; j++) batches.add(item(`outcome ${i} ${j}`, undefined, failed));
      now += 3;
      // More than the millisecond that they wait for each other.
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    batches.add(item('decision', now + 50, failed));
    const isSent = () => store.asked.find(({ lines }) => lines.includes('decision'));
    for (let i = 0; i < 1000 && isSent() === undefined; i++) await turn();
    t.match(isSent(), { ms: 50 });
    t.ok(store.asked.length <= 16, `${store.asked.length} commands under way`);
    const lines = store.asked.flatMap((each) => each.lines.split('\n').filter((line) => line.startsWith('outcome')));
    // What did not fit has failed immediately, and is reported later; the rest goes in its order.
    await turn();
    t.equal(lines.length + failed.length, each * turns);
    t.same(
      lines,
      [...lines].sort((one, other) => place(one) - place(other)),
    );
    for (const { giveUp } of store.asked) giveUp();
    await turn();
    t.equal(failed.filter((name) => name === 'decision').length, 1);
    t.equal(failed.length, each * turns + 1);
  });

function place(name: string): number {
  const [, turn, number] = name.split(' ').map(Number);
  return turn! * 10_000 + number!;
}
