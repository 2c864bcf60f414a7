// An explanation takes turns like any search: whatever is asked, others are served in between. Counted in turns of the event loop, not in time.
import t from 'tap';
import { makeEntry } from '../../../src/directory/entry.js';
import { Snapshot } from '../../../src/directory/snapshot.js';
import { explain } from '../../../src/gate/explain/explain.js';
import type { SearchExplainRequest, SearchExplanation } from '../../../src/gate/explain/explain-search.js';
import { values } from '../../../src/ldap/values.js';
import { BASE, userDN } from '../../support/proxy.js';
import { makeWorld, snapshotOf } from '../../support/world.js';

const MANY = 3000;
const uids = Array.from({ length: MANY }, (_, i) => `user.number.${i}`);

/** A group with a value of each of these users, that filters compare with; and the users themselves. */
const directory = () =>
  new Snapshot(
    [
      ...snapshotOf(uids).entries,
      makeEntry('group', `cn=large,ou=Groups,${BASE}`, [
        { type: 'cn', values: values('large') },
        { type: 'memberUid', values: values(...uids) },
      ]),
    ],
    0,
  );
let large = directory();
const { context } = makeWorld({ snapshot: () => large });

/** The explanation, and how often others had their turn meanwhile. */
async function asked(question: Omit<SearchExplainRequest, 'kind'>): Promise<[SearchExplanation, number]> {
  let turns = 0;
  let next: NodeJS.Immediate;
  const turn = () => {
    turns++;
    next = setImmediate(turn);
  };
  next = setImmediate(turn);
  const explained = await explain(
    { kind: 'search', ...question },
    { context, group: 'wayk-users', readFault: undefined, showsValues: false },
  );
  clearImmediate(next);
  return [explained as SearchExplanation, turns];
}

t.test('a filter of many parts, compared with an entry of many values (R72, R75)', async (t) => {
  const parts = (count: number) => Array.from({ length: count }, (_, i) => `(memberUid=*zz${i}*)`).join('');
  // The search itself looks at nothing: there is no such base.
  const question = { base: `ou=Nowhere,${BASE}`, entry: 'cn=large' };
  const [few, fewTurns] = await asked({ ...question, filter: `(|${parts(2)})` });
  t.match(few, { parts: [{ truth: 'FALSE' }, { truth: 'FALSE' }, { truth: 'FALSE' }] });
  const [many, manyTurns] = await asked({ ...question, filter: `(|${parts(200)})` });
  t.equal(many.parts.length, 201);
  t.ok(manyTurns - fewTurns > 200, `${manyTurns} turns, and ${fewTurns} for few`);
});

t.test('an expected entry that is looked for among many (R72, R75)', async (t) => {
  const filter = `(cn=${'x'.repeat(10)})`;
  const [near, nearTurns] = await asked({ filter, entry: userDN(uids[0]!) });
  t.match(near, { expected: { verdict: 'not matched' } });
  const [far, farTurns] = await asked({ filter, entry: `uid=${uids.at(-1)}` });
  t.match(far, { expected: { verdict: 'not matched' } });
  t.ok(farTurns - nearTurns > 20, `${farTurns} turns, and ${nearTurns} where it is found by its DN`);
});

t.test('indexes that the explanation needs are made in turns (R72, R75)', async (t) => {
  const question = { filter: '(uid=user.number.7)', base: `ou=Nowhere,${BASE}` };
  large = directory();
  const [explained, first] = await asked(question);
  t.match(explained, { index: ['uid'], candidates: 1, inSight: large.entries.length });
  const [, second] = await asked(question);
  t.ok(first - second > 20, `${first} turns, and ${second} where they are there`);
});
