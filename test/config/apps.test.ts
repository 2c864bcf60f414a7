// Several apps in one configuration: what each has of its own, what it inherits, and what cannot be combined.
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { parse, stringify } from 'yaml';
import { loadConfig } from '../../src/config/load.js';
import { printableConfig } from '../../src/config/printable-config.js';
import { run } from '../support/command.js';
import { faultsOf } from '../support/config-faults.js';
import { printedJson } from '../support/schemas.js';

const ORG = '5f1c0a9e7b3d4c2a8e6f9d10';
const UPSTREAM = { orgId: ORG, reader: { user: 'ldap-reader', password: 'reader-password' } };
const folder = t.testdir({ password: 'password from a file' });
chmodSync(join(folder, 'password'), 0o600);

type Settings = Record<string, unknown>;

const load = (settings: Settings, env: NodeJS.ProcessEnv = {}) =>
  loadConfig({ env, flags: { upstream: UPSTREAM, ...settings } });

/** An app with a gate and a base; `more` replaces parts of it. */
const app = (name: string, more: Settings = {}) => ({
  name,
  groups: [`${name}-users`],
  local: { baseDN: `dc=${name}` },
  ...more,
});

const pathsOf = (settings: Settings, env?: NodeJS.ProcessEnv) =>
  faultsOf(() => load(settings, env)).map(({ path }) => path);

t.test('without apps the top-level keys are one, and nothing else', async (t) => {
  const config = load({ group: 'vpn', directory: { hiddenAttributes: ['mail'] }, binds: { window: '50s' } });
  t.match(config.apps, [
    {
      ...{ name: 'default', isNamed: false, groups: ['vpn'], everyone: false, listen: 'shared', attributes: {} },
      ...{ hiddenAttributes: ['mail'], binds: { failuresPerAddress: 100, window: 50_000 } },
    },
  ]);
  t.equal(config.apps[0]?.local, config.local);
  t.same(load({ apps: [] }).apps.length, 1, 'an empty list has none');
});

t.test(
  'the app of the top-level keys is there beside others where its group is written, and comes first',
  async (t) => {
    const names = (settings: Settings, env?: NodeJS.ProcessEnv) =>
      load({ apps: [app('a'), app('b')], ...settings }, env).apps.map(({ name }) => name);
    t.same(names({}), ['a', 'b']);
    t.same(names({ group: 'vpn' }), ['default', 'a', 'b']);
    t.same(names({}, { JUMPGATE_GROUP: 'vpn' }), ['default', 'a', 'b']);
    t.same(names({ group: { everyone: true } }), ['default', 'a', 'b']);
    const { group, local } = load({ apps: [app('a', { groups: ['x', 'y'] })] });
    t.same([group, local.baseDN], [{ name: 'x', everyone: false }, [[{ type: 'dc', value: 'a' }]]], 'else the first');
  },
);

t.test('an app has what it writes, else what the top level writes, else what its face has', async (t) => {
  const top = {
    ...{ baseDN: 'dc=top', users: 'ou=people', names: ['uid'], tellPolicy: true, groupClasses: ['groupOfUniqueNames'] },
    ...{ search: { users: 'all' }, serviceAccounts: [{ dn: 'cn=x', password: 'y' }] },
  };
  const { apps } = load({
    ...{ group: 'vpn', local: top, binds: { failuresPerAddress: 7, window: '50s' }, attributes: { title: 'mail' } },
    directory: { hiddenAttributes: ['mail'] },
    apps: [
      app('plain'),
      app('own', { local: { baseDN: 'dc=own', names: ['mail'], tellPolicy: false }, binds: { window: '10s' } }),
      app('posix', { local: { baseDN: 'dc=posix', face: 'posix' }, hiddenAttributes: ['mail', 'title'] }),
      app('ad', { local: { baseDN: 'dc=ad,dc=example', face: 'activedirectory', users: 'cn=Users' } }),
    ],
  });
  const [first, plain, own, posix, ad] = apps;
  t.match(first?.local, { groupClasses: ['groupOfUniqueNames'], users: [{ value: 'people' }] });
  t.match(plain, {
    local: { names: ['uid'], tellPolicy: true, groupClasses: ['groupOfUniqueNames'], search: { users: 'all' } },
    ...{ attributes: {}, hiddenAttributes: ['mail'], binds: { failuresPerAddress: 7, window: 50_000 } },
  });
  t.same([plain?.local.users, plain?.local.serviceAccounts], [[{ type: 'ou', value: 'people' }], []]);
  t.match(own, { local: { names: ['mail'], tellPolicy: false }, binds: { failuresPerAddress: 7, window: 10_000 } });
  t.match(posix, { hiddenAttributes: ['mail', 'title'], local: { groupClasses: ['posixGroup'], names: ['uid'] } });
  t.same(posix?.local.users, [{ type: 'ou', value: 'Users' }], 'the containers of another face are not inherited');
  t.match(ad?.local, { domains: ['ad.example', 'AD'], groupClasses: ['groupOfNames'], users: [{ value: 'Users' }] });
});

