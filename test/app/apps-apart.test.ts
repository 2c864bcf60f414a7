// Apps over one random organisation, tested as requests reach them: a change outside an app changes no byte of its answers.
import { deepEqual } from 'node:assert';
import { performance } from 'node:perf_hooks';
import fc from 'fast-check';
import t from 'tap';
import { makeAppParts } from '../../src/app/app-parts.js';
import { makeHouse } from '../../src/app/doors.js';
import { mirrorLayout } from '../../src/app/names.js';
import { makeMemory } from '../../src/app/rules.js';
import type { UpstreamStack } from '../../src/app/upstream-stack.js';
import type { Config } from '../../src/config/config.js';
import { loadConfig } from '../../src/config/load.js';
import { LargeValues } from '../../src/directory/apps/app-snapshot.js';
import type { UpstreamEntry, UpstreamImage } from '../../src/directory/reader.js';
import { buildSnapshot } from '../../src/directory/snapshot.js';
import { dispatch } from '../../src/gate/dispatch.js';
import { ALONE, runAlone } from '../../src/gate/run-alone.js';
import { anonymousSession, type Identity, withIdentity } from '../../src/gate/session.js';
import type { World } from '../../src/gate/world.js';
import { textsOf } from '../../src/ldap/attributes.js';
import type { CompareRequest, Response, SearchRequest } from '../../src/ldap/message.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { organisation, requestOf, UIDS } from '../directory/apps/organisation.js';
import { attribute, ORG, upstreamGroup, upstreamUser } from '../layout/image.js';

const APPS = ['one', 'two', 'three'] as const;
const accountOf = (app: string) => `cn=account,dc=${app}`;

/** A gate of each app, and the people who are in it. */
type Gates = Readonly<Record<string, readonly string[]>>;

/** The organisation with these groups as well, which people name in turn. */
function gated(image: UpstreamImage, gates: Gates): UpstreamImage {
  const groups = Object.entries(gates).map(([app, uids]): [string, UpstreamEntry] => [
    app,
    {
      dn: upstreamGroup(app),
      attributes: [
        attribute('objectClass', 'top', 'groupOfNames'),
        attribute('cn', app),
        attribute('member', ...uids.map(upstreamUser), upstreamUser('nobody')),
      ],
    },
  ]);
  const users = image.users.map((user): UpstreamEntry => {
    const [uid = ''] = textsOf(user, 'uid');
    const names = Object.keys(gates).filter((app) => gates[app]!.includes(uid));
    const memberOf = names.length === 0 ? [] : [attribute('memberOf', ...names.map(upstreamGroup))];
    return { dn: user.dn, attributes: [...user.attributes, ...memberOf] };
  });
  return {
    ...image,
    ...{ gates: new Map(groups), everyone: false },
    users: users.filter((user) => textsOf(user, 'memberOf').length > 0),
    groups: [...image.groups, ...groups.map(([, group]) => group)],
  };
}

const uidOf = (user: UpstreamEntry) => textsOf(user, 'uid')[0] ?? '';

/** The worlds of all apps over one read. */
async function worldsOf(config: Config, image: UpstreamImage): Promise<ReadonlyMap<string, World>> {
  const snapshot = buildSnapshot(image, mirrorLayout(config), performance.now());
  const lookUp = () => {};
  const nameLookup = { lookUp, confirm: lookUp, forGates: () => nameLookup };
  const mirror = { snapshot, isFirstRead: false, isWithoutList: false, isHeldBackByOthers: () => false };
  const stack = { mirror, nameLookup, verifier: {}, asksForSecondFactor: false } as unknown as UpstreamStack;
  const parts = makeAppParts(config, new LargeValues());
  for (const { view } of parts) await view?.build(snapshot);
  const { rules } = makeHouse(config, stack, makeMemory(config), parts);
  return new Map([...rules].map(([name, { gate }]) => [name, gate]));
}

