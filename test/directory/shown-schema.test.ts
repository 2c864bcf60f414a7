// Attributes and classes beyond the standard ones: by the upstream's own definitions, else as strings; each that is shown is described.
import fc from 'fast-check';
import t from 'tap';
import { SnapshotBuilder } from '../../src/directory/builder.js';
import { compareEntry } from '../../src/directory/compare.js';
import type { UpstreamEntry, UpstreamImage } from '../../src/directory/reader.js';
import { makeRootDSE } from '../../src/directory/root-dse.js';
import { NO_LIMITS, openSearch } from '../../src/directory/search.js';
import { shownSchema } from '../../src/directory/shown-schema.js';
import { buildSnapshot, type Snapshot } from '../../src/directory/snapshot.js';
import { makeSubschema } from '../../src/directory/subschema.js';
import { UNLIMITED } from '../../src/directory/work.js';
import type { Layout } from '../../src/layout/layout.js';
import { parseDefinition } from '../../src/ldap/definitions.js';
import { Schema, STANDARD } from '../../src/ldap/schema.js';
import { runToEnd } from '../../src/runtime/cooperative.js';
import { attribute, image, LOCAL_BASE, person, renamed, upstreamUser } from '../layout/image.js';
import { searchRequest } from '../support/client.js';

const subschema = (types: readonly string[], classes: readonly string[] = []): UpstreamEntry => ({
  dn: 'cn=Subschema',
  attributes: [attribute('attributeTypes', ...types), attribute('objectClasses', ...classes)],
});
const brim = (...more: Parameters<typeof attribute>[]): UpstreamImage => ({
  ...image,
  users: [person('brim.tolvane', ...more.map((one) => attribute(...one))), person('selka.ruvane')],
});
const rootDSE = makeRootDSE({
  namingContexts: [LOCAL_BASE],
  supportedExtension: [],
  supportedControl: [],
  supportedSASLMechanisms: [],
  vendorVersion: 'test',
});
const BRIM = renamed.localUserDN('brim.tolvane');

function found(snapshot: Snapshot, filter: string, attributes: readonly string[] = ['*']) {
  const specials = { rootDSE, subschema: makeSubschema(snapshot.schema) };
  const source = openSearch(snapshot, specials, searchRequest({ base: LOCAL_BASE, filter, attributes }), NO_LIMITS);
  const entries = [];
  for (;;) {
    const next = source.advance(UNLIMITED, 0);
    if (next === 'again') continue;
    if (!('kind' in next)) return entries;
    entries.push(next);
  }
}
const names = (snapshot: Snapshot, filter: string) => found(snapshot, filter).map(({ objectName }) => objectName);
const compare = (snapshot: Snapshot, attributeName: string, value: string) =>
  compareEntry(
    snapshot,
    { rootDSE, subschema: makeSubschema(snapshot.schema) },
    {
      kind: 'compareRequest',
      entry: BRIM,
      attribute: attributeName,
      value: Buffer.from(value),
    },
  ).code;

const TYPES = [
  "( 1.2.3.1 NAME ( 'badgeNumber' 'badge' ) DESC 'a number' EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )",
  "( 1.2.3.2 NAME 'nickName' SUP name )",
  "( 1.2.3.3 NAME 'deputy' EQUALITY distinguishedNameMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.12 )",
  "( 1.2.3.4 NAME 'petName' SUP nickName )",
  "( 1.2.3.5 NAME 'lastLogin' EQUALITY generalizedTimeMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.24 USAGE dSAOperation )",
];
const CLASSES = [
  "( 1.2.3.10 NAME 'sailor' SUP inetOrgPerson STRUCTURAL MUST badgeNumber MAY ( nickName $ deputy $ unheardOf ) )",
  "( 1.2.3.11 NAME ( 'captain' 'skipper' ) SUP sailor STRUCTURAL )",
];
const shipped = {
  ...brim(
    ['objectClass', 'captain'],
    ['badgeNumber', '42'],
    ['nickName', 'The  Old Man'],
    ['petName', 'Whiskers'],
    ['deputy', upstreamUser('selka.ruvane'), upstreamUser('gorven.hale')],
    ['lastLogin', '20260101000000Z'],
  ),
  schema: subschema(TYPES, CLASSES),
};

