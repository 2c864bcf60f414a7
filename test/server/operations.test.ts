// The operations of one connection alone: order, turns, bounds, and what becomes of them when the client leaves.
import t from 'tap';
import { Work } from '../../src/directory/work.js';
import type { Ended, Operation, Progress } from '../../src/gate/operation.js';
import { Trace } from '../../src/gate/trace.js';
import type { SearchResultEntry } from '../../src/ldap/message.js';
import { Budget } from '../../src/server/budget.js';
import { Operations, type Owner, Running } from '../../src/server/operations.js';
import { makeWorld } from '../support/world.js';

const { context } = makeWorld();
const clock = () => 0;
const ENTRY: SearchResultEntry = { kind: 'searchResultEntry', objectName: '', attributes: [] };
const END: Ended = { response: { kind: 'searchResultDone', result: { code: 0, matchedDN: '', text: '' } } };

/** Says what it is given to say; every step costs some units. */
class Scripted implements Operation {
  readonly trace = new Trace('search', clock);
  wake: () => void = () => {};
  isAborted = false;
  advanced = 0;

  constructor(
    private readonly says: Progress[],
    readonly isBind = false,
    private readonly onAbort: 'over' | 'waiting' = 'over',
    private readonly cost = 10,
  ) {}

  advance(work: Work): Progress {
    this.advanced++;
    work.left -= this.cost;
    const next = this.says.shift();
    if (next === undefined) throw new Error('advanced after its end');
    return next;
  }

  abort(): 'over' | 'waiting' {
    this.isAborted = true;
    return this.onAbort;
  }
}

function make({ most = 1000, mayEmit = (): boolean => true } = {}) {
  const said: string[] = [];
  let woken = 0;
  const owner: Owner = {
    mayEmit,
    entry: ({ messageID }) => {
      said.push(`${messageID}`);
      return 100;
    },
    ended: ({ messageID }) => void said.push(`${messageID}!`),
    woken: () => {
      woken++;
    },
  };
  const budget = new Budget(() => most, 'a limit');
  const rankedOfConnection = () => new Budget(() => 10, 'ranked');
  const operations = new Operations(owner, { requests: budget, rankedOfConnection });
  const add = (messageID: number, operation: Operation, octets = 10) =>
    operations.add(new Running(messageID, operation, context, octets, undefined, undefined));
  const run = (units = 1000) => operations.run(new Work(units), 0);
  return { operations, said, add, run, budget, woken: () => woken };
}

t.test('searches take turns, each for its share', async (t) => {
  const { said, add, run } = make();
  for (const id of [1, 2, 3]) add(id, new Scripted([ENTRY, 'again', ENTRY, 'again', END]));
  run();
  t.same(said, ['1', '2', '3', '1', '2', '3', '1!', '2!', '3!']);
});

t.test('a turn ends when the work is used up, also for operations that say they cost nothing', async (t) => {
  const { said, add, run, operations } = make();
  for (const id of [1, 2])
    add(id, new Scripted(Array.from<Progress>({ length: 100_000 }).fill('again'), false, 'over', 0));
  run(500);
  t.same(said, []);
  t.ok(operations.canGoOn);
});

t.test('a bind waits for what is before it, and nothing may be taken behind it (R10)', async (t) => {
  const { said, add, run, operations } = make();
  const bind = new Scripted(['waiting', END], true);
  add(1, new Scripted([ENTRY, 'again', END]));
  add(2, bind);
  t.ok(operations.isBarred);
  run(15);
  t.equal(bind.advanced, 0);
  run();
  t.same(said, ['1', '1!']);
  t.equal(bind.advanced, 1);
  t.notOk(operations.canGoOn, 'it waits');
  run();
  t.equal(bind.advanced, 1, 'and is not asked again before it is woken');
  bind.wake();
  t.equal(bind.advanced, 1, 'to be woken is not to be advanced');
  t.ok(operations.canGoOn);
  run();
  t.same(said, ['1', '1!', '2!']);
  t.notOk(operations.isBarred);
  t.equal(operations.size, 0);
});

