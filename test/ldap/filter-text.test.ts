// The string form of filters (RFC 4515): what it says, what it refuses, and that it says the same both ways.
import { deepEqual } from 'node:assert';
import fc from 'fast-check';
import t from 'tap';
import { type Filter, MAX_FILTER_COMPONENTS, MAX_FILTER_DEPTH } from '../../src/ldap/filter.js';
import { formatFilter, parseFilter } from '../../src/ldap/filter-text.js';
import { BerReader, BerWriter } from '../../src/wire/ber.js';
import { decodeFilter, encodeFilter } from '../../src/wire/filter.js';
import { filter } from '../support/arbitrary.js';

/** Filters whose attributes are names: the wire carries others as well, a text cannot. */
const writable = filter.filter((f) => !JSON.stringify(f).includes('__proto__'));

t.test('parsing what was formatted gives the same filter', async (t) => {
  fc.assert(
    fc.property(writable, (f) => deepEqual(parseFilter(formatFilter(f)), f)),
    { numRuns: 1000 },
  );
  t.pass('none differed');
});

const octets = (text: string) => Buffer.from(text, 'utf8');
const equal = (attribute: string, value: string): Filter => ({
  kind: 'equalityMatch',
  attribute,
  value: octets(value),
});

t.test('the forms of RFC 4515 mean what it says', async (t) => {
  const rows: [text: string, filter: Filter][] = [
    ['(cn=Babs Jensen)', equal('cn', 'Babs Jensen')],
    ['(!(cn=Tim Howes))', { kind: 'not', filter: equal('cn', 'Tim Howes') }],
    [
      '(&(objectClass=Person)(|(sn=Jensen)(cn=Babs J*)))',
      {
        kind: 'and',
        filters: [
          equal('objectClass', 'Person'),
          {
            kind: 'or',
            filters: [
              equal('sn', 'Jensen'),
              { kind: 'substrings', attribute: 'cn', initial: octets('Babs J'), any: [] },
            ],
          },
        ],
      },
    ],
    [
      '(o=univ*of*mich*)',
      { kind: 'substrings', attribute: 'o', initial: octets('univ'), any: [octets('of'), octets('mich')] },
    ],
    ['(seeAlso=)', equal('seeAlso', '')],
    ['(cn=*)', { kind: 'present', attribute: 'cn' }],
    ['(&)', { kind: 'and', filters: [] }],
    ['(|)', { kind: 'or', filters: [] }],
    ['(uidNumber>=5)', { kind: 'greaterOrEqual', attribute: 'uidNumber', value: octets('5') }],
    ['(uidNumber<=5)', { kind: 'lessOrEqual', attribute: 'uidNumber', value: octets('5') }],
    ['(cn~=x)', { kind: 'approxMatch', attribute: 'cn', value: octets('x') }],
    [
      '(cn:caseExactMatch:=Fred)',
      {
        kind: 'extensibleMatch',
        attribute: 'cn',
        matchingRule: 'caseExactMatch',
        value: octets('Fred'),
        dnAttributes: false,
      },
    ],
    [
      '(sn:dn:2.4.6.8.10:=Barney)',
      {
        kind: 'extensibleMatch',
        attribute: 'sn',
        matchingRule: '2.4.6.8.10',
        value: octets('Barney'),
        dnAttributes: true,
      },
    ],
    [
      '(cn:=Betty Rubble)',
      { kind: 'extensibleMatch', attribute: 'cn', value: octets('Betty Rubble'), dnAttributes: false },
    ],
    [
      '(:DN:2.4.6.8.10:=Dino)',
      { kind: 'extensibleMatch', matchingRule: '2.4.6.8.10', value: octets('Dino'), dnAttributes: true },
    ],
    ['(o:dn:=Ace)', { kind: 'extensibleMatch', attribute: 'o', value: octets('Ace'), dnAttributes: true }],
    [
      '(:1.2.3:=Wilma)',
      { kind: 'extensibleMatch', matchingRule: '1.2.3', value: octets('Wilma'), dnAttributes: false },
    ],
    [
      '(o=Parens R Us \\28for all your parenthetical needs\\29)',
      equal('o', 'Parens R Us (for all your parenthetical needs)'),
    ],
    ['(cn=*\\2A*)', { kind: 'substrings', attribute: 'cn', any: [octets('*')] }],
    ['(filename=C:\\5cMyFile)', equal('filename', 'C:\\MyFile')],
    ['(bin=\\00\\00\\00\\04)', equal('bin', '\0\0\0\x04')],
    ['(sn=Lu\\c4\\8di\\c4\\87)', equal('sn', 'Lučić')],
    ['(sn=Lučić)', equal('sn', 'Lučić')],
    ['(1.3.6.1.4.1.1466.0=\\04\\02\\48\\69)', equal('1.3.6.1.4.1.1466.0', '\x04\x02Hi')],
    ['(cn;lang-en=x)', equal('cn;lang-en', 'x')],
  ];
  for (const [text, expected] of rows) t.same(parseFilter(text), expected, text);
});