t.test('what the upstream defines is matched, compared, asked for and named as it says', async (t) => {
  const snapshot = buildSnapshot(shipped, renamed, 0);
  for (const filter of [
    ...[
      '(badgeNumber=42)',
      '(badge=42)',
      '(BADGENUMBER>=41)',
      '(1.2.3.1=42)',
      '(nickName=the old man)',
      '(petName=whisk*)',
    ],
    ...[
      '(name=whiskers)',
      '(nickname=whiskers)',
      '(objectClass=sailor)',
      '(objectClass=skipper)',
      '(objectClass=1.2.3.10)',
    ],
    ...[
      `(deputy=${renamed.localUserDN('selka.ruvane')})`,
      `(deputy:dnSubtreeMatch:=${LOCAL_BASE})`,
      '(:caseIgnoreMatch:=whiskers)',
    ],
  ])
    t.same(names(snapshot, filter), [BRIM], filter);
  t.same(names(snapshot, '(!(badgeNumber=x))'), [], 'Undefined');
  t.same(names(snapshot, '(lastLogin=*)'), [], 'what the upstream’s server notes for itself is not passed on');
  t.same(
    [compare(snapshot, 'badge', '42'), compare(snapshot, 'badge', '43'), compare(snapshot, 'badge', 'x')],
    [6, 5, 21],
  );
  t.same([compare(snapshot, 'objectClass', 'SAILOR'), compare(snapshot, 'nope', 'x')], [6, 17]);
  t.same(
    found(snapshot, '(badge=42)', ['badge', '1.2.3.2'])[0]?.attributes.map(({ type }) => type),
    ['badgeNumber', 'nickName', 'petName'],
  );
  const [entry] = found(snapshot, '(badge=42)', ['deputy']);
  t.same(
    entry?.attributes[0]?.values.map(String),
    [renamed.localUserDN('selka.ruvane')],
    'names are names: local, and nobody else’s (R31, R35)',
  );
  const own = snapshot.viewOf('brim.tolvane');
  t.equal(own.schema, snapshot.schema, 'even where a person looks');
});

t.test('what nobody defines is a string, and a class of its own', async (t) => {
  const snapshot = buildSnapshot(
    brim(['objectClass', 'x-crew'], ['x-Deck', 'Upper  Deck'], ['1.2.3.99', 'by OID']),
    renamed,
    0,
  );
  for (const filter of ['(x-deck=upper deck)', '(X-DECK=up*)', '(objectClass=x-crew)', '(1.2.3.99=by oid)'])
    t.same(names(snapshot, filter), [BRIM], filter);
  t.same([compare(snapshot, 'x-deck', 'UPPER DECK'), compare(snapshot, 'x-deck', '')], [6, 21]);
  const again = buildSnapshot(brim(['X-DECK', 'Upper Deck']), renamed, 0);
  t.equal(
    again.schema.attributeType('x-deck')?.oid,
    snapshot.schema.attributeType('x-deck')?.oid,
    'the same OID in each read',
  );
});

t.test('every attribute and class that is shown is described, and with all that its description names', async (t) => {
  const image_ = {
    ...shipped,
    users: [...shipped.users, person('Wenna.Ost', attribute('x-boss', 'x'), attribute('objectClass', 'x-crew'))],
  };
  const snapshot = buildSnapshot(image_, renamed, 0);
  const { attributes } = makeSubschema(snapshot.schema);
  const texts = (type: string) => (attributes.get(type)?.values ?? []).map(String);
  const types = new Set<string>();
  const classes = new Set<string>();
  const oids = new Set<string>();
  for (const [kind, known] of [
    ['attributetypes', types],
    ['objectclasses', classes],
  ] as const)
    for (const text of texts(kind)) {
      const definition = parseDefinition(text);
      t.ok(definition, text);
      const { oid = '', names: own = [], fields } = definition ?? { fields: new Map<string, readonly string[]>() };
      t.notOk(oids.has(oid), `${oid} once`);
      t.ok(
        oid.split('.').every((arc) => Number(arc) < 2 ** 31),
        oid,
      );
      oids.add(oid);
      for (const above of fields.get('SUP') ?? []) t.ok(known.has(above.toLowerCase()), `${above} is above ${own}`);
      for (const name of [...(fields.get('MUST') ?? []), ...(fields.get('MAY') ?? [])])
        t.ok(types.has(name.toLowerCase()), name);
      for (const name of own) known.add(name.toLowerCase());
    }
  for (const entry of snapshot.entries)
    for (const { name, values, options } of entry.attributes.values()) {
      t.ok(types.has((options.length > 0 ? name.split(';')[0]! : name).toLowerCase()), name);
      if (name === 'objectClass')
        for (const value of values) t.ok(classes.has(String(value).toLowerCase()), String(value));
    }
  t.notOk(
    texts('attributetypes').some((text) => text.includes('a number')),
    'no text of the upstream’s',
  );
  t.notOk(texts('objectclasses').some((text) => text.includes('unheardOf')));
});

