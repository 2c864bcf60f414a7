// The seal: opens only what was sealed with the same key, for the same purpose, with the same surroundings, and not changed since.
import fc from 'fast-check';
import t from 'tap';
import { Seal } from '../../src/fleet/seal.js';

const KEY = Buffer.alloc(32, 7);
const bound = fc.array(fc.oneof(fc.string(), fc.nat()), { maxLength: 4 });
const octets = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));

t.test('what was sealed opens with the same surroundings, and only with them', async (t) => {
  fc.assert(
    fc.property(octets, bound, bound, (plain, one, other) => {
      const sealed = new Seal(KEY, 'a').seal(plain, one);
      t.ok(new Seal(KEY, 'a').open(sealed, one)?.equals(plain));
      if (JSON.stringify(one) !== JSON.stringify(other)) t.equal(new Seal(KEY, 'a').open(sealed, other), undefined);
      t.equal(new Seal(KEY, 'b').open(sealed, one), undefined, 'another purpose');
      t.equal(new Seal(Buffer.alloc(32, 8), 'a').open(sealed, one), undefined, 'another key');
    }),
  );
});

t.test('every flipped bit is noticed', async (t) => {
  const seal = new Seal(KEY, 'a');
  const sealed = seal.seal(Buffer.from('what is read'), ['x', 1]);
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const changed = Buffer.from(sealed);
    changed[bit >> 3]! ^= 1 << (bit & 7);
    t.equal(seal.open(changed, ['x', 1]), undefined);
  }
  for (let length = 0; length < sealed.length; length++)
    t.equal(seal.open(sealed.subarray(0, length), ['x', 1]), undefined);
});

t.test('equal bytes are sealed differently each time, and cannot be seen', async (t) => {
  const seal = new Seal(KEY, 'a');
  const plain = Buffer.from('quillon.varrek');
  const [one, other] = [seal.seal(plain, []), seal.seal(plain, [])];
  t.notOk(one.equals(other));
  t.notOk(one.includes(plain));
});
