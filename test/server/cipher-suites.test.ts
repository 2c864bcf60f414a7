// Lists of cipher suites as somebody may configure them: what OpenSSL would ignore is an error, what is weak is reported.
import t from 'tap';
import { cipherListFault, cipherListWeakness, cipherSuites } from '../../src/server/cipher-suites.js';

t.test('a list that can be used, and what it lacks', async (t) => {
  const both = 'admits suites without forward secrecy and without authenticated encryption (AEAD)';
  for (const [list, weakness] of [
    ['ECDHE-RSA-AES128-GCM-SHA256', undefined],
    ['DHE-RSA-AES256-GCM-SHA384:ECDHE+AESGCM', undefined],
    ['ECDHE+CHACHA20', undefined],
    ['ECDHE-RSA-AES128-SHA', 'admits suites without authenticated encryption (AEAD)'],
    ['DHE+AES', 'admits suites without authenticated encryption (AEAD)'],
    ['AES128-GCM-SHA256', 'admits suites without forward secrecy'],
    ['AES128-SHA', both],
    ['HIGH:!RC4:!MD5', both],
    ['HIGH:!kRSA:!RC4', 'admits suites without authenticated encryption (AEAD)'],
    ['ALL', both],
  ] as const) {
    t.equal(cipherListFault(list), undefined, list);
    t.equal(cipherListWeakness(list), weakness, list);
  }
});

t.test('a list that cannot be used is an error that names the word', async (t) => {
  for (const [list, message] of [
    ['NONSENSE', /does not know the cipher suite NONSENSE/],
    [
      'ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GMC-SHA256',
      /does not know the cipher suite ECDHE-RSA-AES128-GMC-SHA256/,
    ],
    ['', /is not a cipher suite name/],
    ['HIGH::AES128-SHA', /is not a cipher suite name/],
    ['HIGH:@SECLEVEL=0', /"@SECLEVEL=0" is not a cipher suite name/],
    ['HIGH, AES128-SHA', /is not a cipher suite name/],
    ['TLS_AES_128_GCM_SHA256', /TLS 1\.3/],
    ['!ALL', /no cipher suite is left/],
    ['HIGH:!ALL', /no cipher suite is left/],
  ] as const)
    t.match(cipherListFault(list)?.message, message, list);
});

t.test('no list brings back suites without encryption or certificate, nor RC4, DES and MD5 (R62)', async (t) => {
  for (const word of ['NULL', 'eNULL', 'aNULL', 'NULL-SHA256', 'ADH-AES128-SHA', 'PSK', 'SRP'])
    t.match(cipherListFault(`ECDHE+AESGCM:${word}`)?.message, new RegExp(`^${word} is never offered`), word);
  // Whether OpenSSL knows these depends on how it was built.
  for (const word of ['RC4', 'RC4-MD5', '3DES', 'DES-CBC3-SHA', 'DES', 'EXP', 'MD5'])
    t.ok(cipherListFault(`ECDHE+AESGCM:${word}`), word);
  for (const never of ['!aNULL', '!eNULL', '!RC4', '!3DES', '!MD5']) t.ok(cipherSuites('ALL').includes(never));
});

t.test('TLS 1.3 has its suites whatever the list', async (t) => {
  for (const list of [undefined, 'AES128-SHA']) t.match(cipherSuites(list), /^TLS_AES_128_GCM_SHA256:/);
});
