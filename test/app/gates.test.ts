// Which groups the one reader reads for all apps of a configuration.
import t from 'tap';
import { gatesOf } from '../../src/app/names.js';
import { loadConfig } from '../../src/config/load.js';

type Settings = Record<string, unknown>;

const UPSTREAM = {
  orgId: '5f1c0a9e7b3d4c2a8e6f9d10',
  reader: { user: 'ldap-reader', password: 'reader-password' },
};
const gates = (settings: Settings) => gatesOf(loadConfig({ env: {}, flags: { upstream: UPSTREAM, ...settings } }));
const app = (name: string, who: Settings) => ({ name, local: { baseDN: `dc=${name}` }, ...who });

t.test('the reader reads the groups of all apps, each once, and everybody if one app lets everybody in', async (t) => {
  t.same(gates({}), { gates: ['wayk-users'], everyone: false });
  t.same(gates({ group: 'crew' }), { gates: ['crew'], everyone: false });
  t.same(gates({ group: { everyone: true } }), { gates: [], everyone: true });
  const [a, b] = [app('a', { groups: ['crew', 'deck'] }), app('b', { groups: ['deck', 'mast'] })];
  t.same(gates({ apps: [a, b] }), { gates: ['crew', 'deck', 'mast'], everyone: false });
  t.same(gates({ apps: [a, app('c', { everyone: true })] }), { gates: ['crew', 'deck'], everyone: true });
});