/** Every answer to one client, as bytes; entries in any order. */
async function answer(world: World, identity: Identity, op: SearchRequest | CompareRequest): Promise<string[]> {
  const said: string[] = [];
  const say = (response: Response | undefined) => {
    if (response !== undefined) said.push(encodeMessage({ messageID: 1, op: response }).toString('latin1'));
  };
  const session = withIdentity(anonymousSession('clear', '127.0.0.1'), identity);
  const outcome = dispatch({ messageID: 1, op }, session, world, ALONE);
  if (!('running' in outcome)) say(outcome.response);
  else say((await runAlone(outcome.running, world.clock, say)).response);
  return said.sort();
}

const identitiesOf = (app: string, world: World, uids: readonly string[]): Identity[] => [
  { kind: 'service', dn: accountOf(app) },
  ...uids.map((uid): Identity => ({ kind: 'user', uid, person: '', dn: world.localUserDN(uid) })),
];

const rules = fc.constantFrom(
  {},
  { displayName: '{uid:upper} {sn|none}' },
  { title: 'sn', mail: false as const },
  { boss: 'manager', description: { value: 'the same', for: 'all' } },
);
const oneApp = (name: string) =>
  fc
    .record({
      face: fc.constantFrom('jumpcloud', 'posix', 'activedirectory'),
      attributes: rules,
      hiddenAttributes: fc.subarray(['title', 'mail', 'manager', 'gidNumber'], { maxLength: 2 }),
      users: fc.constantFrom('self', 'all'),
    })
    .map(({ face, users, ...more }) => ({
      ...{ name, groups: [name], local: { baseDN: `dc=${name}`, face, search: { users } }, ...more },
      serviceAccounts: [{ dn: accountOf(name), password: 'a long secret' }],
    }));
const reader = { user: 'the.reader', password: 'reader-password' };
const configOf = (apps: readonly object[]) =>
  loadConfig({ env: {}, flags: { upstream: { orgId: ORG, reader }, apps, ops: { http: false } } });

t.test('no entry, value or count of one app is in an answer of another (R29, R31, R35)', async (t) => {
  let found = 0;
  const arbitrary = fc.record({
    image: organisation,
    gates: fc.record({ one: fc.subarray(UIDS), two: fc.subarray(UIDS), three: fc.subarray(UIDS) }),
    apps: fc.tuple(...APPS.map(oneApp)),
    requests: fc.gen(),
  });
  await fc.assert(
    fc.asyncProperty(arbitrary, async ({ image, gates, apps, requests }) => {
      const config = configOf(apps);
      const whole = gated(image, gates);
      const worlds = await worldsOf(config, whole);
      for (const app of APPS) {
        const world = worlds.get(app)!;
        const own = { ...whole, users: whole.users.filter((user) => gates[app].includes(uidOf(user))) };
        const alone = (await worldsOf(config, own)).get(app)!;
        const names = world.snapshot()!.entries.map(({ dn }) => dn);
        deepEqual(
          [...names].sort(),
          alone
            .snapshot()!
            .entries.map(({ dn }) => dn)
            .sort(),
        );
        const all = [alone, ...worlds.values()].flatMap((each) => each.snapshot()!.entries);
        for (let i = 0; i < 5; i++) {
          const request = requests(() => requestOf(all));
          const { filter } = request;
          const compare =
            filter.kind === 'equalityMatch'
              ? {
                  kind: 'compareRequest' as const,
                  entry: request.baseObject,
                  attribute: filter.attribute,
                  value: filter.value,
                }
              : undefined;
          for (const identity of identitiesOf(app, world, gates[app].slice(0, 2))) {
            const said = await answer(world, identity, request);
            deepEqual(said, await answer(alone, identity, request));
            if (said.length > 1) found++;
            if (compare !== undefined)
              deepEqual(await answer(world, identity, compare), await answer(alone, identity, compare));
          }
        }
      }
    }),
    { numRuns: 25, interruptAfterTimeLimit: 20_000 },
  );
  t.ok(found > 3, 'and there were answers with entries');
});