t.test('a password under another name is one, and so is what is hidden under another name (R33)', async (t) => {
  const types = [
    "( 1.2.3.1 NAME ( 'hash' 'userPassword' ) SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 )",
    "( 1.2.3.2 NAME 'oldHash' SUP userPassword )",
    "( 1.2.3.3 NAME 'olderHash' SUP oldHash )",
    "( 1.2.3.4 NAME ( 'staffNumber' 'employeeNumber' ) SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )",
  ];
  const secret = brim(['hash', 'a'], ['oldHash', 'b'], ['OLDERHASH;x-1', 'c'], ['staffNumber', 'd'], ['1.2.3.2', 'e']);
  const snapshot = buildSnapshot({ ...secret, schema: subschema(types) }, renamed, 0);
  for (const { attributes } of snapshot.entries)
    for (const { name } of attributes.values()) t.notMatch(name, /hash|staff|1\.2\.3/i);
  for (const name of ['hash', 'oldHash', 'olderHash', 'staffNumber']) {
    t.equal(snapshot.schema.attributeType(name), undefined, name);
    t.equal(compare(snapshot, name, 'a'), 17, name);
  }
});

t.test('the upstream changes nothing of what is known here, whatever it says', async (t) => {
  const types = [
    "( 9.9.9.1 NAME 'uidNumber' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )",
    "( 2.5.4.3 NAME 'commonest' SUP sn )",
    "( 9.9.9.2 NAME 'a' SUP b )",
    "( 9.9.9.3 NAME 'b' SUP a )",
    "( 9.9.9.4 NAME 'c' SUP c )",
    ...[
      '( 9.9.9.5',
      '( )',
      '',
      '( 9.9.9.6 NAME )',
      "( 9.9.9.7 NAME 'not a name' )",
      "( nonsense NAME 'odd' SYNTAX nonsense EQUALITY nonsense )",
    ],
  ];
  const classes = [
    "( 9.9.9.10 NAME 'top' SUP loop )",
    "( 9.9.9.11 NAME 'loop' SUP ( loop $ pool ) )",
    "( 9.9.9.12 NAME 'pool' SUP loop )",
  ];
  const odd = brim(['objectClass', 'loop'], ['commonest', 'x'], ['a', '1'], ['b', '2'], ['c', '3'], ['odd', '4']);
  const { schema, ...rest } = buildSnapshot({ ...odd, schema: subschema(types, classes) }, renamed, 0);
  t.ok(rest);
  for (const type of STANDARD.attributeTypes)
    t.same({ ...schema.attributeType(type.oid), classes: 0 }, { ...type, classes: 0 }, type.names[0]);
  t.equal(schema.attributeType('9.9.9.1')?.names[0], 'uidNumber', 'by the upstream’s OID as well');
  t.equal(schema.objectClass('9.9.9.10')?.oid, '2.5.6.0');
  const snapshot = buildSnapshot({ ...odd, schema: subschema(types, classes) }, renamed, 0);
  for (const filter of ['(a=1)', '(b=2)', '(c=3)', '(odd=4)', '(objectClass=pool)', '(objectClass=loop)'])
    t.same(names(snapshot, filter), [BRIM], filter);
});

t.test('a hostile schema is bounded: in what is added, and in what one step costs', async (t) => {
  const many = Array.from({ length: 20_000 }, (_, i) => `( 1.2.3.${i} NAME 'type${i}' SUP type${i + 1} )`);
  const huge = brim(
    ...Array.from({ length: 5000 }, (_, i): [string, string] => [`type${i}`, 'x']),
    ...Array.from({ length: 5000 }, (_, i): [string, string] => [`more${i}`, 'x']),
  );
  const { schema } = buildSnapshot({ ...huge, schema: subschema(many, many) }, renamed, 0);
  t.ok(schema.attributeTypes.length < STANDARD.attributeTypes.length + 2010, `${schema.attributeTypes.length} types`);
});

