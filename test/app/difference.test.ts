// The difference between two configurations tells whatever differs in an app, each key by its name and no secret.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import t from 'tap';
import { type Difference, differenceBetween } from '../../src/app/difference.js';
import { Pictures } from '../../src/app/picture.js';
import { diffText } from '../../src/cli/apps/diff-text.js';
import { appKeyPaths } from '../../src/config/app-schema.js';
import type { AppConfig, Config } from '../../src/config/config.js';
import { loadConfig } from '../../src/config/load.js';
import { Secret } from '../../src/config/secret.js';
import type { UpstreamImage } from '../../src/directory/reader.js';
import { terminalOf } from '../../src/ops/terminal.js';

type Tree = Record<string, unknown>;
type Path = readonly string[];

const ORG = '5f1c0a9e7b3d4c2a8e6f9d10';
const USERS = `ou=Users,o=${ORG},dc=jumpcloud,dc=com`;
const attribute = (type: string, ...values: string[]) => ({ type, values: values.map((value) => Buffer.from(value)) });
const group = {
  dn: `cn=g,${USERS}`,
  attributes: [attribute('objectClass', 'groupOfNames'), attribute('cn', 'g'), attribute('member', `uid=a,${USERS}`)],
};
const person = {
  dn: `uid=a,${USERS}`,
  attributes: [
    attribute('objectClass', 'inetOrgPerson'),
    ...[attribute('uid', 'a'), attribute('cn', 'A B'), attribute('sn', 'B'), attribute('memberOf', `cn=g,${USERS}`)],
  ],
};
const image: UpstreamImage = {
  gates: new Map([['g', group]]),
  everyone: false,
  users: [person],
  groups: [group],
} as never;

const upstream = { orgId: ORG, reader: { user: 'ldap-reader', password: 'reader-password' } };
const load = (settings: Tree) => loadConfig({ env: {}, flags: { upstream, ...settings } });
const app = (name: string, more: Tree = {}) => ({ name, groups: ['g'], local: { baseDN: `dc=${name}` }, ...more });

/** Every key of the app b has a value. */
const whole = load({
  local: { tellPolicy: true },
  apps: [
    app('a'),
    app('b', {
      listen: { ldap: 1390, ldapi: { path: '/run/b.sock', external: 'cn=x,dc=b' } },
      local: { baseDN: 'dc=b', domains: ['b'] },
      serviceAccounts: [{ dn: 'cn=x,dc=b', password: 'first-secret' }],
      attributes: { nick: 'cn' },
      hiddenAttributes: ['mail'],
    }),
    app('c'),
  ],
});

const told = (before: Config, after: Config) => differenceBetween(new Pictures(before, after, image), [], 20);
const text = (difference: Difference) => diffText(difference, terminalOf({}, {}));
const settingsOf = ({ apps }: Difference, name: string) => apps.find((one) => one.name === name)?.settings ?? {};

/** The other values where only some are allowed. */
const OTHERS: Readonly<Record<string, unknown>> = {
  'local.face': 'posix',
  'local.groupClasses': ['groupOfUniqueNames'],
  'attributes.nick': 'sn',
  'listen.ldaps': { host: '127.0.0.1', port: 1636 },
  serviceAccountsFile: '/etc/accounts',
};

function otherValue(path: Path, value: unknown): unknown {
  const other = OTHERS[path.join('.')];
  if (other !== undefined) return other;
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'string') return `${value}x`;
  if (value instanceof Secret) return new Secret('second-secret');
  if (Buffer.isBuffer(value)) return Buffer.from('other');
  if (Array.isArray(value)) return otherList(value);
  if (typeof value === 'object' && value !== null) return { ...value, port: 1 };
  return 'something';
}

function otherList(list: readonly unknown[]): unknown {
  const [first, ...rest] = list;
  // A name: of parts, or of its one part.
  if (Array.isArray(first)) return [otherList(first), ...rest];
  if (typeof first === 'object') return [{ ...first, ...{ value: 'other', dn: 'cn=other,dc=b' } }, ...rest];
  return [...list, 'other'];
}

/** All keys, however deep; a list and an address are one value each. */
function leaves(tree: object, path: Path = []): Path[] {
  return Object.entries(tree).flatMap(([key, value]: [string, unknown]) => {
    const isSection = Object.getPrototypeOf(value ?? 0) === Object.prototype && !Object.hasOwn(value as object, 'port');
    return isSection && Object.keys(value as object).length > 0
      ? leaves(value as object, [...path, key])
      : [[...path, key]];
  });
}

function changed<Whole extends object>(tree: Whole, [key = '', ...rest]: Path, all: Path = [key, ...rest]): Whole {
  const value = (tree as Tree)[key];
  return { ...tree, [key]: rest.length === 0 ? otherValue(all, value) : changed(value as object, rest, all) };
}

const [, b] = whole.apps as readonly [AppConfig, AppConfig];
const withB = (one: AppConfig): Config => ({ ...whole, apps: whole.apps.map((two) => (two === b ? one : two)) });
const appLeaves = leaves(b).filter(([key]) => key !== 'name' && key !== 'isNamed');

