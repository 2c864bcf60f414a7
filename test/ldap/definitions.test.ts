// Definitions of schema elements as servers write them.
import fc from 'fast-check';
import t from 'tap';
import { makeSubschema } from '../../src/directory/subschema.js';
import { parseDefinition } from '../../src/ldap/definitions.js';

t.test('definitions are read as RFC 4512 4.1 writes them, and as servers do', async (t) => {
  const rows: [text: string, oid: string, names: string[], fields: Record<string, string[]>][] = [
    [
      "( 1.2.3 NAME ( 'a' 'b-c' ) DESC 'it\\27s ( not $ so' SUP name EQUALITY caseIgnoreMatch SYNTAX 1.3.6{64} SINGLE-VALUE USAGE directoryOperation X-ORIGIN ( 'x' 'y' ) )",
      '1.2.3',
      ['a', 'b-c'],
      { SUP: ['name'], SYNTAX: ['1.3.6{64}'], 'SINGLE-VALUE': [], USAGE: ['directoryOperation'] },
    ],
    [
      "(1.2.3 NAME 'x' SUP (a$b $ c) AUXILIARY MUST cn MAY ( d $e ))",
      '1.2.3',
      ['x'],
      { SUP: ['a', 'b', 'c'], MUST: ['cn'], MAY: ['d', 'e'] },
    ],
    ["( foo-oid NAME 'foo' SYNTAX '1.2.3' )", 'foo-oid', ['foo'], { SYNTAX: ['1.2.3'] }],
    ['( 1.2.3 )', '1.2.3', [], {}],
    ["( 1.2.3\n  NAME 'x'\n\tDESC 'ü' )", '1.2.3', ['x'], { DESC: ['ü'] }],
  ];
  for (const [text, oid, names, fields] of rows) {
    const found = parseDefinition(text);
    t.match(found, { oid, names }, text);
    for (const [keyword, values] of Object.entries(fields))
      if (keyword !== 'DESC') t.same(found?.fields.get(keyword), values, keyword);
  }
});

t.test('an invalid definition is refused, and costs no more than a look', async (t) => {
  for (const text of [
    ...[
      '',
      '(',
      ')',
      '()',
      '( )',
      '1.2.3',
      "( 1.2.3 NAME 'x'",
      "( 1.2.3 NAME ( 'x' )",
      '( 1.2.3 NAME )',
      '( ( 1.2.3 ) )',
    ],
    ...['( 1.2.3 NAME ( ( a ) ) )', `( 1.2.3 NAME '${'x'.repeat(40_000)}' )`],
  ])
    t.equal(parseDefinition(text), undefined, text.slice(0, 40));
  fc.assert(fc.property(fc.string({ maxLength: 60 }), (text) => void parseDefinition(`( 1.2 ${text} )`)));
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('(', ')', "'", '$', 'NAME', 'SUP', "'a'", 'x', 'SINGLE-VALUE', ' '), { maxLength: 30 }),
      (tokens) => void parseDefinition(tokens.join(' ')),
    ),
  );
});

t.test('our own definitions are read whole', async (t) => {
  const { attributes } = makeSubschema();
  for (const type of ['attributetypes', 'objectclasses', 'matchingrules', 'ldapsyntaxes'])
    for (const value of attributes.get(type)?.values ?? []) {
      const found = parseDefinition(value.toString('utf8'));
      t.ok(found !== undefined && (found.names.length > 0 || type === 'ldapsyntaxes'), String(value));
    }
});