/** What a schema is made of this image: it, and the look-ups that it took, in all and in the step that took the most. */
function counted(image_: UpstreamImage) {
  let [inAll, inStep, most] = [0, 0, 0];
  const originals = { objectClass: STANDARD.objectClass, attributeType: STANDARD.attributeType };
  const count = <Found>(original: (name: string) => Found) =>
    function counting(name: string): Found {
      inAll++;
      inStep++;
      return original.call(STANDARD, name);
    };
  STANDARD.objectClass = count(originals.objectClass);
  STANDARD.attributeType = count(originals.attributeType);
  try {
    const steps = shownSchema(image_, renamed);
    for (;;) {
      inStep = 0;
      const { done, value } = steps.next();
      most = Math.max(most, inStep);
      if (done === true) return { ...value, inAll, most };
      if (inAll > 5_000_000) throw new Error('there is no end of it');
    }
  } finally {
    Object.assign(STANDARD, originals);
  }
}
const upTo = (length: number, make: (index: number) => string) => Array.from({ length }, (_, index) => make(index));

t.test(
  'classes that are each above all others, and attributes that all of them name, cost no more than their words',
  (t) => {
    const all = upTo(120, (i) => `loop${i}`);
    const words = (i: number) => upTo(2000, (k) => all[(i + k) % all.length]!).join(' $ ');
    const circle = all.map((name, i) => `( 1.2.3.${i} NAME '${name}' SUP ( ${words(i)} ) )`);
    const first = counted({ ...brim(['objectClass', 'loop0']), schema: subschema([], circle) });
    t.ok(first.schema.objectClass('loop0'));
    t.ok(first.inAll < 120 * 100, `${first.inAll} look-ups`);
    t.ok(first.most < 100, `${first.most} in one step`);

    // None of these can be shown: each is looked at again wherever it is named.
    const types = upTo(1000, (i) => `( 1.2.4.${i} NAME ( 'bad ${i}' ) SUP 1.2.4.${i + 1} )`);
    const may = upTo(1000, (i) => `1.2.4.${i}`).join(' $ ');
    const heavy = upTo(300, (i) => `( 1.2.3.${i} NAME 'heavy${i}' SUP heavy${i + 1} MUST ( ${may} ) MAY ( ${may} ) )`);
    const shown = brim(...upTo(300, (i) => `heavy${i}`).map((name): [string, string] => ['objectClass', name]));
    const second = counted({ ...shown, schema: subschema(types, heavy) });
    t.ok(second.inAll < 300_000, `${second.inAll} look-ups`);
    t.ok(second.most < 100, `${second.most} in one step`);
    t.end();
  },
);

t.test('superclasses that are reached by many ways are looked at only one time', (t) => {
  const layer = (n: number) => upTo(14, (i) => `layer${n}x${i}`);
  const classes = upTo(6, (n) => `${n}`).flatMap((n) =>
    layer(Number(n)).map((name, i) => `( 1.2.${n}.${i} NAME '${name}' SUP ( ${layer(Number(n) + 1).join(' $ ')} ) )`),
  );
  let asked = 0;
  const original = Schema.prototype.objectClass;
  t.teardown(() => Object.assign(Schema.prototype, { objectClass: original }));
  Schema.prototype.objectClass = function counting(name) {
    asked++;
    return original.call(this, name);
  };
  const image_ = { ...brim(['objectClass', 'layer0x0']), schema: subschema([], classes) };
  const { schema } = runToEnd(shownSchema(image_, renamed));
  const one = schema.objectClass('layer0x0')!;
  const above = new Set(schema.superclassesOf(one).map(({ names: [name] }) => name));
  for (const name of [...layer(1), ...layer(3), 'layer4x0']) t.ok(above.has(name), name);
  t.notOk(above.has('layer0x0'));
  t.ok(asked < 20_000, `${asked} look-ups`);
  t.end();
});

