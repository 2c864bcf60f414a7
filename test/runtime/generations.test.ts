// Two generations: what is used stays, what is not goes, and there are never more than twice as many as one holds.
import fc from 'fast-check';
import t from 'tap';
import { Generations } from '../../src/runtime/generations.js';

type Call = readonly ['find' | 'recall' | 'set' | 'clear', string];

/** The plain way: what each call finds, by two lists. */
class Plain {
  young: [string, number][] = [];
  old: [string, number][] = [];

  constructor(private readonly most: number) {}

  find(key: string): number | undefined {
    const hit = [...this.young, ...this.old].find(([known]) => known === key);
    return hit?.[1];
  }

  use(key: string, value: number | undefined): void {
    if (value === undefined) return;
    if (this.young.length >= this.most) {
      this.old = this.young;
      this.young = [];
    }
    this.young = [...this.young.filter(([known]) => known !== key), [key, value]];
  }
}

t.test('each call finds what the plain way finds, and no more is kept than twice the most', async (t) => {
  const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g');
  const call: fc.Arbitrary<Call> = fc.tuple(fc.constantFrom('find', 'recall', 'set', 'clear'), key);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.array(call, { maxLength: 60 }), (most, calls) => {
      const generations = new Generations<number>(most);
      const plain = new Plain(most);
      return calls.every(([what, key], i) => {
        const expected = plain.find(key);
        const isYoung = plain.young.some(([known]) => known === key);
        if (what === 'clear') {
          plain.young = [];
          plain.old = [];
          generations.clear();
        } else if (what === 'set') {
          plain.use(key, i);
          generations.set(key, i);
        } else if (what === 'recall') {
          if (generations.recall(key) !== expected) return false;
          if (!isYoung) plain.use(key, expected);
        } else if (generations.find(key) !== expected) return false;
        return generations.size <= 2 * most;
      });
    }),
  );
  t.pass('it did');
});

t.test('the turn tells whether what was put into the young generation is there still', async (t) => {
  const generations = new Generations<string>(2);
  const fresh = () => 'made';
  t.equal(generations.make('a', fresh), 'made');
  const { turn } = generations;
  generations.set('a', 'another');
  t.equal(generations.make('a', fresh), 'another', 'what is there is not made again');
  generations.set('b', 'b');
  t.equal(generations.turn, turn);
  generations.set('c', 'c');
  t.not(generations.turn, turn);
  t.equal(generations.find('a'), 'another', 'the older one is looked at as well');
  generations.clear();
  t.equal(generations.size, 0);
});

t.test('a generation ends with its time: what was not used for two of them is gone', async (t) => {
  let now = 0;
  const generations = new Generations<string>(100, { length: 10, clock: () => now });
  generations.set('used', 'used');
  generations.set('left', 'left');
  for (let i = 0; i < 3; i++) {
    now += 10;
    t.equal(
      generations.make('used', () => 'made'),
      'used',
    );
  }
  t.equal(generations.find('left'), undefined);
});