t.test('an app of the top level’s face inherits what that face has', async (t) => {
  const local = { face: 'posix', groups: 'ou=Teams', groupClasses: ['groupOfNames', 'posixGroup'] };
  const [posix, plain] = load({
    local,
    apps: [app('a'), app('b', { local: { baseDN: 'dc=b', face: 'jumpcloud' } })],
  }).apps;
  t.match(posix?.local, { face: 'posix', groups: [{ value: 'Teams' }], groupClasses: ['groupOfNames', 'posixGroup'] });
  t.match(plain?.local, { groups: [{ value: 'Groups' }], groupClasses: ['groupOfNames'] });
  const ad = app('ad', { local: { baseDN: 'dc=ad', face: 'activedirectory' } });
  const { apps } = load({ group: 'x', local: { tellReasons: true }, apps: [app('a'), ad] });
  t.same(
    apps.map((one) => one.local.tellReasons),
    [false, false, true],
    'reasons are given in the words of Active Directory alone',
  );
});

const KEYS = {
  names: [['uid'], ['mail']],
  domains: [['EXAMPLE'], ['a.example', 'b.example']],
  tellPolicy: [true, false],
  tellReference: [true, false],
  groupClasses: [['groupOfNames'], ['posixGroup']],
} as const;

t.test('each key of local is inherited separately, whatever the others are', async (t) => {
  const section = fc.record(
    Object.fromEntries(Object.entries(KEYS).map(([key, values]) => [key, fc.constantFrom(...values)])),
    { requiredKeys: [] },
  );
  const defaults = load({}).local as unknown as Settings;
  fc.assert(
    fc.property(section, section, (top, own) => {
      const { apps } = load({ local: top, apps: [app('a', { local: { ...own, baseDN: 'dc=a' } })] });
      const expected = { ...defaults, ...top, ...own };
      for (const key of Object.keys(KEYS)) t.same((apps[0]!.local as unknown as Settings)[key], expected[key], key);
    }),
    { numRuns: 60 },
  );
});

