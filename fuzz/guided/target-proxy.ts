// The PROXY header: never an exception, never a byte beyond its length, and addresses that are some.
import { isIP } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import type { ProxyHeader } from '../../src/server/proxy-header.js';
import type { Target } from './guided.js';
import { instrument } from './instrument.js';
import { PROXY_HEADERS } from './seeds.js';
import { PROXY_FILES } from './source-files.js';

type Read = (octets: Buffer) => ProxyHeader;

const LONGEST = 5000;
/** Of the line of version 1 (2.1 of the specification), and of what is taken of version 2. */
const LONGEST_LINE = 107;
const LONGEST_BINARY = 4096;
const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
const BIND = Buffer.from('300c020101600702010304008000', 'hex');
/** What may follow a header: an LDAP message, bytes that look like more of it, nothing sensible. */
const FOLLOWERS = [BIND, Buffer.from('\r\n'), Buffer.from(' 1\r\n'), Buffer.alloc(5000, 0xff), Buffer.alloc(40)];

export async function proxyTarget(): Promise<Target> {
  const { trace, literals, load, remove } = instrument(PROXY_FILES);
  const { readProxyHeader } = await load<typeof import('../../src/server/proxy-header.js')>(PROXY_FILES[0]!);
  remove();
  return {
    trace,
    seeds: PROXY_HEADERS,
    words: [
      ...literals,
      ...[
        'PROXY ',
        'TCP4 ',
        'TCP6 ',
        'UNKNOWN',
        '1.2.3.4',
        '::1',
        '::ffff:1.2.3.4',
        '%eth0',
        ' 0',
        ' 65535',
        ' 65536',
        '\r\n',
      ].map((word) => Buffer.from(word)),
    ],
    longest: LONGEST,
    check: (input) => checkHeader(readProxyHeader, input),
  };
}

export function checkHeader(read: Read, input: Buffer): string | undefined {
  const original = Buffer.from(input);
  const header = read(input);
  if (!original.equals(input)) return 'reading changed the bytes';
  for (const kept of prefixes(input, header)) {
    const shorter = read(input.subarray(0, kept));
    if (header.kind === 'invalid' ? shorter.kind === 'header' : shorter.kind !== 'incomplete')
      return `${kept} bytes of it are ${shorter.kind}, all of them are ${header.kind}`;
  }
  switch (header.kind) {
    case 'incomplete':
      if (input.length >= (input[0] === 0x0d ? LONGEST_BINARY : LONGEST_LINE))
        return 'incomplete, but longer than any header';
      return undefined;
    case 'invalid':
      // What was wrong stays wrong.
      return FOLLOWERS.some((more) => read(Buffer.concat([input, more])).kind !== 'invalid')
        ? 'more bytes make it valid'
        : undefined;
    case 'header': {
      if (header.length > input.length) return 'a header longer than the bytes that are there';
      const alone = input.subarray(0, header.length);
      for (const more of [Buffer.alloc(0), ...FOLLOWERS])
        if (!isDeepStrictEqual(read(Buffer.concat([alone, more])), header)) return 'what follows it changes the header';
      return header.address === undefined && header.port === undefined ? undefined : checkAddress(read, header);
    }
  }
}

/** Of a header and of what is incomplete, everything shorter is incomplete; of what is invalid, nothing shorter is a header. */
function* prefixes(input: Buffer, header: ProxyHeader): Generator<number> {
  const all = header.kind === 'header' ? header.length : input.length;
  for (let kept = 1; kept < Math.min(all, 120); kept++) yield kept;
  if (all > 120) yield all - 1;
}

function checkAddress(
  read: Read,
  { address = '', port = -1 }: Extract<ProxyHeader, { kind: 'header' }>,
): string | undefined {
  if (isIP(address) === 0) return `${JSON.stringify(address)} is not an address`;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) return `${port} is not a port`;
  // Limits per address compare text: one address, one text, however it was spelled.
  const groups = groupsOf(isIP(address) === 4 ? `::ffff:${address}` : address);
  for (const spelling of [groups.join(':'), groups.join(':').toUpperCase(), hostname(groups.join(':'))]) {
    const again = read(Buffer.from(`PROXY TCP6 ${spelling} ::1 1 2\r\n`));
    if (again.kind !== 'header' || again.address !== address) return `${spelling} and ${address} are one address`;
  }
  const header = Buffer.concat([SIGNATURE, Buffer.from(`21210024${groups.join('').padEnd(72, '0')}`, 'hex')]);
  const again = read(header);
  return again.kind === 'header' && again.address === address ? undefined : `${address} is another in version 2`;
}

const hostname = (address: string) => new URL(`http://[${address}]`).hostname.slice(1, -1);

/** The eight groups of an IPv6 address, four digits each. */
function groupsOf(address: string): string[] {
  const [front = '', back] = hostname(address).split('::');
  const [before, after] = [front, back ?? ''].map((half) => (half === '' ? [] : half.split(':')));
  const zeros = back === undefined ? 0 : 8 - before!.length - after!.length;
  return [...before!, ...Array<string>(zeros).fill('0'), ...after!].map((group) => group.padStart(4, '0'));
}
