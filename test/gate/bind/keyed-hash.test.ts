// The keyed hash is HMAC as everybody computes it, of a name and a password that stay apart.
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { KeyedHash } from '../../../src/gate/bind/keyed-hash.js';

const octets = (constraints: fc.IntArrayConstraints) => fc.uint8Array(constraints).map((array) => Buffer.from(array));

t.test('it is HMAC-SHA-256 of length, name and password, for any of them (R89)', async (t) => {
  const key = octets({ maxLength: 64 });
  const name = fc.string({ unit: 'binary', maxLength: 300 });
  fc.assert(
    fc.property(key, fc.array(fc.tuple(name, octets({ maxLength: 700 })), { maxLength: 4 }), (key, pairs) => {
      const hash = new KeyedHash(key);
      // One after another: what one leaves behind must not get into the next.
      for (const [name, password] of pairs) {
        const text = Buffer.from(name, 'utf8');
        const length = Buffer.alloc(4);
        length.writeUInt32BE(text.length);
        const expected = createHmac('sha256', key).update(length).update(text).update(password).digest('base64');
        if (hash.of(name, password) !== expected) return false;
      }
      return true;
    }),
  );
  t.pass('it was');
});

t.test('each has a key of its own, and leaves the password as it is', async (t) => {
  const password = Buffer.from('right');
  t.not(new KeyedHash().of('alice', password), new KeyedHash().of('alice', password));
  t.same(password, Buffer.from('right'));
});

t.test('nothing of the password stays in its buffers', async (t) => {
  const hash = new KeyedHash();
  hash.of('alice', Buffer.from('secret-in-memory'));
  const buffers = Object.values(hash as unknown as Record<string, unknown>).filter((value) => Buffer.isBuffer(value));
  t.equal(buffers.length, 3);
  for (const buffer of buffers) t.notOk(buffer.includes('secret-in-memory'));
});
