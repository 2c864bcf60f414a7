// The PROXY header by values: bytes in, meaning out (HAProxy's "The PROXY protocol", 2.1 and 2.2).
import t from 'tap';
import { type ProxyHeader, readProxyHeader } from '../../src/server/proxy-header.js';
import { hex } from '../support/raw.js';

const SIGNATURE = '0d0a0d0a000d0a515549540a';
const line = (text: string) => Buffer.from(text, 'latin1');
/** Version 2: what follows the signature. */
const binary = (rest: string) => hex(SIGNATURE + rest);
const IPV4 = 'c0000201 c6336402 1f90 0185';
const IPV6 = '20010db8000000000000000000000001 20010db8000000000000000000000002 1f90 0185';

const HEADERS: readonly [string, Buffer, ProxyHeader][] = [
  [
    'a line of IPv4',
    line('PROXY TCP4 192.0.2.1 198.51.100.2 8080 389\r\n'),
    { kind: 'header', length: 44, address: '192.0.2.1', port: 8080 },
  ],
  [
    'a line of IPv6',
    line('PROXY TCP6 2001:db8::1 2001:db8::2 8080 389\r\n'),
    { kind: 'header', length: 45, address: '2001:db8::1', port: 8080 },
  ],
  [
    'the largest and the least port',
    line('PROXY TCP4 192.0.2.1 198.51.100.2 65535 0\r\n'),
    { kind: 'header', length: 43, address: '192.0.2.1', port: 65_535 },
  ],
  ['a line of nobody', line('PROXY UNKNOWN\r\n'), { kind: 'header', length: 15 }],
  [
    'a line of nobody with anything behind',
    line('PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n'),
    { kind: 'header', length: 43 },
  ],
  ['what comes behind a line is not looked at', line('PROXY UNKNOWN\r\n\x30\x05\r\n'), { kind: 'header', length: 15 }],
  ['one byte of a line', line('P'), { kind: 'incomplete' }],
  ['the word alone', line('PROXY '), { kind: 'incomplete' }],
  ['a line without its end', line('PROXY TCP4 192.0.2.1 198.51.100.2 8080 389'), { kind: 'incomplete' }],
  ['a line with half of its end', line('PROXY TCP4 192.0.2.1 198.51.100.2 8080 389\r'), { kind: 'incomplete' }],
  ['nothing at all', Buffer.alloc(0), { kind: 'incomplete' }],
  ['binary, IPv4', binary(`21 11 000c ${IPV4}`), { kind: 'header', length: 28, address: '192.0.2.1', port: 8080 }],
  [
    'binary, IPv4 with additions',
    binary(`21 11 0010 ${IPV4} 04 0001 00`),
    { kind: 'header', length: 32, address: '192.0.2.1', port: 8080 },
  ],
  ['binary, IPv6', binary(`21 21 0024 ${IPV6}`), { kind: 'header', length: 52, address: '2001:db8::1', port: 8080 }],
  ['binary, local', binary('20 00 0000'), { kind: 'header', length: 16 }],
  ['binary, local with addresses that do not count', binary(`20 11 000c ${IPV4}`), { kind: 'header', length: 28 }],
  ['binary, a socket file', binary(`21 31 0004 00000000`), { kind: 'header', length: 20 }],
  ['binary, UDP', binary(`21 12 000c ${IPV4}`), { kind: 'header', length: 28 }],
  ['one byte of the signature', hex('0d'), { kind: 'incomplete' }],
  ['the signature alone', hex(SIGNATURE), { kind: 'incomplete' }],
  ['binary, one byte short', binary(`21 11 000c ${IPV4}`).subarray(0, 27), { kind: 'incomplete' }],
];

for (const [what, octets, expected] of HEADERS) {
  t.test(`a header is read: ${what}`, async (t) => {
    t.same(readProxyHeader(octets), expected);
  });
}

const JUNK: readonly [string, Buffer][] = [
  ['LDAP', hex('300c02010160070201030400 8000')],
  ['TLS', hex('16030100')],
  ['lower case', line('proxy TCP4 ')],
  ['a line that is too long', line(`PROXY UNKNOWN ${'x'.repeat(100)}\r\n`)],
  ['a line one byte too long', line(`PROXY UNKNOWN ${'x'.repeat(92)}\r\n`)],
  ['a line that never ends', line(`PROXY TCP4 ${'1'.repeat(107)}`)],
  ['another family', line('PROXY UDP4 192.0.2.1 198.51.100.2 8080 389\r\n')],
  ['IPv6 that says IPv4', line('PROXY TCP4 2001:db8::1 2001:db8::2 8080 389\r\n')],
  ['IPv4 that says IPv6', line('PROXY TCP6 192.0.2.1 198.51.100.2 8080 389\r\n')],
  ['no address', line('PROXY TCP4 8080 389\r\n')],
  ['a name', line('PROXY TCP4 localhost 198.51.100.2 8080 389\r\n')],
  ['an address with a zone', line('PROXY TCP4 192.0.2.1%eth0 198.51.100.2 8080 389\r\n')],
  ['a port beyond all', line('PROXY TCP4 192.0.2.1 198.51.100.2 65536 389\r\n')],
  ['an invalid port', line('PROXY TCP4 192.0.2.1 198.51.100.2 8080x 389\r\n')],
  ['a port below all', line('PROXY TCP4 192.0.2.1 198.51.100.2 -1 389\r\n')],
  ['a port with a zero in front', line('PROXY TCP4 192.0.2.1 198.51.100.2 08080 389\r\n')],
  ['no port', line('PROXY TCP4 192.0.2.1 198.51.100.2\r\n')],
  ['more than there is', line('PROXY TCP4 192.0.2.1 198.51.100.2 8080 389 x\r\n')],
  ['two spaces', line('PROXY TCP4  192.0.2.1 198.51.100.2 8080 389\r\n')],
  ['binary of version 1', binary(`11 11 000c ${IPV4}`)],
  ['binary with another command', binary(`22 11 000c ${IPV4}`)],
  ['binary, IPv4 that is too short', binary('21 11 000b c0000201 c6336402 1f90 01')],
  ['binary, IPv6 that is too short', binary(`21 21 000c ${IPV4}`)],
  ['binary, IPv6 that is one byte too short', binary(`21 21 0023 ${IPV6}`)],
  ['binary that announces 64 KB', binary('21 11 ffff')],
];

for (const [what, octets] of JUNK) {
  t.test(`an invalid header is refused, with a reason: ${what}`, async (t) => {
    const read = readProxyHeader(octets);
    t.match(read, { kind: 'invalid', why: /PROXY/ });
    t.notMatch(JSON.stringify(read), /192\.0\.2|2001:db8/, 'which repeats nothing of it');
  });
}

t.test('a header means the same however it arrives, byte by byte, and asks for more at most 4 KB long', async (t) => {
  for (const [what, octets, expected] of HEADERS) {
    if (expected.kind !== 'header') continue;
    for (let length = 0; length < expected.length; length++)
      t.equal(readProxyHeader(octets.subarray(0, length)).kind, 'incomplete', `${what}: ${length} bytes`);
    t.same(readProxyHeader(octets.subarray(0, expected.length)), expected, `${what}: whole`);
  }
  for (const begin of [line('PROXY '), hex(SIGNATURE), binary('21 11 0fff'), binary('21 11 0ff0'), hex('30')]) {
    const endless = Buffer.concat([begin, Buffer.alloc(4096, 0x20)]);
    t.not(readProxyHeader(endless).kind, 'incomplete');
  }
});
