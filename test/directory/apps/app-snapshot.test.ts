// The snapshot of an app: it answers as one of the app's people alone would, and nobody else is in it.
import { deepEqual, ok } from 'node:assert';
import fc from 'fast-check';
import t from 'tap';
import { type AppShape, appSnapshotSteps, LargeValues } from '../../../src/directory/apps/app-snapshot.js';
import { compareEntry } from '../../../src/directory/compare.js';
import type { UpstreamImage } from '../../../src/directory/reader.js';
import { makeRootDSE } from '../../../src/directory/root-dse.js';
import { NO_LIMITS, openSearch } from '../../../src/directory/search.js';
import { buildSnapshot, type Snapshot } from '../../../src/directory/snapshot.js';
import { makeSubschema } from '../../../src/directory/subschema.js';
import type { View } from '../../../src/directory/view.js';
import { Work } from '../../../src/directory/work.js';
import { JUMPCLOUD_FACE } from '../../../src/layout/face.js';
import { textsOf } from '../../../src/ldap/attributes.js';
import type { SearchRequest } from '../../../src/ldap/message.js';
import { runToEnd } from '../../../src/runtime/cooperative.js';
import { type App, app, BASE_LAYOUT, OWN_TYPES, organisation, requestOf, UIDS } from './organisation.js';

const NOTHING = { attributeTypes: [], objectClasses: [] };
const shapeOf = ({ layout, isIn }: App): AppShape => ({
  layout,
  members: isIn,
  face: JUMPCLOUD_FACE,
  derived: [],
  dropped: [],
  schema: NOTHING,
});
const SPECIALS = {
  rootDSE: makeRootDSE({
    namingContexts: [],
    supportedExtension: [],
    supportedControl: [],
    supportedSASLMechanisms: [],
    vendorVersion: 'test',
  }),
  subschema: makeSubschema(),
};

/** As it would be if there were nobody but the app's people. */
const alone = (image: UpstreamImage, { layout, isIn }: App): Snapshot =>
  buildSnapshot({ ...image, users: image.users.filter((user) => isIn(textsOf(user, 'uid')[0]!)) }, layout, 0);

function answer(view: View, request: SearchRequest, budget = 7) {
  const cursor = openSearch(view, SPECIALS, request, NO_LIMITS);
  const found: unknown[] = [];
  for (;;) {
    const next = cursor.advance(new Work(budget), 0);
    if (next === 'again') continue;
    if (!('kind' in next)) return { found: found.sort(byText), result: next.result };
    const attributes = next.attributes.map(({ type, values }) => `${type}: ${values.map(String).join(' | ')}`);
    found.push(`${next.objectName}\n${attributes.sort().join('\n')}`);
  }
}
const byText = (a: unknown, b: unknown) => (String(a) < String(b) ? -1 : 1);

const typesOf = ({ schema: { attributeTypes, objectClasses } }: Snapshot) =>
  [...attributeTypes, ...objectClasses].map(({ names }) => names[0].toLowerCase()).sort();

const namesIn = (snapshot: Snapshot) => snapshot.entries.map((entry) => entry.dn);

t.test('an app answers every search, compare and name as a snapshot of its people alone (R29, R31, R35)', async () => {
  const arbitrary = fc.tuple(organisation, app).chain(([image, one]) => {
    const expected = alone(image, one);
    const base = buildSnapshot(image, BASE_LAYOUT, 0);
    const derived = runToEnd(appSnapshotSteps(base, shapeOf(one), new LargeValues()));
    const own = OWN_TYPES.filter((type) => typesOf(derived).includes(type) === typesOf(expected).includes(type));
    return fc.record({
      // As a function, for they are too long to be printed.
      made: fc.constant(() => ({ derived, expected })),
      requests: fc.array(requestOf(namesIn(expected), own), { minLength: 12, maxLength: 12 }),
    });
  });
  fc.assert(
    fc.property(arbitrary, ({ made, requests }) => {
      const { derived, expected } = made();
      deepEqual([...namesIn(derived)].sort(), [...namesIn(expected)].sort());
      deepEqual(derived.memberCount, expected.memberCount);
      deepEqual([...derived.attributes.keys()].sort(), [...expected.attributes.keys()].sort());
      // It may lack what no entry shows a value of.
      for (const type of typesOf(derived)) ok(typesOf(expected).includes(type), type);
      const views = ['', ...UIDS].map((uid) => [derived.viewOf(uid), expected.viewOf(uid)] as const);
      for (const request of requests) {
        for (const [view, other] of [[derived, expected] as const, ...views])
          deepEqual(answer(view, request), answer(other, request));
        const { filter } = request;
        if (filter.kind !== 'equalityMatch') continue;
        for (const entry of namesIn(expected)) {
          const compare = { kind: 'compareRequest', entry, attribute: filter.attribute, value: filter.value } as const;
          deepEqual(compareEntry(derived, SPECIALS, compare), compareEntry(expected, SPECIALS, compare));
        }
      }
      const uidOf = (hit: ReturnType<Snapshot['named']>) => (typeof hit === 'object' ? hit.dn : hit);
      for (const attribute of ['uid', 'mail', 'cn'] as const)
        for (const uid of UIDS)
          for (const value of [uid, uid.toUpperCase(), `${uid}@x.test`, `${uid} Name`])
            deepEqual(uidOf(derived.named(attribute, value)), uidOf(expected.named(attribute, value)));
      for (const uid of UIDS) deepEqual(derived.user(uid)?.dn, expected.user(uid)?.dn);
    }),
    { numRuns: 60 },
  );
});
