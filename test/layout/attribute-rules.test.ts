// The language of attribute rules: what each rule shows, and what is wrong with one that cannot be.
import fc from 'fast-check';
import t from 'tap';
import { type AttributeRules, type RuleText, readAttributeRules } from '../../src/layout/attribute-rules.js';
import type { Facts } from '../../src/layout/face.js';
import { parseTemplate } from '../../src/layout/template.js';
import { canonicalType } from '../../src/ldap/schema.js';

type Rules = Readonly<Record<string, RuleText>>;
const ANNA = {
  uid: ['Anna.B'],
  cn: ['Anna Berg'],
  givenName: ['Anna', 'Änni'],
  sn: ['Berg'],
  mail: ['anna@x.test', 'berg@x.test'],
  sshKey: ['key 1', 'key 2'],
  manager: ['uid=eve,ou=People,dc=app'],
  memberOf: ['cn=ops,ou=Groups,dc=app'],
  uidNumber: ['7001'],
};
const factsOf = (values: Readonly<Record<string, readonly string[]>>): Facts => {
  const byType = new Map(Object.entries(values).map(([type, texts]) => [canonicalType(type), texts]));
  return {
    kind: 'user',
    uid: values.uid?.[0] ?? '',
    cn: values.cn?.[0] ?? '',
    dn: 'uid=anna,ou=People,dc=app',
    uuid: '',
    values: (type) => (byType.get(canonicalType(type)) ?? []).map((text) => Buffer.from(text)),
  };
};
function read(rules: Rules): AttributeRules {
  const made = readAttributeRules(rules);
  if ('faults' in made) throw new Error(JSON.stringify(made.faults));
  return made;
}
const shown = (rules: Rules, values: Readonly<Record<string, readonly string[]>> = ANNA) =>
  Object.fromEntries(read(rules).derived.map(({ name, make }) => [name, make(factsOf(values)).map(String)]));
const faults = (rules: Rules) => {
  const made = readAttributeRules(rules);
  return 'faults' in made ? made.faults : [];
};

t.test('an alias shows all values under a further name; false hides', async (t) => {
  t.same(shown({ sshPublicKey: 'sshKey', emailAddress2: 'mail', boss: 'manager', nick: 'givenName' }), {
    sshPublicKey: ['key 1', 'key 2'],
    emailAddress2: ['anna@x.test', 'berg@x.test'],
    boss: ['uid=eve,ou=People,dc=app'],
    nick: ['Anna', 'Änni'],
  });
  t.same(read({ MAIL: false, description: false }).dropped, ['mail', 'description']);
});

t.test('an alias is compared as what it stands for, and looked up by its index', async (t) => {
  const { derived, schema } = read({ boss: 'manager', number: 'uidNumber', isMemberOf: 'memberOf' });
  t.match(schema.attributeTypes, [
    { names: ['boss'], equality: 'distinguishedNameMatch' },
    { names: ['number'], equality: 'integerMatch', ordering: 'integerOrderingMatch' },
    { names: ['isMemberOf'], equality: 'distinguishedNameMatch' },
  ]);
  t.equal(new Set(schema.attributeTypes.map(({ oid }) => oid)).size, 3);
  t.same(derived[0]?.through?.('k'), { attribute: 'manager', key: 'k' });
});

t.test('a template is made from first values, and left out where one is missing', async (t) => {
  const rules = {
    displayName: '{givenName} {sn}',
    phone: '{mobile|none}',
    info: '{telephoneNumber}',
    handle: '{uid:lower}@{title:upper|Crew}',
    braces: '{{{uid}}}',
    empty: '{mobile|}{uid}',
  };
  t.same(shown(rules), {
    displayName: ['Anna Berg'],
    phone: ['none'],
    info: [],
    handle: ['anna.b@CREW'],
    braces: ['{Anna.B}'],
    empty: ['Anna.B'],
  });
  t.same(shown({ displayName: '{givenName} {sn}' }, { givenName: ['x'.repeat(5000)], sn: ['y'] }).displayName, []);
});

t.test('a constant is the same for everybody; rules are about people if they do not say otherwise', async (t) => {
  const rules: Rules = {
    company: { value: 'Fernhollow' },
    labels: { value: ['a', 'b'], for: 'all' },
    info: { from: '{cn}!', for: 'groups' },
  };
  t.same(shown(rules), { company: ['Fernhollow'], labels: ['a', 'b'], info: ['Anna Berg!'] });
  t.same(
    read(rules).derived.map(({ kinds }) => kinds),
    [['user'], ['user', 'group'], ['group']],
  );
});

t.test('rules read what was there before them: two attributes may change places', async (t) => {
  t.same(shown({ givenName: 'sn', sn: 'givenName', cn: '{cn} (x)' }), {
    givenName: ['Berg'],
    sn: ['Anna', 'Änni'],
    cn: ['Anna Berg (x)'],
  });
  t.same(shown({ handle: '{uid:lower}', contact: '{handle}@{sn}', again: 'contact' }).again, ['anna.b@Berg']);
});

