// An indexed set is a set: whatever comes and goes, it holds what a Set holds, and may lose the one at hand while it is gone through.
import fc from 'fast-check';
import t from 'tap';
import { IndexedSet } from '../../src/runtime/indexed-set.js';

t.test('comings and goings as in a Set', async (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(12)), { maxLength: 200 }), (moves) => {
      const everybody = Array.from({ length: 13 }, (_, number) => ({ number, place: -1 }));
      const members = new IndexedSet<(typeof everybody)[number]>();
      const set = new Set<number>();
      for (const [comes, number] of moves) {
        const one = everybody[number]!;
        if (!comes) members.delete(one);
        else if (!set.has(number)) members.add(one);
        if (comes) set.add(number);
        else set.delete(number);
        const found: number[] = [];
        members.each((item) => found.push(item.number));
        if (members.size !== set.size || found.sort().join() !== [...set].sort().join()) return false;
      }
      return true;
    }),
  );
  t.pass();
});

t.test('each is met once, even if it is removed as it is met', async (t) => {
  const items = Array.from({ length: 5 }, (_, number) => ({ number, place: -1 }));
  const members = new IndexedSet<(typeof items)[number]>();
  for (const item of items) members.add(item);
  const met: number[] = [];
  members.each((item) => {
    met.push(item.number);
    if (item.number % 2 === 0) members.delete(item);
  });
  t.same(met, [4, 3, 2, 1, 0]);
  t.equal(members.size, 2);
});
