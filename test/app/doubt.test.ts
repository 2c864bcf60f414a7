// The loss of one app's group is not accepted immediately. Meanwhile nobody who has left another app's group gets in there.
import t from 'tap';
import { StandIn } from '../../src/demo/stand-in.js';
import { Client } from '../support/client.js';
import { eventually, withProxy } from '../support/proxy.js';

const FINANCE = ['corvane.thessly', 'liora.penhadrin'];
const app = (name: string, group: string) => ({
  name,
  groups: [group],
  local: { baseDN: `dc=${name}`, search: { users: 'all' } },
});

t.test('who leaves the group of one app is out while the loss of another’s is doubted (R92)', async (t) => {
  const upstream = await StandIn.start({});
  t.teardown(() => upstream.stop());
  const settings = {
    apps: [app('wiki', 'wayk-users'), app('money', 'Finance')],
    local: { baseDN: undefined },
    directory: { refresh: '500ms', doubt: '1h' },
    binds: { cache: { ttl: '0s' } },
  };
  await withProxy(upstream, settings, async ({ url, app: running, log }) => {
    const readiness = () => running.readiness();
    const bind = async ([base, uid, password]: readonly [base: string, uid: string, password: string]) => {
      const client = await Client.open(url);
      const { code } = await client.bind(`uid=${uid},ou=Users,dc=${base}`, password);
      client.destroy();
      return code;
    };
    const leaver = ['wiki', 'quillon.varrek', 'user-secret-5001'] as const;
    const stayer = ['wiki', 'mirelle.oskand', 'user-secret-5002'] as const;
    const other = ['money', 'corvane.thessly', 'user-secret-5005'] as const;
    for (const one of [leaver, stayer, other]) t.equal(await bind(one), 0, one.join(' '));
    for (const uid of FINANCE) upstream.removeFromGroup('Finance', uid);
    await eventually(async () => !readiness().upstream.reachable);
    const searches = upstream.counters.searches;
    t.equal(await bind(stayer), 0, 'others get in');
    t.ok(upstream.counters.searches > searches, 'after they were asked about');
    upstream.removeFromGroup('wayk-users', 'quillon.varrek');
    await eventually(async () => (await bind(leaver)) === 49);
    t.ok(log.some((line) => line.includes('the upstream is asked')));
    t.equal(await bind(other), 0, 'the loss itself is doubted still');
    t.notOk(readiness().upstream.reachable);
  });
});