t.test('every key of an app is reported by its name, there and back', async (t) => {
  const known = new Set(appLeaves.map((path) => path.join('.').replace(/^local\.(serviceAccounts)/, '$1')));
  const missing = appKeyPaths()
    .map((path) => path.join('.'))
    .filter((key) => !['name', 'attributes'].includes(key) && ![...known].some((one) => one.endsWith(key)));
  t.same(missing, [], 'none is forgotten here');
  for (const path of appLeaves) {
    const other = withB(changed(b, path));
    for (const [from, to] of [
      [whole, other],
      [other, whole],
    ] as const) {
      const difference = await told(from, to);
      const key = path.join('.').replace(/^local\.serviceAccounts/, 'serviceAccounts');
      t.ok(difference.changes, key);
      t.equal(difference.apps.find(({ name }) => name === 'b')?.status, 'changed', key);
      t.notMatch(text(difference), /Nothing changes/, key);
      const { serviceAccounts } = difference.apps.find(({ name }) => name === 'b')!;
      if (key === 'serviceAccounts') t.equal(serviceAccounts.appear.length + serviceAccounts.vanish.length, 2);
      else t.ok(Object.keys(settingsOf(difference, 'b')).includes(key), key);
      t.same(
        difference.apps.filter(({ name }) => name !== 'b').map(({ status }) => status),
        ['same', 'same'],
        `${key}: the others are left alone`,
      );
    }
  }
});

t.test('two configurations with any keys of an app unlike are never said to be the same', async () => {
  const some = fc.subarray(
    appLeaves.filter(([key]) => key !== 'serviceAccounts'),
    { minLength: 0, maxLength: 4 },
  );
  const make = (paths: readonly Path[]) => withB(paths.reduce((one, path) => changed(one, path), b));
  await fc.assert(
    fc.asyncProperty(some, some, async (left, right) => {
      const isSame = left.length === right.length && left.every((path) => right.includes(path));
      const difference = await told(make(left), make(right));
      const isSaid = text(difference).includes('Nothing changes');
      return difference.changes === !isSame && isSaid === isSame;
    }),
    { numRuns: 60 },
  );
});

t.test('a key that nobody knows yet is reported', async (t) => {
  const more: Tree[] = [
    { ...b, novel: 1 },
    { ...b, local: { ...b.local, novel: { deep: 'x' } } },
    { ...b, listen: { ...(b.listen as object), novel: new Secret('novel-secret') } },
  ];
  for (const [i, key] of ['novel', 'local.novel', 'listen.novel'].entries()) {
    const difference = await told(whole, withB(more[i] as unknown as AppConfig));
    t.same(Object.keys(settingsOf(difference, 'b')), [key]);
    t.ok(difference.changes);
    t.notMatch(JSON.stringify(difference), /novel-secret/);
  }
});

t.test('what all apps have in common is reported once, and the log does not concern them', async (t) => {
  const { listen, binds, directory, upstream: from } = whole;
  const ofApps = /^(listen\.(ldaps?|ldapi)\b|binds\.(failuresPerAddress|window)$|directory\.hiddenAttributes$)/;
  const paths = leaves({ listen, binds, directory, upstream: from }).filter((path) => !ofApps.test(path.join('.')));
  t.ok(paths.some((path) => path.join('.') === 'listen.limits.searchEntries'));
  for (const path of paths) {
    const { changes, settings } = await told(whole, changed(whole, path));
    const key = path.join('.').replace(/\.ca$/, '.caFile');
    t.same([changes, Object.keys(settings)], [true, [key]], key);
  }
  const limited = await told(whole, changed(whole, ['listen', 'limits', 'searchTime']));
  t.match(text(limited), /^all apps:\n {2}listen\.limits\.searchTime: 30s → 30001ms\n/);
  const logged = await told(whole, { ...whole, log: { ...whole.log, level: 'trace' } });
  t.match(text(logged), /Nothing changes for any app\./);
});

t.test('of a password only the change is reported', async (t) => {
  const account = (secret: Tree) => load({ apps: [app('a', { serviceAccounts: [{ dn: 'cn=x,dc=a', ...secret }] })] });
  const first = account({ password: 'first-secret' });
  const hashed = {
    ...first.apps[0]!.local.serviceAccounts[0]!,
    password: undefined,
    passwordHash: new Secret('hash-x'),
  };
  const [one] = first.apps;
  const withHash = { ...first, apps: [{ ...one!, local: { ...one!.local, serviceAccounts: [hashed] } }] };
  for (const after of [account({ password: 'second-secret' }), withHash]) {
    const difference = await told(first, after);
    t.match(settingsOf(difference, 'a'), { 'serviceAccounts.cn=x,dc=a.password': { after: '(changed)' } });
    t.match(text(difference), / {2}serviceAccounts\.cn=x,dc=a\.password: \(changed\)\n/);
    t.notMatch(text(difference) + JSON.stringify(difference), /-secret|hash-x/);
  }
  t.notOk((await told(first, account({ password: 'first-secret' }))).changes);
});

