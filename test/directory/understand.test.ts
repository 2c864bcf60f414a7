// How a filter is understood: its parts, what can never match and why, and the index that answers it.

import fc from 'fast-check';
import t from 'tap';
import { makeEntry } from '../../src/directory/entry.js';
import { compileFilter } from '../../src/directory/filter-evaluation.js';
import { isItem, partsOf, whyUndefined } from '../../src/directory/understand.js';
import { View } from '../../src/directory/view.js';
import { formatFilter, parseFilter } from '../../src/ldap/filter-text.js';
import { values } from '../../src/ldap/values.js';
import { filter as anyFilter } from '../support/arbitrary.js';

const person = (uid: string) =>
  makeEntry(
    'user',
    `uid=${uid},ou=Users,dc=example,dc=com`,
    [
      { type: 'objectClass', values: values('top', 'person') },
      { type: 'uid', values: values(uid) },
      { type: 'mail', values: values(`${uid}@example.test`) },
    ],
    uid,
  );
const view = new View(['ada', 'bob', 'eve'].map(person));

t.test('the parts of a filter come in the order of its text, with their depth', async (t) => {
  const parts = partsOf(parseFilter('(&(uid=a)(!(|(cn=b)(cn=c))))'));
  t.same(
    parts.map(({ depth, filter }) => `${depth} ${isItem(filter) ? formatFilter(filter) : filter.kind}`),
    ['0 and', '1 (uid=a)', '1 not', '2 or', '3 (cn=b)', '3 (cn=c)'],
  );
});

t.test('each way to be Undefined has its words, and what to ask for instead', async (t) => {
  const rows: [text: string, why: RegExp | undefined][] = [
    ['(uid=ada)', undefined],
    ['(uid=*)', undefined],
    ['(!(uid=ada))', undefined],
    ['(memberOf=cn=staff,dc=example,dc=com)', undefined],
    ['(sAMAccountName=ada)', /no attribute sAMAccountName here.*ask for uid/],
    ['(userPrincipalName=ada*)', /mail or uid/],
    ['(userAccountControl:1.2.840.113556.1.4.803:=2)', /leave this part out/],
    ['(nonsense=*)', /no attribute nonsense here$/],
    ['(userPassword=*)', /never compared/],
    ['(userPassword;x-y=secret)', /never compared/],
    ['(memberOf=staff)', /not a DN.*whole DNs/],
    ['(memberOf=*staff*)', /as a whole only/],
    ['(objectClass=user)', /names of object classes/],
    ['(uidNumber=abc)', /does not fit INTEGER/],
    ['(uidNumber>=abc)', /does not fit INTEGER/],
    ['(mail>=a)', /has no order/],
    ['(uid:1.2.3.4:=ada)', /no matching rule 1\.2\.3\.4/],
    ['(uid:integerMatch:=5)', /does not suit/],
    ['(:caseIgnoreMatch:=)', /does not suit|does not fit/],
  ];
  for (const [text, why] of rows) {
    const said = whyUndefined(parseFilter(text));
    if (why === undefined) t.equal(said, undefined, text);
    else t.match(said, why, text);
  }
});

t.test('whatever has a reason to be Undefined is Undefined, and nothing else is', async (t) => {
  fc.assert(
    fc.property(anyFilter, (filter) => {
      for (const { filter: part } of partsOf(filter)) {
        if (!isItem(part)) continue;
        const truths = view.entries.map((entry) => compileFilter(part)(entry));
        t.equal(
          whyUndefined(part) !== undefined,
          truths.every((truth) => truth === -1),
        );
      }
    }),
    { numRuns: 300 },
  );
});

t.test('the index that answers is named; a scan is reported as one', async (t) => {
  const rows: [text: string, indexes: readonly string[] | undefined][] = [
    ['(uid=ada)', ['uid']],
    ['(userid=ada)', ['uid']],
    ['(uid=a*)', undefined],
    ['(&(objectClass=person)(uid=ada))', ['uid']],
    ['(&(uid=a*)(objectClass=person))', ['objectclass']],
    ['(|(uid=ada)(mail=bob@example.test))', ['uid', 'mail']],
    ['(&(|(uid=ada)(mail=ada@example.test))(objectClass=*))', ['uid', 'mail']],
    ['(|(uid=ada)(cn=a*))', undefined],
    ['(!(uid=ada))', undefined],
  ];
  for (const [text, indexes] of rows) {
    const plan = view.plan(parseFilter(text));
    t.same(plan.indexes, indexes, text);
    const matches = compileFilter(parseFilter(text));
    const looked = new Set(plan.lists.flat());
    t.ok(looked.size <= plan.most, 'not more than planned');
    t.same(
      view.entries.filter((entry) => matches(entry) === 1 && !looked.has(entry)),
      [],
      'nothing is overlooked',
    );
  }
});
