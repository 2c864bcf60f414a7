// One address has one spelling, in which limits per address count it, whatever a PROXY header says.
import fc from 'fast-check';
import t from 'tap';
import { PROXY_HEADERS } from '../../fuzz/guided/seeds.js';
import { checkHeader } from '../../fuzz/guided/target-proxy.js';
import { readProxyHeader } from '../../src/server/proxy-header.js';

const read = (line: string) => readProxyHeader(Buffer.from(line, 'latin1'));
const addressIn = (line: string) => {
  const header = read(line);
  return header.kind === 'header' ? header.address : header.kind;
};

t.test('one address has one spelling, in which limits per address count it', async (t) => {
  const table: [spelling: string, address: string][] = [
    ['2001:db8::7', '2001:db8::7'],
    ['2001:DB8:0:0:0:0:0:7', '2001:db8::7'],
    ['2001:0db8:0000::0007', '2001:db8::7'],
    ['::1', '::1'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['::', '::'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['fe80::1%eth0', 'invalid'],
    ['fe80::1%25', 'invalid'],
    ['192.0.2.1', 'invalid'],
  ];
  for (const [spelling, address] of table) t.equal(addressIn(`PROXY TCP6 ${spelling} ::1 1 2\r\n`), address, spelling);
  t.equal(addressIn('PROXY TCP6 ::1 fe80::1%eth0 1 2\r\n'), 'invalid', 'no zone in the destination either');
  for (const spelling of [
    '192.0.2.01',
    '192.0.2.1 ',
    ' 192.0.2.1',
    '192.0.2',
    '0xc0.0.2.1',
    '::ffff:192.0.2.1',
    '3221225985',
    '',
  ])
    t.equal(addressIn(`PROXY TCP4 ${spelling} 192.0.2.9 1 2\r\n`), 'invalid', JSON.stringify(spelling));
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 }),
      fc.integer({ min: 0, max: 8 }),
      (all, zeros) => {
        const groups = all.map((group, i) => (i < zeros ? 0 : group));
        const text = groups.map((group) => group.toString(16));
        const padded = text.map((group) => group.padStart(4, '0').toUpperCase());
        const body = Buffer.from(padded.join('').padEnd(72, '0'), 'hex');
        const binary = readProxyHeader(Buffer.concat([PROXY_HEADERS[6]!.subarray(0, 16), body]));
        const spellings = [
          text.join(':'),
          padded.join(':'),
          new URL(`http://[${text.join(':')}]`).hostname.slice(1, -1),
        ];
        const found = new Set([
          binary.kind === 'header' ? binary.address : binary.kind,
          ...spellings.map((spelling) => addressIn(`PROXY TCP6 ${spelling} ::1 1 2\r\n`)),
        ]);
        return found.size === 1 && !found.has('invalid');
      },
    ),
  );
});

t.test(
  'whatever bytes come: no exception, nothing read beyond the header, incomplete only while it may become one',
  async (t) => {
    const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.boolean()), { maxLength: 4 });
    const octets = fc
      .tuple(fc.constantFrom(...PROXY_HEADERS), edits, fc.uint8Array({ maxLength: 200 }))
      .map(([header, changes, more]) => {
        let changed = Buffer.from(header);
        for (const [at, octet, isInserted] of changes) {
          const place = at % changed.length;
          changed = Buffer.concat([
            changed.subarray(0, place),
            Buffer.of(octet),
            changed.subarray(isInserted ? place : place + 1),
          ]);
        }
        return Buffer.concat([changed, more]);
      });
    fc.assert(
      fc.property(octets, (input) => {
        const what = checkHeader(readProxyHeader, input);
        if (what !== undefined) throw new Error(what);
      }),
      { numRuns: 1000 },
    );
    for (const header of PROXY_HEADERS)
      t.equal(checkHeader(readProxyHeader, header), undefined, header.toString('latin1'));
    t.match(read(`PROXY TCP4 ${' '.repeat(200)}`), { kind: 'invalid' });
    t.match(read(`PROXY UNKNOWN ${'x'.repeat(91)}\r\n`), { kind: 'header', length: 107 }, 'as long as it may be');
    t.match(read(`PROXY UNKNOWN ${'x'.repeat(92)}\r\n`), { kind: 'invalid' }, 'one longer');
  },
);