t.test('a kind of password is one at any level, in any order, and also where nothing more is added (R33)', (t) => {
  const chain = upTo(200, (i) => `( 1.2.3.${i} NAME 'kind${i}' SUP ${i === 0 ? 'userPassword' : `kind${i - 1}`} )`);
  const harmless = ["( 1.2.5.1 NAME 'round' SUP about )", "( 1.2.5.2 NAME 'about' SUP round )"];
  const many = upTo(3000, (i) => `x-more${i}`).map((name): [string, string] => [name, 'x']);
  for (const more of [[], many])
    for (const types of [chain, [...chain].reverse()]) {
      const shown = brim(
        ...more,
        ['kind0', 'a'],
        ['kind17', 'b'],
        ['KIND199;x-1', 'c'],
        ['1.2.3.150', 'd'],
        ['round', 'e'],
      );
      const snapshot = buildSnapshot({ ...shown, schema: subschema([...types, ...harmless]) }, renamed, 0);
      for (const { attributes } of snapshot.entries)
        for (const { name } of attributes.values()) t.notMatch(name, /^(kind|1\.2\.3)/i);
      for (const name of ['kind0', 'kind16', 'kind17', 'kind18', 'kind199', '1.2.3.150'])
        t.equal(snapshot.schema.attributeType(name), undefined, name);
      if (more.length === 0) t.same(names(snapshot, '(round=e)'), [BRIM], 'a circle is not a password');
    }
  const alias = ["( 1.2.3.1 NAME ( 'hash' 'userPassword' 'cn' ) )"];
  const { secrets } = counted({ ...brim(['hash', 'a']), schema: subschema(alias) });
  t.same([secrets.has('hash'), secrets.has('cn')], [true, false], 'and makes none of what is known here');
  t.end();
});

t.test('no two elements are published under one OID or one name, whatever the upstream gives them', (t) => {
  const oid = fc.constantFrom(
    '2.5.4.3',
    '2.5.6.6',
    '1.2.3.1',
    '1.2.3.2',
    '1.2.3.3',
    'x-oid',
    '0.9.2342.19200300.100.1.3',
  );
  const name_ = fc.constantFrom('x-a', 'X-A', 'x-b', 'x-c', 'x-d', 'cn', 'person', 'mail');
  const one = fc
    .tuple(oid, fc.uniqueArray(name_, { minLength: 1, maxLength: 3 }), name_)
    .map(
      ([number, own, above]) =>
        `( ${number} NAME ( ${own.map((each) => `'${each}'`).join(' ')} ) SUP ${above} MAY ( x-a $ x-b $ x-c ) )`,
    );
  const list = fc.array(one, { maxLength: 6 });
  fc.assert(
    fc.property(list, list, (types, classes) => {
      const everything = ['x-a', 'x-b', 'x-c', 'x-d', '1.2.3.1', '1.2.3.2'];
      const shown = brim(['objectClass', ...everything], ...everything.map((name): [string, string] => [name, 'x']));
      const { schema } = counted({ ...shown, schema: subschema(types, classes) });
      const { attributes } = makeSubschema(schema);
      const oids: string[] = [];
      for (const kind of ['attributetypes', 'objectclasses']) {
        const definitions = (attributes.get(kind)?.values ?? []).map((text) => parseDefinition(String(text)));
        oids.push(...definitions.map((definition) => definition?.oid ?? ''));
        const own = definitions.flatMap((definition) => definition?.names ?? []).map((each) => each.toLowerCase());
        if (new Set(own).size !== own.length) return false;
      }
      return new Set(oids).size === oids.length;
    }),
    { numRuns: 500 },
  );
  const commonest = ["( 2.5.4.3 NAME 'commonest' SUP sn )", "( 1.2.3.1 NAME 'x-a' )", "( 1.2.3.1 NAME 'x-b' )"];
  const image_ = { ...brim(['commonest', 'y'], ['x-a', '1'], ['x-b', '2']), schema: subschema(commonest) };
  const snapshot = buildSnapshot(image_, renamed, 0);
  for (const filter of ['(commonest=y)', '(x-a=1)', '(x-b=2)', '(1.2.3.1=1)'])
    t.same(names(snapshot, filter), [BRIM], `${filter} is found and described anyway`);
  t.end();
});

t.test('a changed schema makes a new snapshot, an unchanged one none', async (t) => {
  const builder = new SnapshotBuilder({ layout: renamed as Layout, now: () => 0, pause: async () => {} });
  const first = await builder.build(shipped);
  t.equal(await builder.build({ ...shipped, schema: subschema(TYPES, CLASSES) }), first);
  const changed = TYPES.map((text) => text.replace('integerMatch', 'caseIgnoreMatch').replace('1.27', '1.15'));
  const second = await builder.build({ ...shipped, schema: subschema(changed, CLASSES) });
  t.not(second, first);
  t.equal(compare(second, 'badge', 'x'), 5);
  t.equal(compare(first, 'badge', 'x'), 21, 'a client that pages through the old one is not disturbed');
});
