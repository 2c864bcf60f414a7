// anr, Active Directory's search for a name in any of several attributes: what it finds, and that it is nothing where the schema lacks it.
import t from 'tap';
import { ambiguousName } from '../../src/directory/ambiguous-name.js';
import { makeEntry } from '../../src/directory/entry.js';
import { compileFilter } from '../../src/directory/filter-evaluation.js';
import type { FilterItem } from '../../src/directory/items.js';
import { ACTIVE_DIRECTORY_SCHEMA } from '../../src/layout/activedirectory/schema.js';
import { parseFilter } from '../../src/ldap/filter-text.js';
import { Schema, STANDARD } from '../../src/ldap/schema.js';
import { values } from '../../src/ldap/values.js';

const schema = new Schema(
  [...ACTIVE_DIRECTORY_SCHEMA.attributeTypes, ...STANDARD.attributeTypes],
  [...STANDARD.objectClasses, ...ACTIVE_DIRECTORY_SCHEMA.objectClasses],
);

const person = makeEntry('user', 'CN=qvarrek,CN=Users,DC=example,DC=com', [
  { type: 'sAMAccountName', values: values('qvarrek') },
  { type: 'givenName', values: values('Quillon') },
  { type: 'sn', values: values('Varrek Dunlo') },
  { type: 'displayName', values: values('Dr. Quillon Varrek') },
  { type: 'mail', values: values('q.varrek@example.com') },
]);

const filterOf = (text: string) => parseFilter(text) as FilterItem;

t.test('people whose name begins so are found, by first and last name in either order as well', (t) => {
  for (const found of [
    'qv',
    'QUILLON',
    'varrek',
    'Dr.',
    'q.varrek@',
    'Quil Var',
    'varrek quillon',
    '=Quillon',
    '=quillon varrek dunlo',
  ])
    t.equal(compileFilter(filterOf(`(anr=${found})`), schema)(person), 1, found);
  for (const missed of ['uillon', 'Quillon X', '=Quillo', '=quillon varrek', 'dunlo'])
    t.equal(compileFilter(filterOf(`(anr=${missed})`), schema)(person), 0, missed);
  t.equal(compileFilter(filterOf('(anr=quil*)'), schema)(person), 1, 'as some write it');
  t.equal(compileFilter(filterOf('(!(anr=quil))'), schema)(person), 0);
  t.end();
});

t.test('without the schema it is an attribute that nobody knows, and no other item is touched', (t) => {
  t.equal(ambiguousName(filterOf('(anr=x)'), STANDARD), undefined);
  t.equal(compileFilter(filterOf('(anr=quil)'))(person), -1);
  for (const other of ['(cn=x)', '(anr=*)', '(anr>=x)', '(anr;x=y)', '(anrx=y)'])
    t.equal(ambiguousName(filterOf(other), schema), undefined, other);
  t.same(ambiguousName(filterOf('(anr==)'), schema), { kind: 'or', filters: [] }, 'an empty name finds nobody');
  t.end();
});
