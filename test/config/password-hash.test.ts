// The hashes of service accounts' passwords.
import fc from 'fast-check';
import t from 'tap';
import { hashPassword, isPasswordHash, verifyHash } from '../../src/config/password-hash.js';

t.test('a hash verifies its own bytes and no others', async (t) => {
  const octets = Buffer.from([0, 0xff, 0xfe, 0x20, 0x0a]);
  const hash = await hashPassword(octets);
  t.ok(isPasswordHash(hash));
  t.ok(await verifyHash(hash, octets));
  for (const other of [Buffer.alloc(0), octets.subarray(1), Buffer.concat([octets, Buffer.of(0)]), Buffer.from('x')])
    t.notOk(await verifyHash(hash, other), other.toString('hex'));
  t.not(await hashPassword(octets), hash, 'salted');
  await t.rejects(hashPassword(Buffer.from('x\0')), /NUL/);
});

t.test('text that is not a hash verifies nothing', async (t) => {
  const hash = await hashPassword(Buffer.from('x'));
  const broken = [
    '',
    'x',
    hash.slice(0, -30),
    hash.replace('scrypt', 'md5'),
    hash.replaceAll('$', ':'),
    `${hash}$`,
    hash.replace(/ln=[0-9]+/, 'ln=63'),
  ];
  for (const text of broken) {
    t.notOk(isPasswordHash(text), text);
    t.notOk(await verifyHash(text, Buffer.from('x')).catch(() => false), text);
  }
  fc.assert(fc.property(fc.string(), (text) => !isPasswordHash(text)));
});
