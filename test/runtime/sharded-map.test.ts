// A wide map is a Map, before and after it has become wide.
import fc from 'fast-check';
import t from 'tap';
import { ShardedMap } from '../../src/runtime/sharded-map.js';

t.test('it holds what a Map would hold', async (t) => {
  const key = fc.oneof(fc.string({ maxLength: 60 }), fc.nat({ max: 30 }).map(String));
  fc.assert(
    fc.property(fc.nat({ max: 6000 }), fc.array(fc.tuple(key, fc.nat()), { maxLength: 50 }), (first, pairs) => {
      const [wide, plain] = [new ShardedMap<number>(), new Map<string, number>()];
      const put = (key: string, value: number) => {
        wide.set(key, value);
        plain.set(key, value);
      };
      for (let i = 0; i < first; i++) put(`uid=user${i},ou=Users,dc=example,dc=com`, i);
      for (const [key, value] of pairs) put(key, value);
      for (const [key, value] of pairs.slice(0, 10)) put(key, value + 1);
      const isSame = [...plain].every(([key, value]) => wide.get(key) === value && wide.has(key));
      return isSame && wide.size === plain.size && !wide.has('never put') && wide.get('never put') === undefined;
    }),
    { numRuns: 60 },
  );
  t.pass('it did');
});
