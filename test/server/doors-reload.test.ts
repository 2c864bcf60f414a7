// A new configuration has other doors, or other apps behind them: who goes on, and who is sent away.
import t from 'tap';
import type { Door, Rules } from '../../src/server/rules.js';
import { chat, entranceAt, found, options, rootDSE, siteOf, wiki } from '../support/app-site.js';
import { accountOf, appRules, listenerAt, PASSWORD, sharedDoor, userOf } from '../support/apps.js';
import { Client, simpleBind } from '../support/client.js';
import { eventually } from '../support/proxy.js';

t.test('a new configuration takes an app away: its connections are notified and ended, all others go on', async (t) => {
  const site = await siteOf(t);
  const [one, two, undecided] = await Promise.all([site.open(), site.open(), site.open()]);
  await one.bind(accountOf('wiki'), PASSWORD);
  await two.bind(accountOf('chat'), PASSWORD);
  await undecided.result(rootDSE);
  site.listener.doors = new Map([['shared', { first: wiki }]]);
  await eventually(() => two.isClosed);
  const [notice] = two.received.filter(({ messageID }) => messageID === 0);
  t.match(notice?.op, { result: { code: 52, text: 'app is gone' } });
  t.same(await found(one, 'wiki'), ['ada of wiki', 'ben of wiki']);
  t.equal((await undecided.bind(userOf('wiki', 'ben'), PASSWORD)).code, 0);
  t.equal(site.app(), 'wiki');
  one.destroy();
  undecided.destroy();
});

t.test('nobody goes on in an app that has taken the place of another', async (t) => {
  const site = await siteOf(t, { first: wiki });
  const client = await site.open();
  t.equal((await client.bind('ada', PASSWORD)).code, 0);
  site.listener.doors = new Map([['shared', { first: chat }]]);
  await eventually(() => client.isClosed);
  t.same(
    site.heard.operations.map(({ source }) => source.app),
    ['wiki'],
  );
});

t.test('an app with new rules keeps its connections, and its people', async (t) => {
  const site = await siteOf(t);
  const client = await site.open();
  await client.bind(userOf('chat', 'ada'), PASSWORD);
  const anew = appRules('chat', ['ada', 'dan'], { ...options, world: { userSearch: 'all' } });
  site.listener.doors = new Map([['shared', sharedDoor([wiki, anew])]]);
  t.same(await found(client, 'chat'), ['ada of chat', 'dan of chat']);
  client.destroy();
});

t.test(
  'a door that is taken away stays shut, and connections behind it end with what they have asked answered',
  async (t) => {
    const doors = new Map<string, Door>([
      ['wiki', { first: wiki }],
      ['chat', { first: chat }],
    ]);
    const { listener, heard } = listenerAt(doors, [entranceAt('wiki'), entranceAt('chat')]);
    const [, opened = {}] = await listener.start();
    t.teardown(() => listener.stop(0));
    const port = opened.ldap?.port ?? 0;
    const client = await Client.open({ port });
    await client.result(rootDSE);
    const asked = client.send(simpleBind('cid', PASSWORD));
    await eventually(() => heard.operations.length > 0 && listener.size === 1);
    listener.doors = new Map([['wiki', { first: wiki }]]);
    await eventually(() => client.isClosed);
    const answers = client.received.filter(({ messageID }) => messageID === asked);
    t.ok(answers.length <= 1, 'answered once, or not taken up any more');
    t.match(client.received.at(-1), { messageID: 0, op: { result: { code: 52 } } });
    const late = await Client.open({ port });
    await eventually(() => late.isClosed);
    t.equal(heard.faults.at(-1)?.fault, 'app is gone');
    t.same(heard.defects, []);
  },
);

t.test('a port for TLS never speaks in cleartext, not even where the certificate was taken away (R65)', async (t) => {
  const site = await siteOf(t, { first: wiki });
  const bare: Rules = { ...wiki, tls: undefined };
  site.listener.doors = new Map([['shared', { first: bare }]]);
  const client = await Client.open({ port: site.tlsPort });
  client.send(simpleBind('ada', PASSWORD));
  await eventually(() => client.isClosed);
  t.same(client.received, []);
  t.same(site.heard.operations, []);
});
