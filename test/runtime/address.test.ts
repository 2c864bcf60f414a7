// Addresses as text: whatever the spelling, one address is one text, and one host is one block.
import { isIPv6, SocketAddress } from 'node:net';
import * as fc from 'fast-check';
import t from 'tap';
import { addressBlock, canonicalAddress } from '../../src/runtime/address.js';

const CANONICAL: readonly [string, string][] = [
  ['198.51.100.9', '198.51.100.9'],
  ['::ffff:198.51.100.9', '198.51.100.9'],
  ['::FFFF:198.51.100.9', '198.51.100.9'],
  ['::ffff:c633:6409', '198.51.100.9'],
  ['::FFFF:C633:6409', '198.51.100.9'],
  ['0:0:0:0:0:ffff:c633:6409', '198.51.100.9'],
  ['0000:0000:0000:0000:0000:ffff:198.51.100.9', '198.51.100.9'],
  ['0::ffff:c633:6409', '198.51.100.9'],
  ['::ffff:198.51.100.9%eth0', '198.51.100.9'],
  ['::ffff:0:1', '0.0.0.1'],
  ['::ffff:ffff:ffff', '255.255.255.255'],
  ['2001:DB8:0:0::7', '2001:db8::7'],
  ['2001:db8:0:0:0:0:0:7', '2001:db8::7'],
  ['2001:0db8:0000:0000:0001:0000:0000:0007', '2001:db8::1:0:0:7'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['2001:db8::1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['0:0:0:0:0:0:0:0', '::'],
  ['0:0:0:0:0:0:0:1', '::1'],
  ['1:0:0:0:0:0:0:0', '1::'],
  ['::198.51.100.9', '::c633:6409'],
  ['FE80:0::1%eth0', 'fe80::1%eth0'],
];

for (const [text, canonical] of CANONICAL) {
  t.test(`${text} is ${canonical} (R97)`, async (t) => t.equal(canonicalAddress(text), canonical));
}

for (const text of [
  '',
  'ada.example.com',
  ':',
  ':::',
  '1:2',
  '1::2::3',
  '12345::',
  '::1.2.3',
  '::256.1.1.1',
  '::01.1.1.1',
  '1.2.3.4::',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4:5:6:7::8:9',
  '::g',
  '1::2:',
  ':1::2',
]) {
  t.test(`"${text}" is not an address and stays as it is`, async (t) => {
    t.equal(canonicalAddress(text), text);
    t.equal(addressBlock(text), text);
  });
}

const group = fc.oneof(fc.constant(0), fc.constant(0xffff), fc.integer({ min: 0, max: 0xffff }));
const groups = fc.array(group, { minLength: 8, maxLength: 8 });

/** One of the spellings of an address, chosen by `choice`. */
function spell(of: readonly number[], choice: { pad: boolean; upper: boolean; dotted: boolean; cut: number }): string {
  const parts = of.map((one) => one.toString(16).padStart(choice.pad ? 4 : 1, '0'));
  if (choice.dotted) parts.splice(6, 2, [of[6]! >> 8, of[6]! & 255, of[7]! >> 8, of[7]! & 255].join('.'));
  // From `cut` on, zeros are left out as long as there are any.
  const limit = choice.dotted ? 6 : 8;
  let end = choice.cut;
  while (end < limit && of[end] === 0) end++;
  const text =
    end > choice.cut ? `${parts.slice(0, choice.cut).join(':')}::${parts.slice(end).join(':')}` : parts.join(':');
  return choice.upper ? text.toUpperCase() : text;
}

t.test(
  'every spelling of an address comes to one text, which is an address and its own canonical form (R97)',
  async () => {
    const choice = fc.record({
      pad: fc.boolean(),
      upper: fc.boolean(),
      dotted: fc.boolean(),
      cut: fc.integer({ min: 0, max: 7 }),
    });
    fc.assert(
      fc.property(groups, choice, choice, (of, one, other) => {
        const spelling = spell(of, one);
        if (!isIPv6(spelling)) throw new Error(`the test is wrong: ${spelling}`);
        const canonical = canonicalAddress(spelling);
        return (
          canonical === canonicalAddress(spell(of, other)) &&
          canonical === canonicalAddress(canonical) &&
          addressBlock(canonical) === addressBlock(canonicalAddress(spell(of, other)))
        );
      }),
    );
  },
);

t.test('addresses that the system tells apart are told apart, and no others (R97)', async () => {
  const system = (text: string) => new SocketAddress({ address: text, family: 'ipv6' }).address;
  const plain = { pad: false, upper: false, dotted: false, cut: 8 };
  fc.assert(
    fc.property(groups, groups, (one, other) => {
      const [a, b] = [spell(one, plain), spell(other, plain)];
      return (canonicalAddress(a) === canonicalAddress(b)) === (system(a) === system(b));
    }),
  );
});

const BLOCKS: readonly [string, string][] = [
  ['198.51.100.9', '198.51.100.9'],
  ['2001:db8:0:1::7', '2001:db8:0:1::/64'],
  ['2001:db8:0:1:ffff:ffff:ffff:ffff', '2001:db8:0:1::/64'],
  ['2001:db8:0:2::7', '2001:db8:0:2::/64'],
  ['2001:db8::7', '2001:db8::/64'],
  ['::1', '::/64'],
  ['fe80::1%eth0', 'fe80::/64%eth0'],
];

for (const [address, block] of BLOCKS) {
  t.test(`${address} counts as ${block} (R97)`, async (t) => t.equal(addressBlock(address), block));
}