t.test('apps that could not be told apart are an error, with what to do', async (t) => {
  const own = { listen: { ldap: 1390 } };
  const account = (dn: string) => ({ serviceAccounts: [{ dn, password: 'x' }] });
  const rows: [name: string, settings: Settings, path: string, message: RegExp][] = [
    ['equal bases', { apps: [app('a'), app('b', { local: { baseDN: 'DC=A' } })] }, 'apps[1].local.baseDN', /app a/],
    [
      'a base below',
      { apps: [app('a'), app('b', { local: { baseDN: 'dc=b,dc=a' } })] },
      'apps[1].local.baseDN',
      /below/,
    ],
    [
      'a base above',
      { apps: [app('b', { local: { baseDN: 'dc=b,dc=a' } }), app('a')] },
      'apps[1].local.baseDN',
      /above/,
    ],
    [
      'the base of the top level',
      { group: 'x', local: { baseDN: 'dc=a' }, apps: [app('a')] },
      'apps[0].local.baseDN',
      /top/,
    ],
    [
      'JumpCloud’s base twice',
      { group: 'x', apps: [app('a', { local: {} })] },
      'apps[0].local.baseDN',
      /is the base of/,
    ],
    [
      'one account in two apps',
      { apps: [app('a', account('cn=x,dc=other')), app('b', { ...account('CN=X, dc=other'), ...own })] },
      ...(['apps[1].serviceAccounts[0].dn', /apps\[0\]\.serviceAccounts\[0\]/] as const),
    ],
    [
      'an account of the top level',
      { group: 'x', local: account('cn=x'), apps: [app('a', account('cn=x'))] },
      ...(['apps[0].serviceAccounts[0].dn', /local\.serviceAccounts\[0\]/] as const),
    ],
    [
      'an account that would go to another app',
      { apps: [app('a', account('cn=x,dc=b')), app('b')] },
      'apps[0].serviceAccounts',
      /app b/,
    ],
    ['a name twice', { apps: [app('a'), app('a', { local: { baseDN: 'dc=b' } })] }, 'apps[1].name', /apps\[0\]/],
    ['a port twice', { apps: [app('a', own), app('b', own)] }, 'apps[1].listen.ldap', /apps\[0\]\.listen\.ldap/],
    [
      'a port of the top level',
      { apps: [app('a', { listen: { ldap: 1389 } }), app('b')] },
      'apps[0].listen.ldap',
      /port of listen\.ldap/,
    ],
    [
      'the operator’s port',
      { apps: [app('a', { listen: { ldap: 'localhost:9389' } })] },
      'apps[0].listen.ldap',
      /ops\.http/,
    ],
    [
      'a port on all addresses',
      { listen: { requireTls: false }, apps: [app('a', { listen: { ldap: '[::]:1390' } }), app('b', own)] },
      ...(['apps[1].listen.ldap', /apps\[0\]\.listen\.ldap \(::\)/] as const),
    ],
    [
      'a socket file twice',
      { apps: [app('a', { listen: { ldapi: { path: '/x' } } }), app('b', { listen: { ldapi: { path: '/x' } } })] },
      ...(['apps[1].listen.ldapi.path', /apps\[0\]/] as const),
    ],
  ];
  for (const [name, settings, path, message] of rows) {
    const faults = faultsOf(() => load(settings));
    t.match(faults, [{ path, message }], name);
    t.equal(faults.length, 1, name);
    t.ok((faults[0]?.value?.length ?? 0) > 0 && faults[0]!.remedy.length > 10, `${name}: value and remedy`);
  }
});

