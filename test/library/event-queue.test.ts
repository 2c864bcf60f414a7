// The queue behind `events()`: in order, bounded, and honest about what it has dropped.
import t from 'tap';
import { EventQueue } from '../../src/library/event-queue.js';

const all = async (queue: EventQueue<number>) => {
  const items: unknown[] = [];
  for await (const item of queue) items.push(item);
  return items;
};

t.test('items come in order, before and after a reader is there, and the end comes behind them', async (t) => {
  let closed = 0;
  const queue = new EventQueue<number>(10, () => closed++);
  queue.push(1);
  const read = all(queue);
  queue.push(2);
  await new Promise(setImmediate);
  queue.push(3);
  queue.end();
  queue.end();
  queue.push(4);
  t.same(await read, [1, 2, 3]);
  t.equal(closed, 1);
  t.same(await queue.next(), { value: undefined, done: true });
});

t.test('a slow reader loses the oldest, and learns how many, each time', async (t) => {
  const queue = new EventQueue<number>(3, () => {});
  for (let i = 1; i <= 5; i++) queue.push(i);
  t.same((await queue.next()).value, { kind: 'missed', count: 2 });
  t.same((await queue.next()).value, 3);
  queue.push(6);
  queue.push(7);
  queue.end();
  t.same(await all(queue), [{ kind: 'missed', count: 1 }, 5, 6, 7]);
});

t.test('several readers at the same time each get one', async (t) => {
  const queue = new EventQueue<number>(1, () => {});
  const reads = [queue.next(), queue.next(), queue.next()];
  queue.push(1);
  queue.push(2);
  queue.end();
  t.same(await Promise.all(reads), [
    { value: 1, done: false },
    { value: 2, done: false },
    { value: undefined, done: true },
  ]);
});

t.test('a loop that is left drops what waits and takes nothing more', async (t) => {
  let closed = 0;
  const queue = new EventQueue<number>(2, () => closed++);
  for (let i = 1; i <= 5; i++) queue.push(i);
  for await (const item of queue) {
    t.same(item, { kind: 'missed', count: 3 });
    break;
  }
  t.equal(closed, 1);
  queue.push(6);
  t.same(await queue.next(), { value: undefined, done: true });
});

t.test('a buffer that holds nothing is refused', async (t) => {
  for (const size of [0, -1, 1.5, Number.NaN]) t.throws(() => new EventQueue(size, () => {}), RangeError, `${size}`);
});