t.test('values that do not fit the type are left out, and of a single-valued type there is one', async (t) => {
  t.same(shown({ displayName: 'givenName', gecos: 'cn', uidNumber: '{sn}', gidNumber: '{uidNumber}' }), {
    displayName: ['Anna'],
    gecos: ['Anna Berg'],
    uidNumber: [],
    gidNumber: ['7001'],
  });
});

t.test('an impossible rule is an error that says the fix', async (t) => {
  const cases: [Rules, RegExp, RegExp][] = [
    [{ nick: 'givenNam' }, /no attribute givenNam/, /did you mean givenName\?/],
    [{ nick: '{givenNam}' }, /no attribute givenNam/, /givenName/],
    [{ nick: 'nonsensical-thing' }, /no attribute nonsensical-thing/, /./],
    [
      { aa: 'bb', bb: '{dd}', dd: 'aa' },
      /aa is made from bb is made from dd is made from aa: that is a cycle/,
      /directory/,
    ],
    [{ nick: 'nick' }, /nick is made from nick: that is a cycle/, /directory/],
    [{ nick: '{uid' }, /position 1 is not closed/, /\{\{/],
    [{ nick: 'uid}' }, /position 4 has no opening one/, /\{\{/],
    [{ nick: '{a{uid}}' }, /not closed/, /\{\{/],
    [{ nick: '{}' }, /names no attribute/, /\{attribute\}/],
    [{ nick: '{uid:title}' }, /names no attribute/, /lower/],
    [{ nick: '{{uid}}' }, /template names no attribute/, /value/],
    [{ nick: '{manager}' }, /names of entries \(DN\)/, /alias/],
    [{ nick: '{jpegPhoto}' }, /is not text/, /alias/],
    [{ displayName: 'manager' }, /a name of an entry \(DN\) must stay one/, /new name/],
    [{ manager: 'mail' }, /manager holds names of entries/, /manager/],
    [{ manager: { value: 'cn=x' } }, /manager holds names/, /manager/],
    [{ jpegPhoto: 'mail' }, /jpegPhoto is JPEG, and this is/, /same kind/],
    [{ uidNumber: { value: 'seven' } }, /seven does not fit uidNumber \(INTEGER\)/, /change/],
    [{ uidNumber: { value: ['1', '2'] } }, /is single-valued/, /one/],
    [{ company: { value: [] } }, /1 to 32 values/, /value/],
    [{ company: { value: '' } }, /empty/, /change/],
    [{ userPassword: 'mail' }, /never shown/, /leave/],
    [{ nick: 'unicodePwd' }, /never shown/, /leave/],
    [{ nick: '{userPassword}' }, /never shown/, /leave/],
    [{ objectClass: { value: 'x' } }, /is fixed/, /another/],
    [{ uid: 'mail' }, /is fixed/, /another/],
    [{ entryUUID: 'mail' }, /is fixed/, /another/],
    [{ uid: false }, /cannot be hidden/, /leave/],
    [{ nonsensical: false }, /no attribute nonsensical/, /./],
    [{ cn: { from: '{cn}', for: 'all' } }, /known by their cn/, /users/],
    [{ mail: 'cn', rfc822Mailbox: 'cn' }, /two names of one attribute/, /leave/],
    [{ 'x y': 'cn' }, /is not an attribute name/, /letters/],
    [{ nick: { from: 'cn', for: 'everybody' as 'all' } }, /for: everybody/, /users, groups or all/],
  ];
  for (const [rules, message, remedy] of cases) {
    const [fault] = faults(rules);
    t.match(fault, { message, remedy, key: /./ }, JSON.stringify(rules));
  }
});

t.test('whatever the rules are, they are read or refused, and never show a password', async () => {
  const name = fc.constantFrom(
    'nick',
    'a',
    'b',
    'mail',
    'cn',
    'manager',
    'userPassword',
    'jpegPhoto',
    'title',
    '__proto__',
  );
  const part = fc.oneof(
    name.map((one) => `{${one}}`),
    fc.constantFrom('{', '}', '{{', '|', 'x', '{mail|', ':lower}'),
  );
  const rule: fc.Arbitrary<RuleText> = fc.oneof(
    name,
    fc.array(part, { maxLength: 5 }).map((parts) => parts.join('')),
    fc.constant(false as const),
    fc.record({ value: fc.string() }),
  );
  const entry = { ...ANNA, userPassword: ['secret'], title: ['x'] };
  fc.assert(
    fc.property(fc.dictionary(name, rule, { maxKeys: 6 }), (rules) => {
      const made = readAttributeRules(rules);
      if ('faults' in made) return made.faults.every(({ message, remedy }) => message !== '' && remedy !== '');
      return made.derived.every(({ make }) => make(factsOf(entry)).every((value) => !value.includes('secret')));
    }),
  );
});

t.test('a template without braces is its text, and each text can be written as one', async () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 100 }), (text) => {
      const written = text.replace(/[{}]/g, '$&$&');
      const template = parseTemplate(written);
      return template.kind === 'template' && template.parts.join('') === text;
    }),
  );
});