t.test('an abandoned search says nothing more; a bind cannot be abandoned (R41)', async (t) => {
  const { said, add, run, operations, budget } = make();
  const [search, bind] = [new Scripted([ENTRY, END]), new Scripted([END], true)];
  add(1, search);
  add(2, bind);
  t.equal(operations.abandon(2), undefined);
  t.equal(operations.abandon(3), undefined);
  t.equal(operations.abandon(1)?.operation, search);
  t.ok(search.isAborted);
  run();
  t.same(said, ['2!']);
  t.equal(budget.inUse, 0);
});

t.test('nothing is said while the client takes no more', async (t) => {
  let left = 2;
  const { said, add, run } = make({ mayEmit: () => left-- > 0 });
  add(1, new Scripted([ENTRY, ENTRY, ENTRY, END]));
  run();
  t.ok(said.length < 3);
});

t.test('bytes of searches are counted with their address, and given back however they end', async (t) => {
  const { add, run, operations, budget } = make({ most: 100 });
  t.equal(add(1, new Scripted([END]), 60), undefined);
  t.equal(add(2, new Scripted([END]), 60), 'a limit');
  t.equal(operations.size, 1);
  t.equal(add(3, new Scripted([END]), 40), undefined);
  t.equal(add(4, new Scripted([END], true), 500), 'a limit', 'a bind as well');
  t.equal(budget.inUse, 100);
  t.equal(operations.octets, 100);
  operations.abandon(3);
  t.equal(budget.inUse, 60);
  run();
  t.equal(budget.inUse, 0);
  t.equal(operations.octets, 0);
  add(5, new Scripted([ENTRY]), 70);
  operations.abortAll();
  t.equal(budget.inUse, 0);
});

t.test(
  'when the client leaves, what still has something to learn is advanced once more, and what it says is dropped',
  async (t) => {
    const { said, add, run, operations, woken } = make();
    const bind = new Scripted(['waiting', END], true, 'waiting');
    add(1, bind);
    run();
    operations.abortAll();
    t.equal(operations.size, 0);
    run();
    t.equal(bind.advanced, 1, 'not before it is woken');
    bind.wake();
    t.equal(woken(), 1);
    t.ok(operations.canGoOn);
    run();
    t.equal(bind.advanced, 2);
    t.same(said, []);
    t.notOk(operations.canGoOn);
  },
);

t.test('a wake that comes when its operation has ended harms nobody (R10)', async (t) => {
  const { said, add, run, operations } = make();
  const [first, second] = [new Scripted(['waiting', END], true), new Scripted(['waiting', 'waiting', END], true)];
  add(1, first);
  run();
  first.wake();
  run();
  add(2, second);
  run();
  first.wake();
  run();
  t.same(said, ['1!'], 'the bind behind it has not ended by that');
  second.wake();
  run();
  t.same(said, ['1!', '2!']);
  first.wake();
  second.wake();
  t.notOk(operations.canGoOn);
});

t.test('what waits beside a bind that was left is woken for itself', async (t) => {
  const { add, run, operations } = make();
  const [left, next] = [
    new Scripted(['waiting', END], true, 'waiting'),
    new Scripted(['waiting', END], true, 'waiting'),
  ];
  add(1, left);
  run();
  operations.abortAll();
  add(2, next);
  run();
  next.wake();
  run();
  t.equal(left.advanced, 1);
  t.equal(next.advanced, 2);
  left.wake();
  run();
  t.equal(left.advanced, 2);
});

t.test('what had already arrived when the client left is still learned', async (t) => {
  const { said, add, run, operations, woken } = make();
  const bind = new Scripted(['waiting', END], true, 'waiting');
  add(1, bind);
  run();
  bind.wake();
  const before = woken();
  operations.abortAll();
  t.ok(operations.canGoOn && woken() > before, 'its turn comes');
  run();
  t.equal(bind.advanced, 2);
  t.same(said, [], 'and nobody gets an answer');
  t.notOk(operations.canGoOn);
});

t.test('what an operation throws comes out of run, and it is known which one it was', async (t) => {
  const { add, run, operations } = make();
  const bad = new Scripted([]);
  add(1, bad);
  t.throws(() => run(), /advanced after its end/);
  t.equal(operations.current?.operation, bad);
});