t.test('an error in one app is reported with its key, and correct settings elsewhere are not reported', async (t) => {
  const ad = (local: Settings) => app('a', { local: { face: 'activedirectory', ...local } });
  for (const [settings, ...paths] of [
    [{ apps: [{ groups: ['x'] }] }, 'apps[0].name'],
    ...['Gitlab', 'git_lab', '-a', 'a'.repeat(33), 'default', 'a b'].map((name) => [
      { apps: [app('a', { name })] },
      'apps[0].name',
    ]),
    [{ apps: [app('a', { groups: [] })] }, 'apps[0].groups'],
    [{ apps: [app('a', { groups: ['x', ' '] })] }, 'apps[0].groups[1]'],
    [{ apps: [app('a', { groups: Array.from({ length: 65 }, (_, i) => `g${i}`) })] }, 'apps[0].groups'],
    [{ apps: Array.from({ length: 65 }, (_, i) => app(`a${i}`)) }, 'apps'],
    [{ apps: [app('a', { listen: {} })] }, 'apps[0].listen'],
    [{ apps: [app('a', { listen: { ldaps: 1636 } })] }, 'apps[0].listen.ldaps'],
    [{ apps: [app('a', { listen: { ldapi: { path: '/x', external: 'me' } } })] }, 'apps[0].listen.ldapi.external'],
    [{ apps: [app('a', { local: { tellReasons: true } })] }, 'apps[0].local.tellReasons'],
    [{ local: { tellReasons: true }, apps: [app('a')] }, 'local.tellReasons'],
    [{ local: { tellReasons: true } }, 'local.tellReasons'],
    [{ apps: [ad({})] }, 'apps[0].local.baseDN'],
    [{ apps: [ad({ baseDN: 'ou=x,dc=example' })] }, 'apps[0].local.baseDN'],
    [{ apps: [ad({ baseDN: 'dc=exa mple' })] }, 'apps[0].local.baseDN'],
    [{ apps: [ad({ baseDN: 'dc=example+o=x,dc=com' })] }, 'apps[0].local.baseDN'],
    [{ local: { face: 'activedirectory' } }, 'local.baseDN'],
    [{ upstream: { reader: UPSTREAM.reader }, apps: [app('a'), app('b', { local: {} })] }, 'upstream.orgId'],
    [{ apps: [app('a', { everyone: 'x', groups: [] })] }, 'apps[0].everyone'],
    [{ apps: [...Array.from({ length: 64 }, (_, i) => app(`a${i}`)), app('A')] }, 'apps'],
    [
      {
        apps: [
          app('a', { serviceAccounts: [{ dn: 'cn=x,dc=b,dc=a', password: 'x' }] }),
          app('b', { local: { baseDN: 'dc=b,dc=a' }, serviceAccounts: [{ dn: 'cn=y,dc=b,dc=a', password: 'x' }] }),
        ],
      },
      'apps[1].local.baseDN',
    ],
    [{ apps: [app('a', { local: { face: 'posx', baseDN: 'dc=a' } })] }, 'apps[0].local.face'],
    [{ apps: [app('a', { binds: { failuresPerAccount: 3 } })] }, 'apps[0].binds.failuresPerAccount'],
    [
      { apps: [app('a', { attributes: { x: true, y: { from: 'mail', of: 'x' } } })] },
      'apps[0].attributes.x',
      'apps[0].attributes.y.of',
    ],
    [
      { apps: [app('a', { attributes: { x: {}, y: { from: 'mail', value: 'x' }, z: { value: 'x', for: 'me' } } })] },
      ...['apps[0].attributes.x', 'apps[0].attributes.y', 'apps[0].attributes.z'],
    ],
    [{ apps: 'gitlab' }, 'apps'],
    [{ apps: { gitlab: {} } }, 'apps'],
    [{ apps: ['gitlab'] }, 'apps[0]'],
    [{ local: { users: 'x' }, apps: [app('a'), app('b')] }, 'local.users'],
    [
      { apps: [app('A'), app('b', { local: { face: 'x' } }), app('c', { listen: { ldap: 'x' } }), app('c')] },
      ...['apps[1].local.face', 'apps[2].listen.ldap', 'apps[0].name', 'apps[3].name'],
    ],
  ] as [Settings, ...string[]][])
    t.same(pathsOf(settings), paths, JSON.stringify(settings).slice(0, 120));
  for (const settings of [
    { apps: [app('a', { listen: { ldap: 0 } }), app('b', { listen: { ldap: 0 } })] },
    { apps: [app('a', { listen: { ldap: 1390 } }), app('b', { listen: { ldap: '[::1]:1390' } })] },
    { apps: [app('a', { listen: { ldap: '0.0.0.0:1390' } }), app('b', { listen: { ldap: '[::1]:1390' } })] },
    { apps: [app('a', { listen: { ldap: 1390 } }), app('b', { listen: { ldap: 1391 }, local: { baseDN: 'dc=a' } })] },
    { apps: [app('a'), app('b', { local: {} }), app('9-c')] },
    { listen: { ldap: false }, apps: [app('a', { listen: { ldap: 1390 } })] },
    {
      local: { tellReasons: true, tellPolicy: true },
      apps: [app('p'), ad({ baseDN: 'dc=example', users: 'cn=Users' })],
    },
    { apps: Array.from({ length: 64 }, (_, i) => app(`a${i}`)) },
  ])
    t.same(pathsOf(settings), [], JSON.stringify(settings).slice(0, 120));
});

t.test('a misspelt key of an app is reported with the keys that an app has', async (t) => {
  const remedy = (more: Settings) => faultsOf(() => load({ apps: [app('a', more)] }))[0]?.remedy;
  t.equal(remedy({ gruops: ['x'] }), 'Did you mean groups?');
  t.equal(remedy({ baseDN: 'dc=x' }), 'Did you mean local.baseDN of this app?');
  t.equal(remedy({ local: { baseDN: 'dc=a', serviceAccounts: [] } }), 'Did you mean serviceAccounts of this app?');
  t.equal(remedy({ listen: { ldap: 1390, requireTls: true } }), 'Remove it. The keys here are ldap, ldaps, ldapi.');
});

