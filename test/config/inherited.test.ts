// Sockets that were passed, as the configuration takes them: which listener each is for, and what none is.
import t from 'tap';
import { ConfigError, loadConfig } from '../../src/config/load.js';
import { type InheritedSocket, NO_INHERITANCE, takeInheritance } from '../../src/server/inherited-sockets.js';

const UPSTREAM = { orgId: '5f1c0a9e7b3d4c2a8e6f9d10', reader: { user: 'ldap-reader', password: 'reader-password' } };
const tcp = (name: string, host = '127.0.0.1', descriptor = 3): InheritedSocket => ({
  ...{ name, descriptor },
  at: { host, port: 389 },
});
const socketFile = (name: string): InheritedSocket => ({ name, descriptor: 3, at: undefined });
const load = (sockets: readonly InheritedSocket[], flags: Record<string, unknown> = {}) =>
  loadConfig({ env: {}, flags: { upstream: UPSTREAM, ...flags }, inherited: { ...NO_INHERITANCE, sockets } });
const faultsOf = (run: () => unknown): readonly string[] => {
  try {
    run();
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.map(({ path, message }) => `${path} ${message}`);
  }
};
const app = (name: string, more: object = {}) => ({ name, groups: ['g'], local: { baseDN: `dc=${name}` }, ...more });

t.test('a socket takes the place of the address; the other listeners are as they are configured', async (t) => {
  const { listen } = load([tcp('ldap', '::1')], { listen: { ldap: '0.0.0.0:1389' } });
  t.same([listen.ldap, listen.ldaps], [{ host: '::1', port: 389 }, undefined]);
  t.same(listen.inherited, [tcp('ldap', '::1')]);
  const file = load([socketFile('ldapi')]).listen;
  t.same([file.ldap, file.inherited], [{ host: '127.0.0.1', port: 1389 }, [socketFile('ldapi')]]);
});

t.test('an app’s own listeners take those that bear its name', async (t) => {
  const apps = [app('wiki', { listen: { ldap: 2389 } }), app('vpn')];
  const { listen, apps: made } = load([tcp('wiki.ldap'), tcp('ldap', '::1', 4)], { apps });
  t.same(
    made.map((one) => (one.listen === 'shared' ? 'shared' : one.listen.inherited)),
    [[tcp('wiki.ldap')], 'shared'],
  );
  t.same(listen.inherited, [tcp('ldap', '::1', 4)]);
});

t.test('a socket for no listener is an error: nothing would ever answer there', async (t) => {
  const none = 'LISTEN_FDNAMES has a socket for a listener that is not configured, ';
  for (const name of ['jumpgate.socket', 'connection', 'unknown', '', 'LDAP', 'vpn.ldap', 'wiki.ldap', 'constructor'])
    t.same(
      faultsOf(() => load([tcp(name)], { group: 'g', apps: [app('vpn')] })),
      [`${none}${name}: 127.0.0.1:389 (descriptor 3)`],
      name,
    );
  const own = { apps: [app('wiki', { listen: { ldap: 2389 } })] };
  t.match(
    faultsOf(() => load([tcp('ldap')], own)),
    [none],
    'every app has its own',
  );
});

t.test(
  'an address is never taken for a socket file, whose clients are of this machine, nor the other way',
  async (t) => {
    const another = 'LISTEN_FDNAMES has a socket that does not fit its name, ';
    for (const socket of [tcp('ldapi'), socketFile('ldap'), socketFile('ldaps')])
      t.match(
        faultsOf(() => load([socket], { listen: { ldaps: 1636 } })).filter((text) => text.startsWith('LISTEN')),
        [another],
        socket.name,
      );
  },
);

t.test('ldaps needs a certificate; what is switched off stays off', async (t) => {
  t.match(
    faultsOf(() => load([tcp('ldaps')])),
    ['listen.ldaps needs a certificate'],
  );
  for (const [name, listen] of [
    ['ldap', { ldap: false }],
    ['ldap', { ldap: 'false' }],
    ['ldaps', { ldaps: false }],
  ] as const)
    t.match(
      faultsOf(() => load([tcp(name)], { listen })).filter((text) => text.includes('is false')),
      [`listen.${name} is false, and systemd passes a socket for it`],
    );
  const { listen } = load([socketFile('ldapi')], { listen: { ldap: false } });
  t.equal(listen.ldap, undefined, 'a socket file alone is enough');
});

t.test('clear text beyond this machine has the same warning on any of the sockets', async (t) => {
  const warned = (sockets: readonly InheritedSocket[], flags?: Record<string, unknown>) =>
    load(sockets, flags).warnings.map(({ path, message }) => `${path} ${message}`);
  const [configured] = warned([], { listen: { ldap: '192.0.2.7:389' } });
  t.match(configured, /^listen.ldap 192.0.2.7 is reachable from outside/);
  t.same(warned([tcp('ldap'), tcp('ldap', '192.0.2.7', 4)]), [configured]);
  t.same(warned([tcp('ldap')], { listen: { ldap: '192.0.2.7:389' } }), [], 'the configured address is not opened');
});

t.test('the variables are read once and removed; another process’s are left alone', async (t) => {
  const names = ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES', 'LISTEN_PIDFDID'];
  const take = (env: NodeJS.ProcessEnv) => {
    const given = { ...env, PATH: '/bin' };
    const taken = takeInheritance(given, 42);
    t.same(given, { PATH: '/bin' }, JSON.stringify(env));
    return taken;
  };
  t.same(take({}), NO_INHERITANCE);
  t.same(take({ LISTEN_FDS: '1', LISTEN_FDNAMES: 'ldap' }), NO_INHERITANCE, 'nobody’s');
  t.same(take({ LISTEN_PID: '42', LISTEN_FDS: '0' }), NO_INHERITANCE);
  t.match(take(Object.fromEntries(names.map((name) => [name, '43']))), {
    sockets: [],
    faults: [],
    warnings: [{ path: 'LISTEN_PID' }],
  });
  for (const [env, path] of [
    [{ LISTEN_PID: 'x', LISTEN_FDS: '1' }, 'LISTEN_PID'],
    [{ LISTEN_PID: '42', LISTEN_FDS: '-1' }, 'LISTEN_FDS'],
    [{ LISTEN_PID: '42', LISTEN_FDS: '1e3' }, 'LISTEN_FDS'],
    [{ LISTEN_PID: '42', LISTEN_FDS: '1025' }, 'LISTEN_FDS'],
    [{ LISTEN_PID: '42', LISTEN_FDS: '1' }, 'LISTEN_FDNAMES'],
    [{ LISTEN_PID: '42', LISTEN_FDS: '2', LISTEN_FDNAMES: 'ldap' }, 'LISTEN_FDNAMES'],
  ] as const)
    t.match(take(env), { sockets: [], faults: [{ path, remedy: /\w/ }] }, JSON.stringify(env));
});