const TOO_MANY = /more than 25,000 parts/;

t.test('an invalid filter is refused, with the place', async (t) => {
  const deep = (n: number) => `${'(!'.repeat(n)}(cn=x)${')'.repeat(n)}`;
  for (const text of [
    ...['', 'cn=x', '(', '()', '(cn)', '(cn=x', '(cn=x))', '(&(cn=x)', '(!)', '(!(cn=x)(cn=y))', '(=x)', '(cn=a(b)'],
    ...['(cn=\\zz)', '(cn=\\4)', '(c n=x)', '((cn=x))', '(cn=a**b)', '(:=x)', '(-x=1)', '(cn=a\\)'],
    ...[deep(300), deep(10_000), `(|${'(cn=x)'.repeat(25_001)})`],
  ])
    t.throws(() => parseFilter(text), { name: 'FilterSyntaxError' }, text.slice(0, 40));
  t.equal(parseFilter(deep(MAX_FILTER_DEPTH - 1)).kind, 'not', 'as deep as it may be');
  t.throws(() => parseFilter(deep(MAX_FILTER_DEPTH)), /more than 250 levels/, 'one deeper');
  t.equal(parseFilter(`(|${'(cn=x)'.repeat(MAX_FILTER_COMPONENTS - 1)})`).kind, 'or', 'as many as there may be');
  t.throws(() => parseFilter(`(|${'(cn=x)'.repeat(MAX_FILTER_COMPONENTS)})`), TOO_MANY, 'one more');
  t.throws(() => parseFilter(`(cn=a${'*b'.repeat(MAX_FILTER_COMPONENTS)})`), TOO_MANY, 'parts count as well (R39)');
  t.throws(() => parseFilter('(cn=x)y'), /at position 6$/);
});

t.test('text and wire count components alike: what one takes at its limit the other takes as well (R39)', async (t) => {
  const onWire = (filter: Filter) => {
    const writer = new BerWriter();
    encodeFilter(writer, filter);
    return decodeFilter(new BerReader(writer.finish()));
  };
  for (const [item, components] of [
    ['(cn=*)', 1],
    ['(cn=x)', 1],
    ['(cn=)', 1],
    ['(cn:=x)', 1],
    ['(!(cn=x))', 2],
    ['(&)', 1],
    ['(cn=x*)', 2],
    ['(cn=*x)', 2],
    ['(cn=*x*)', 2],
    ['(cn=x*y)', 3],
    ['(cn=*x*y*)', 3],
    ['(cn=x*y*z)', 4],
  ] as const) {
    const times = Math.floor((MAX_FILTER_COMPONENTS - 1) / components);
    const rest = MAX_FILTER_COMPONENTS - 1 - times * components;
    const full = `${item.repeat(times)}${'(cn=x)'.repeat(rest)}`;
    const parsed = parseFilter(`(|${full})`);
    t.equal(formatFilter(onWire(parsed)), formatFilter(parsed), `as many ${item} as there may be`);
    t.throws(() => parseFilter(`(|${full}(cn=x))`), TOO_MANY, `${item}: one more as text`);
    if (parsed.kind !== 'or') throw new TypeError(item);
    const more: Filter = { kind: 'or', filters: [...parsed.filters, equal('cn', 'x')] };
    t.throws(() => onWire(more), TOO_MANY, `${item}: one more on the wire`);
  }
});