t.test('bases on shared listeners are taken if and only if none lies in another', async (t) => {
  const base = fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.array(base, { minLength: 2, maxLength: 4 }), (bases) => {
      const texts = bases.map((labels) => labels.map((label) => `dc=${label}`).join());
      const isIn = (one: string, other: string) => one === other || one.endsWith(`,${other}`);
      const clash = texts.some((one, i) => texts.some((other, j) => i !== j && isIn(one, other)));
      const apps = texts.map((baseDN, i) => app(`a${i}`, { local: { baseDN } }));
      t.equal(pathsOf({ apps }).length > 0, clash, texts.join(' '));
      const apart = apps.map((one, i) => ({ ...one, listen: { ldap: 2000 + i } }));
      t.same(pathsOf({ apps: apart }), [], 'on listeners of their own they may be as they like');
    }),
    { numRuns: 60 },
  );
});

t.test('what is allowed but odd is a warning', async (t) => {
  const own = { listen: { ldap: 1390 } };
  for (const [settings, ...warnings] of [
    [{ apps: [app('a')] }],
    [{ apps: [app('a', { everyone: true })] }, ['apps[0].groups', /everyone/]],
    [{ apps: [app('a', { groups: ['x', 'y', 'X'] })] }, ['apps[0].groups', /twice/]],
    [{ local: { baseDN: 'dc=x' }, apps: [app('a')] }, ['local.baseDN', /no app/]],
    [{ attributes: { title: 'mail' }, apps: [app('a')] }, ['attributes', /no app/]],
    [{ listen: { ldap: 1389 }, apps: [app('a', own)] }, ['listen.ldap', /is not opened/]],
    [{ listen: { ldap: false }, apps: [app('a', own)] }],
    [{ apps: [app('a', { listen: { ldap: '0.0.0.0:1390' } })] }, ['apps[0].listen.ldap', /in clear/]],
    [
      { apps: [app('a', { local: { baseDN: 'dc=a', face: 'posix', groupClasses: ['groupOfNames'] } })] },
      ['apps[0].local.groupClasses', /posixGroup/],
    ],
    [
      { local: { tellReasons: true }, apps: [app('a', { local: { baseDN: 'dc=a', face: 'activedirectory' } })] },
      ['local.tellReasons', /guesses/],
    ],
    [
      { local: { domains: ['x.test'] }, apps: [app('a'), app('b')] },
      ['apps[1].local.domains', /has x\.test, as app a, which shares its listeners and comes first/],
    ],
    [{ local: { domains: ['x.test'] }, apps: [app('a'), app('b', own)] }],
    [
      {
        apps: [
          app('a', { local: { baseDN: 'dc=a', domains: ['x.test'] } }),
          app('b', { local: { baseDN: 'dc=b', domains: ['y.test'] } }),
        ],
      },
    ],
  ] as [Settings, ...[string, RegExp][]][]) {
    const found = load(settings).warnings;
    t.match(
      found,
      warnings.map(([path, message]) => ({ path, message })),
      JSON.stringify(settings),
    );
    t.equal(found.length, warnings.length, JSON.stringify(found));
  }
});

t.test('where every app has listeners of its own, those of the top level are not opened', async (t) => {
  const apps = [app('a', { listen: { ldap: 1390, ldapi: { path: join(folder, 'a') } } })];
  const { listen } = load({ apps, listen: { ldap: 1389, ldapi: { path: join(folder, 'top') } } });
  t.match(listen, { ldap: undefined, ldaps: undefined, ldapi: { path: undefined } });
  t.match(load({ apps: [...apps, app('b')] }).listen.ldap, { port: 1389 });
  t.match(load({ apps, group: 'x' }).listen.ldap, { port: 1389 });
});

