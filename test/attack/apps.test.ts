// Guesses and questions across apps: no app is a way around another's limits, and no app reveals anything about another.
import t from 'tap';
import { StandIn } from '../../src/demo/stand-in.js';
import { Client } from '../support/client.js';
import { fiveApps, memberDN, passwordOf, type Settings } from '../support/five-apps.js';
import { freePort } from '../support/ports.js';
import { startProxy } from '../support/proxy.js';

const upstream = await StandIn.start();
t.teardown(() => upstream.stop());

async function start(test: Pick<typeof t, 'teardown'>, binds: Settings, ofHosts: Settings = {}) {
  const ports: Record<string, number> = {};
  for (const name of ['hosts', 'intranet', 'backup']) ports[name] = await freePort();
  const { wiki, vault, hosts, intranet, backup } = fiveApps(ports);
  const apps = [wiki, vault, { ...hosts, ...ofHosts }, intranet, backup];
  const proxy = await startProxy(upstream, { apps, local: { baseDN: undefined }, binds });
  test.teardown(() => proxy.stop());
  const bind = async (app: string, uid: string, password: string) => {
    const client = await Client.open(ports[app] === undefined ? proxy.url : `ldap://127.0.0.1:${ports[app]}`);
    const { code } = await client.bind(memberDN(app, uid), password);
    client.destroy();
    return code;
  };
  /** Why binds were refused, in the order of the log. */
  const reasons = () => proxy.log.map((line) => (JSON.parse(line) as { reason?: string }).reason);
  const sent = (uid: string) => upstream.bindNames.filter((name) => name.startsWith(`uid=${uid},`)).length;
  return { bind, reasons, sent };
}

t.test('guesses at one account count in all apps, however they are spread over them (R95)', async (t) => {
  const { bind, reasons, sent } = await start(t, { failuresPerAccount: 4, failuresPerAddress: 1000 });
  const apps = ['wiki', 'hosts', 'intranet', 'backup'];
  const before = sent('mirelle.oskand');
  for (let guess = 0; guess < 12; guess++)
    t.equal(await bind(apps[guess % apps.length]!, 'mirelle.oskand', `guess ${guess}`), 49);
  t.equal(sent('mirelle.oskand') - before, 4, 'guesses reach the upstream up to the one limit');
  t.equal(reasons().filter((reason) => reason === 'too-many-attempts').length, 8);
  for (const app of apps)
    t.equal(await bind(app, 'mirelle.oskand', passwordOf('mirelle.oskand')), 49, `barred: ${app}`);
  t.equal(await bind('vault', 'corvane.thessly', passwordOf('corvane.thessly')), 0, 'nobody else is');
});

t.test(
  'an app that does not admit a user cannot be used to guess the password or lock the account (R95)',
  async (t) => {
    const { bind, sent } = await start(t, { failuresPerAccount: 3, failuresPerAddress: 1000 });
    const before = sent('liora.penhadrin');
    for (let guess = 0; guess < 8; guess++) t.equal(await bind('wiki', 'liora.penhadrin', `guess ${guess}`), 49);
    t.equal(sent('liora.penhadrin'), before, 'no guess reaches the upstream');
    t.equal(await bind('wiki', 'liora.penhadrin', passwordOf('liora.penhadrin')), 49);
    t.equal(await bind('vault', 'liora.penhadrin', passwordOf('liora.penhadrin')), 0, 'and her own app lets her in');
    t.equal(await bind('wiki', 'liora.penhadrin', passwordOf('liora.penhadrin')), 49, 'even when it is cached');
  },
);

t.test('guesses from one address count separately in each app, against its own limit (R97)', async (t) => {
  const own = { binds: { failuresPerAddress: 2 } };
  const { bind, reasons } = await start(t, { failuresPerAccount: 1000, failuresPerAddress: 5 }, own);
  const shut = () => reasons().filter((reason) => reason === 'too-many-attempts').length;
  const guess = async (app: string) => {
    const before = shut();
    for (let i = 0; i < 8; i++) await bind(app, `nobody-${app}-${i}`, 'x');
    return 8 - (shut() - before);
  };
  t.equal(await guess('hosts'), 2, 'by its own limit');
  t.equal(await guess('wiki'), 5, 'what another has counted counts for nothing');
  t.equal(await guess('vault'), 5, 'on the same port as well');
});
