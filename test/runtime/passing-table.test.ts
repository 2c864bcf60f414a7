// Items that come and go: found as in a Map, and never another one's.
import fc from 'fast-check';
import t from 'tap';
import { type Passing, PassingTable } from '../../src/runtime/passing-table.js';

class Item implements Passing<Item> {
  next: Item | undefined = undefined;

  constructor(readonly id: string | undefined) {}
}

// Ids that share a place, or all their beginning, are those that a table can mix up.
const id = fc.constantFrom('AAAA', 'AAAB', 'AAAC', 'zzzz', 'Qx_-', 'AAAA 1', '', 'A');
const operation = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), id }),
  fc.record({ kind: fc.constant('remove' as const), which: fc.nat(20) }),
  fc.record({ kind: fc.constant('remove a stranger' as const), id }),
);

t.test('a table has what was added last of each id, until it is removed', async (t) => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
      const table = new PassingTable<Item>();
      const model: Item[] = [];
      for (const each of operations) {
        if (each.kind === 'add') {
          const item = new Item(each.id);
          table.add(item);
          model.push(item);
        } else if (each.kind === 'remove') {
          const [item] = model.splice(each.which % Math.max(1, model.length), 1);
          if (item === undefined) continue;
          table.remove(item);
          if (item.next !== undefined) return false;
        } else table.remove(new Item(each.id));
        for (const { id } of model) if (table.get(id!) !== model.findLast((item) => item.id === id)) return false;
        if (table.get('AAAD') !== undefined) return false;
      }
      return true;
    }),
  );
  t.pass();
});

t.test('an item without an id is in no table', async (t) => {
  const table = new PassingTable<Item>();
  const [one, two] = [new Item(undefined), new Item(undefined)];
  table.add(one);
  table.add(two);
  t.equal(two.next, undefined);
  table.remove(one);
});