t.test(
  'apps come from a variable or a flag as well, as YAML or JSON; paths in a file begin at its folder',
  async (t) => {
    const list = [app('a', { serviceAccounts: [{ dn: 'cn=x', passwordFile: join(folder, 'password') }] }), app('b')];
    for (const text of [JSON.stringify(list), stringify(list)]) {
      t.same(
        load({}, { JUMPGATE_APPS: text }).apps.map(({ name }) => name),
        ['a', 'b'],
      );
      t.same(load({ apps: text }).apps[0]?.local.serviceAccounts[0]?.password?.reveal(), 'password from a file');
    }
    t.match(load({}, { JUMPGATE_ATTRIBUTES: '{ title: mail }' }).apps[0]?.attributes, { title: 'mail' });
    t.match(
      faultsOf(() => load({}, { JUMPGATE_APPS: '[{ name: A, groups: [x] }]' })),
      [{ path: 'apps[0].name', value: 'A', from: 'JUMPGATE_APPS' }],
    );
    const file = join(folder, 'relative.yaml');
    const apps = [
      app('a', {
        ...{ serviceAccounts: [{ dn: 'cn=x', passwordFile: 'password' }], serviceAccountsFile: 'accounts' },
        listen: { ldapi: { path: 'socket' } },
      }),
    ];
    writeFileSync(join(folder, 'accounts'), '- { dn: cn=y, passwordFile: password }', { mode: 0o600 });
    writeFileSync(file, stringify({ upstream: UPSTREAM, apps }));
    const config = loadConfig({ file, env: {}, flags: {} });
    t.match(config.apps, [{ listen: { ldapi: { path: join(folder, 'socket') } } }]);
    t.same(
      config.apps[0]?.local.serviceAccounts.map(({ password }) => password?.reveal()),
      ['password from a file', 'password from a file'],
    );
    t.ok(config.files.includes(join(folder, 'accounts')), 'a change of it is noticed');
  },
);

t.test('nothing of an app’s secrets is shown, whatever is wrong with it (R98)', async (t) => {
  const accounts = [
    ...['hunter2', ['hunter2'], [{ dn: 'hunter2', password: 'hunter2' }], [{ dn: 'cn=a', passwordHash: 'hunter2' }]],
    ...[[{ dn: 'cn=a', passwordFile: 'hunter2' }], [{ dn: 'cn=a', pasword: 'hunter2' }], { password: 'hunter2' }],
    [{ dn: 'cn=a', password: { hunter2: 1 } }],
  ];
  const file = join(folder, 'secrets.yaml');
  for (const apps of [
    ...accounts.map((serviceAccounts) => [app('a', { serviceAccounts })]),
    ...['hunter2', 'hunter2: x', '[hunter2', ['hunter2'], [['hunter2']], { serviceAccounts: 'hunter2' }],
    [app('a', { serviceAccountsFile: 'hunter2' })],
  ]) {
    writeFileSync(file, stringify({ upstream: UPSTREAM, apps }));
    for (const fault of [
      ...faultsOf(() => loadConfig({ file, env: {}, flags: {} })),
      ...faultsOf(() => load({}, { JUMPGATE_APPS: typeof apps === 'string' ? apps : JSON.stringify(apps) })),
    ])
      t.notMatch(JSON.stringify(fault), /hunter2/, JSON.stringify(apps));
    t.ok(pathsOf({ apps }).length > 0, JSON.stringify(apps));
  }
  const config = load({ apps: [app('a', { serviceAccounts: [{ dn: 'cn=x', password: 'hunter2' }] })] });
  t.notMatch(JSON.stringify([config, printableConfig(config)]), /hunter2/);
  const args = [
    '--set',
    `apps=${JSON.stringify([app('a', { serviceAccounts: [{ dn: 'cn=x', password: 'hunter2' }] })])}`,
  ];
  const { err } = await run(['config', ...args], { env: ENV });
  t.match(err, /apps: was given with --set.*passwordFile/);
});

const ENV = {
  JUMPGATE_UPSTREAM_ORG_ID: ORG,
  JUMPGATE_UPSTREAM_READER_USER: 'ldap-reader',
  JUMPGATE_UPSTREAM_READER_PASSWORD_FILE: join(folder, 'password'),
};

