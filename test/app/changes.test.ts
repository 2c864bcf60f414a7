// What a new configuration changes: by which keys, what needs a restart, and what may stay as it is.
import t from 'tap';
import { changedKeys, keepsMemory, keepsUpstream, needsRestart } from '../../src/app/changes.js';
import { loadConfig } from '../../src/config/load.js';

type Settings = Record<string, unknown>;

const UPSTREAM = {
  orgId: '5f1c0a9e7b3d4c2a8e6f9d10',
  reader: { user: 'ldap-reader', password: 'reader-password' },
};
const load = (settings: Settings) => loadConfig({ env: {}, flags: { upstream: UPSTREAM, ...settings } });
const app = (name: string, more: Settings = {}) => ({ name, groups: ['g'], local: { baseDN: `dc=${name}` }, ...more });
const account = (password: string) => ({ serviceAccounts: [{ dn: 'cn=x', password }] });

/** Two apps, of which the second is as `more` says. */
const two = (more: Settings = {}, whole: Settings = {}) => load({ ...whole, apps: [app('a'), app('b', more)] });
const B = { baseDN: 'dc=b' };

t.test('another credential of the REST API leaves the mirror, the binds and the caches alone', async (t) => {
  const without = load({});
  const [one, other] = ['jca_one', 'jca_other'].map((key) => load({ upstream: { ...UPSTREAM, api: { key } } }));
  for (const [from, to] of [
    [without, one],
    [one, other],
    [one, without],
  ] as const) {
    t.ok(keepsUpstream(from!, to!) && keepsMemory(from!, to!));
    t.ok(changedKeys(from!, to!).every((key) => key.startsWith('upstream.api')));
    t.ok(changedKeys(from!, to!).length > 0);
  }
});

t.test('changes in an app carry its name, and leave the upstream side and the caches alone', async (t) => {
  for (const [more, keys, waiting = []] of [
    [{}, []],
    [{ local: { ...B, face: 'posix' } }, ['apps.b.local.face', 'apps.b.local.groupClasses']],
    [{ local: { ...B, search: { users: 'all' } } }, ['apps.b.local.search.users']],
    [{ local: { baseDN: 'dc=c' } }, ['apps.b.local.baseDN']],
    [{ attributes: { title: 'mail' } }, ['apps.b.attributes.title']],
    [{ hiddenAttributes: ['mail'] }, ['apps.b.hiddenAttributes']],
    [{ binds: { window: '50s' } }, ['apps.b.binds.window']],
    [account('x'), ['apps.b.serviceAccounts']],
    [{ listen: { ldap: 1390 } }, ['apps.b.listen'], ['apps.b.listen']],
  ] as const) {
    const [before, after] = [two(), two(more)];
    for (const [from, to] of [
      [before, after],
      [after, before],
    ] as const) {
      t.same(changedKeys(from, to), keys, JSON.stringify(more));
      t.same(needsRestart(from, to), waiting, JSON.stringify(more));
      t.ok(keepsUpstream(from, to) && keepsMemory(from, to), JSON.stringify(more));
    }
  }
  t.same(changedKeys(two(account('x')), two(account('y'))), ['apps.b.serviceAccounts'], 'no value, and not the same');
});

t.test('whom the mirror reads is the union of all gates', async (t) => {
  const [before, other] = [two(), two({ groups: ['h'] })];
  t.same([changedKeys(before, other), keepsUpstream(before, other)], [['apps.b.groups'], false]);
  t.ok(
    keepsUpstream(two({ groups: ['h'] }), load({ apps: [app('a', { groups: ['h', 'g'] }), app('b')] })),
    'the same union',
  );
  t.notOk(keepsUpstream(before, two({ everyone: true, groups: [] })));
  t.ok(keepsUpstream(load({ group: 'g' }), load({ group: 'g', directory: {} })));
  t.notOk(keepsUpstream(load({ group: 'g' }), load({ group: 'h' })));
});

t.test('the names of an only app are the mirror’s; those of several are the apps’ own', async (t) => {
  const [one, more] = [load({ local: { baseDN: 'dc=a' } }), load({ local: { baseDN: 'dc=b' } })];
  t.notOk(keepsUpstream(one, more));
  for (const settings of [
    { apps: [app('a'), app('b')], group: 'g' },
    { local: { face: 'posix' }, group: 'g' },
    { attributes: { title: 'mail' }, group: 'g' },
  ]) {
    t.notOk(keepsUpstream(load({ group: 'g' }), load(settings)), JSON.stringify(settings));
    const renamed = { ...settings, directory: { hiddenAttributes: ['mail'] } };
    t.ok(keepsUpstream(load(settings), load(renamed)), JSON.stringify(settings));
  }
  t.notOk(keepsUpstream(one, load({ local: { baseDN: 'dc=a' }, directory: { hiddenAttributes: ['mail'] } })));
  t.ok(
    keepsUpstream(load({ group: 'g', local: { baseDN: 'dc=a' } }), load({ apps: [app('a')] })),
    'with a name or without',
  );
});

t.test(
  'an app that comes or goes is one key; so is another order, for the first is asked for a bare name',
  async (t) => {
    const one = load({ apps: [app('a')] });
    t.same(changedKeys(one, two()), ['apps.b']);
    t.same(changedKeys(two(), one), ['apps.b']);
    t.same(changedKeys(two(), load({ apps: [app('b'), app('a')] })), ['apps']);
    t.same(changedKeys(one, load({ group: 'g', local: { baseDN: 'dc=top' }, apps: [app('a')] })), [
      'attributes',
      'group',
      'local',
    ]);
    const own = load({ apps: [app('a', { listen: { ldap: 1390 } })] });
    t.same(needsRestart(one, own).sort(), ['apps.a.listen', 'listen.ldap'], 'nobody is left on the shared port');
    t.same(needsRestart(own, load({ apps: [app('c', { listen: { ldap: 1390 } })] })), [
      'apps.a.listen',
      'apps.c.listen',
    ]);
  },
);

t.test('the keys of a configuration without apps are those of before', async (t) => {
  const before = load({ local: { baseDN: 'dc=a' } });
  const after = load({
    group: 'h',
    local: { baseDN: 'dc=b', names: ['uid'] },
    listen: { ldap: 1390 },
    binds: { window: '1s' },
  });
  t.same(changedKeys(before, after), ['binds.window', 'group.name', 'listen.ldap', 'local.baseDN', 'local.names']);
  t.same(needsRestart(before, after), ['listen.ldap']);
  t.notOk(keepsMemory(before, load({ local: { baseDN: 'dc=a' }, binds: { window: '1s' } })));
});