t.test('the values before and after are reported as a file has them', async (t) => {
  const before = load({ apps: [app('a')] });
  const settings = {
    local: { baseDN: 'dc=a', names: ['uid'], domains: ['x', 'y'], search: { users: 'all' }, users: 'ou=People' },
    binds: { window: '5m' },
  };
  const changes = settingsOf(await told(before, load({ apps: [app('a', settings)] })), 'a');
  t.same(changes, {
    'local.names': { before: 'uid, mail', after: 'uid' },
    'local.domains': { before: '(none)', after: 'x, y' },
    'local.search.users': { before: 'self', after: 'all' },
    'local.users': { before: 'ou=Users', after: 'ou=People' },
    'binds.window': { before: '1m', after: '5m' },
  });
});

t.test('the app that bare names lead to is reported where the first app of a listener changes', async (t) => {
  const [one, two, three] = [app('a'), app('b'), app('c')];
  const swapped = await told(load({ apps: [one, two] }), load({ apps: [two, one] }));
  t.same(settingsOf(swapped, 'a'), { bareNamesLeadTo: { before: 'a', after: 'b' } });
  t.match(text(swapped), /bareNamesLeadTo: a → b/);
  const preceded = await told(load({ apps: [one, two] }), load({ apps: [three, one, two] }));
  t.same(settingsOf(preceded, 'b'), { bareNamesLeadTo: { before: 'a', after: 'c' } });
  t.notOk((await told(load({ apps: [one, two, three] }), load({ apps: [one, three, two] }))).changes);
});

t.test('an app’s own listeners are reported, even where they are those that it shared', async (t) => {
  const own = await told(
    load({ apps: [app('a')] }),
    load({ apps: [app('a', { listen: { ldap: '127.0.0.1:1389' } })] }),
  );
  t.match(settingsOf(own, 'a'), { 'listen.isShared': { before: 'true', after: 'false' } });
  const moved = await told(load({ apps: [app('a')] }), load({ listen: { ldap: 1390 }, apps: [app('a')] }));
  t.match(settingsOf(moved, 'a'), { 'listen.ldap': { before: '127.0.0.1:1389', after: /:1390$/ } });
});

t.test('another organisation is another base for who has none of its own', async (t) => {
  const other = { upstream: { ...upstream, orgId: '5f1c0a9e7b3d4c2a8e6f9d11' } };
  const difference = await told(load({}), load(other));
  t.ok(difference.changes && difference.upstreamDiffers);
  t.match(settingsOf(difference, 'default'), { 'local.baseDN': { before: /10,dc/, after: /11,dc/ } });
});

t.test('who comes in by another app and has somebody’s name lets neither log in: both lose access', async (t) => {
  const named = (uid: string, cn: string) =>
    [
      {
        ...group,
        dn: `cn=${cn},${USERS}`,
        attributes: [...group.attributes.slice(0, 1), attribute('cn', cn), attribute('member', `uid=${uid},${USERS}`)],
      },
      {
        dn: `uid=${uid},${USERS}`,
        attributes: [
          ...person.attributes.filter(({ type }) => type !== 'uid' && type !== 'memberOf'),
          attribute('uid', uid),
          attribute('memberOf', `cn=${cn},${USERS}`),
        ],
      },
    ] as const;
  const [[g, a], [h, twin]] = [named('a', 'g'), named('A', 'h')];
  const both: UpstreamImage = {
    gates: new Map([
      ['g', g],
      ['h', h],
    ]),
    everyone: false,
    users: [a, twin],
    groups: [g, h],
  };
  const [before, after] = [load({ apps: [app('a')] }), load({ apps: [app('a'), app('b', { groups: ['h'] })] })];
  const [one, two] = (await differenceBetween(new Pictures(before, after, both), [], 20)).apps;
  t.match(one, { name: 'a', status: 'changed', loses: { count: 1, names: ['a'] } });
  t.match(two, { name: 'b', status: 'new', members: { after: 0 } });
  const alone = await differenceBetween(new Pictures(after, after, both), [], 20);
  t.match(alone.apps, [{ status: 'same', members: { before: 0 } }, { status: 'same' }]);
});

t.test('what was compared is released: no picture of an app outlives its comparison', async (t) => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const held: WeakRef<object>[] = [];
  const alive: number[] = [];
  class Watched extends Pictures {
    override async of(name: string) {
      await new Promise(setImmediate);
      collect();
      alive.push(held.filter((one) => one.deref() !== undefined).length);
      const [old, now] = await super.of(name);
      for (const one of [old, now]) if (one !== undefined) held.push(new WeakRef(one.snapshot));
      return [old, now] as const;
    }
  }
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const before = load({ apps: names.map((name) => app(name)) });
  const after = load({ apps: names.map((name) => app(name, { attributes: { nick: 'cn' } })) });
  const { apps } = await differenceBetween(new Watched(before, after, image), [], 20);
  t.ok(apps.every(({ status }) => status === 'changed'));
  t.equal(held.length, 2 * names.length, 'two pictures of each');
  t.ok(
    alive.every((count) => count <= 2),
    `alive at each next app: ${alive.join(', ')}`,
  );
});