const SEVERAL: Settings = {
  upstream: { orgId: ORG, reader: { user: 'ldap-reader', passwordFile: join(folder, 'password') } },
  ...{ local: { names: ['uid'], tellReasons: true, users: 'ou=people' }, binds: { window: '50s' } },
  directory: { hiddenAttributes: ['mail'] },
  apps: [
    app('a', {
      attributes: { displayName: '{givenName} {sn}', title: { value: ['x', 5], for: 'groups' }, mail: false },
    }),
    app('posix', {
      ...{ everyone: true, groups: [], local: { baseDN: 'dc=p', face: 'posix' } },
      listen: { ldap: '[::1]:1390', ldapi: { path: '/x', mode: '0660', external: 'cn=e' } },
    }),
    app('ad', {
      ...{ local: { baseDN: 'dc=ad', face: 'activedirectory' }, binds: { failuresPerAddress: 9 } },
      ...{ hiddenAttributes: ['title'], serviceAccounts: [{ dn: 'cn=x', passwordFile: join(folder, 'password') }] },
    }),
  ],
};

t.test('what is printed of apps loads, and says the same again', async (t) => {
  const file = join(folder, 'printed.yaml');
  for (const more of [{}, { group: 'vpn' }, { attributes: { title: 'mail' }, group: 'vpn', apps: [] }]) {
    const first = loadConfig({ env: {}, flags: { ...SEVERAL, local: { names: ['uid'] }, ...more } });
    writeFileSync(file, JSON.stringify(printableConfig(first)));
    const again = loadConfig({ file, env: {}, flags: {} });
    t.same(printableConfig(again), printableConfig(first));
    t.same(again.apps, first.apps);
  }
});

t.test('each value of an app has its origin: where it is written, or which key it follows', async (t) => {
  const file = join(folder, 'several.yaml');
  writeFileSync(file, stringify(SEVERAL));
  const { out } = await run(['config', '--config', file]);
  const json = await run(['config', '--json', '--config', file]);
  t.same(parse(out), printedJson('config', json.out), 'the comments change nothing');
  const { out: text } = await run(['config', '--origins', '--config', file]);
  const origins = printedJson('config-origins', text) as Record<string, { value: unknown; origin: string }>;
  for (const [key, value, origin] of [
    ['apps[0].name', 'a', file],
    ['apps[0].local.names', ['uid'], 'from local.names'],
    ['apps[0].local.users', 'ou=people', 'from local.users'],
    ['apps[0].local.tellReasons', false, 'default'],
    ['apps[0].hiddenAttributes', ['mail'], 'from directory.hiddenAttributes'],
    ['apps[0].local.search.users', 'self', 'default'],
    ['apps[1].listen.ldap', '[::1]:1390', file],
    ['apps[1].local.users', 'ou=Users', 'default'],
    ['apps[1].local.groupClasses', ['posixGroup'], 'default'],
    ['apps[2].local.domains', ['ad', 'AD'], 'from local.baseDN'],
    ['apps[2].local.tellReasons', true, 'from local.tellReasons'],
    ['apps[2].binds.failuresPerAddress', 9, file],
    ['apps[2].binds.window', '50s', 'from binds.window'],
  ] as const)
    t.same(origins[key], { value, origin }, key);
  t.match(out, /^ {4}local:\n {6}baseDN: dc=ad {2}# .*several\.yaml$/m);
  t.notOk('apps' in origins || 'group' in origins, 'the top-level keys are not an app here');
});

t.test('a rule that cannot be understood is an error at its own key, in each app and at the top level', async (t) => {
  const attributes = { displayName: '{givenNam} {sn}', handle: 'uid', userPassword: 'uid' };
  const expected = (place: string) => [
    { path: `${place}displayName`, value: '{givenNam} {sn}', remedy: /Did you mean givenName\?/ },
    { path: `${place}userPassword`, value: 'uid', message: /passwords are never shown/ },
  ];
  t.match(
    faultsOf(() => load({ attributes })),
    expected('attributes.'),
  );
  t.match(
    faultsOf(() => load({ apps: [app('a'), app('b', { attributes })] })),
    expected('apps[1].attributes.'),
  );
});
