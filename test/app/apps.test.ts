// Several apps in one process, by sockets: each knows its own people alone, and one configuration after the other.
import t from 'tap';
import { PEOPLE } from '../../src/demo/people.js';
import { StandIn } from '../../src/demo/stand-in.js';
import { ControlType } from '../../src/gate/search/controls.js';
import { Scope, type SearchResultEntry } from '../../src/ldap/message.js';
import { decodePagedResults, encodePagedResults } from '../../src/wire/controls.js';
import { Client, searchRequest } from '../support/client.js';
import {
  accountOf,
  accountPassword,
  baseOf,
  fiveApps,
  IN,
  memberDN,
  NAMES,
  passwordOf,
  type Settings,
} from '../support/five-apps.js';
import { freePort } from '../support/ports.js';
import { eventually, proxyConfig, startProxy } from '../support/proxy.js';

const upstream = await StandIn.start();
const ports: Record<string, number> = {};
for (const name of ['hosts', 'intranet', 'backup']) ports[name] = await freePort();
const APPS = fiveApps(ports);
const settingsOf = (apps: readonly Settings[]) => ({
  apps,
  local: { baseDN: undefined },
  binds: { failuresPerAccount: 1000, failuresPerAddress: 1000 },
});
const SETTINGS = settingsOf(Object.values(APPS));
const configOf = (...apps: readonly Settings[]) => proxyConfig(upstream, settingsOf(apps));

const proxy = await startProxy(upstream, SETTINGS);
t.teardown(async () => {
  await proxy.stop();
  await upstream.stop();
});

const urlOf = (app: string) => (ports[app] === undefined ? proxy.url : `ldap://127.0.0.1:${ports[app]}`);

type Test = Pick<typeof t, 'teardown' | 'equal'>;

async function clientOf(test: Test, app: string): Promise<Client> {
  const client = await Client.open(urlOf(app));
  test.teardown(() => client.destroy());
  return client;
}

/** One that speaks for the app's service account. */
async function accountClient(test: Test, app: string): Promise<Client> {
  const client = await clientOf(test, app);
  test.equal((await client.bind(accountOf(app), accountPassword(app))).code, 0, `the account of ${app}`);
  return client;
}

const value = (entry: SearchResultEntry | undefined, type: string) =>
  entry?.attributes.find((one) => one.type.toLowerCase() === type.toLowerCase())?.values.map(String) ?? [];
/** The uids that the entries of people have, in whatever face. */
const uidsOf = (entries: readonly SearchResultEntry[], type = 'uid') =>
  entries.flatMap((entry) => value(entry, type)).sort();
/** The reader is a service account everywhere. */
const without = (app: string) =>
  PEOPLE.map(({ uid }) => uid).filter((uid) => uid !== 'ldap-reader' && !IN[app]!.includes(uid));
const EVERYTHING = ['*', '+'];

t.test('each app has its own people and nothing of the others: no entry, value or count (R29, R35)', async (t) => {
  for (const app of NAMES) {
    const client = await accountClient(t, app);
    const naming = app === 'intranet' ? 'sAMAccountName' : 'uid';
    const people = `(&(${naming}=*)(objectClass=person))`;
    const { entries, result } = await client.search({ base: baseOf(app), filter: people, attributes: EVERYTHING });
    t.equal(result.code, 0, app);
    t.same(uidsOf(entries, naming), [...IN[app]!].sort(), `the people of ${app}`);
    await client.search({ base: baseOf(app), attributes: EVERYTHING });
    const octets = Buffer.concat(client.raw).toString('latin1').toLowerCase();
    const seen = without(app).filter((uid) => octets.includes(uid));
    t.same(seen, [], `nobody else is named in ${app}`);
    const container = entries[0]!.objectName.slice(entries[0]!.objectName.indexOf(',') + 1);
    const children = await client.search({ base: container, scope: Scope.singleLevel, attributes: ['1.1'] });
    const counted = await client.search({ base: container, scope: Scope.baseObject, attributes: ['numSubordinates'] });
    t.same(value(counted.entries[0], 'numSubordinates'), [String(children.entries.length)], `${app} counts its own`);
    for (const uid of without(app)) {
      const found = await client.search({ base: baseOf(app), filter: `(|(${naming}=${uid})(cn=${uid})(uid=${uid}))` });
      t.equal(found.entries.length, 0, `${uid} in ${app}`);
    }
  }
});

t.test('a member of one app is unknown in another, with the same bytes as for an invented name (R2)', async (t) => {
  for (const app of NAMES) {
    const answer = async (name: string, password: string) => {
      const client = await clientOf(t, app);
      t.equal((await client.bind(name, password)).code, 49, `${name} in ${app}`);
      return Buffer.concat(client.raw).toString('hex');
    };
    const insider = IN[app]!.find((uid) => uid === 'mirelle.oskand' || uid === 'corvane.thessly')!;
    const expected = await answer(memberDN(app, 'nobody.at.all'), 'x');
    t.equal(await answer(memberDN(app, insider), 'wrong'), expected);
    for (const uid of without(app).slice(0, 3))
      t.equal(await answer(memberDN(app, uid), passwordOf(uid)), expected, `${uid} in ${app}`);
    const client = await clientOf(t, app);
    t.equal((await client.bind(memberDN(app, insider), passwordOf(insider))).code, 0, `${insider} in ${app}`);
  }
});

t.test('a service account is one of its app alone, and bare names are the first app’s (R2)', async (t) => {
  for (const app of NAMES)
    for (const other of NAMES.filter((name) => name !== app)) {
      const client = await clientOf(t, other);
      const result = await client.bind(accountOf(app), accountPassword(app));
      // The two that share a port are told apart by that very name.
      const isShared = ports[app] === undefined && ports[other] === undefined;
      t.equal(result.code, isShared ? 0 : 49, `the account of ${app} at ${other}`);
      const { entries } = await client.search({ base: baseOf(other), filter: '(objectClass=person)' });
      t.equal(entries.length, 0, `sees nobody in ${other}`);
    }
  const client = await clientOf(t, 'vault');
  t.equal((await client.bind('corvane.thessly', passwordOf('corvane.thessly'))).code, 49, 'not in the first app');
  t.equal((await client.bind(memberDN('vault', 'corvane.thessly'), passwordOf('corvane.thessly'))).code, 49, 'decided');
});

t.test('a connection of a shared port belongs to the app that it named first, whatever it names then', async (t) => {
  const client = await accountClient(t, 'vault');
  t.equal((await client.search({ base: baseOf('wiki') })).result.code, 32, 'the other base is not there');
  t.equal((await client.bind(accountOf('wiki'), accountPassword('wiki'))).code, 49);
  const compare = await client.result({
    kind: 'compareRequest',
    entry: memberDN('wiki', 'quillon.varrek'),
    attribute: 'uid',
    value: Buffer.from('quillon.varrek'),
  });
  t.not(compare.code, 6);
  const undecided = await clientOf(t, 'wiki');
  const root = await undecided.search({ base: '', scope: Scope.baseObject, attributes: EVERYTHING });
  t.same(value(root.entries[0], 'namingContexts'), [baseOf('wiki'), baseOf('vault')], 'both, before it is said');
  t.equal((await undecided.search({ base: baseOf('vault') })).entries.length, 0, 'and nothing without a bind');
});

t.test('root DSE, whoami and compare are the app’s own', async (t) => {
  for (const app of ['hosts', 'intranet', 'backup']) {
    const client = await clientOf(t, app);
    const { entries } = await client.search({ base: '', scope: Scope.baseObject, attributes: EVERYTHING });
    const contexts = value(entries[0], 'namingContexts');
    t.ok(contexts.includes(baseOf(app)), app);
    for (const other of NAMES.filter((name) => name !== app))
      t.notOk(
        JSON.stringify(entries.map(({ attributes }) => attributes.map((a) => a.values.map(String)))).includes(
          baseOf(other),
        ),
      );
  }
  for (const app of NAMES) {
    const client = await clientOf(t, app);
    const [uid] = IN[app]!.filter((one) => ['quillon.varrek', 'corvane.thessly'].includes(one));
    t.equal((await client.bind(memberDN(app, uid!), passwordOf(uid!))).code, 0);
    const [answer] = await client.answered(
      client.send({ kind: 'extendedRequest', requestName: '1.3.6.1.4.1.4203.1.11.3' }),
    );
    const op = answer?.op as { responseValue?: Buffer };
    t.match(String(op.responseValue).toLowerCase(), new RegExp(`^dn:.*,${baseOf(app)}$`), `whoami of ${app}`);
  }
});

t.test('paged and sorted searches bring the app’s own people', async (t) => {
  for (const app of NAMES) {
    const client = await accountClient(t, app);
    const naming = app === 'intranet' ? 'sAMAccountName' : 'uid';
    const request = searchRequest({ base: baseOf(app), filter: '(objectClass=person)', attributes: [naming] });
    const found: SearchResultEntry[] = [];
    for (let cookie = Buffer.alloc(0), isFirst = true; isFirst || cookie.length > 0; isFirst = false) {
      const control = {
        type: ControlType.pagedResults,
        critical: true,
        value: encodePagedResults({ size: 4, cookie }),
      };
      const messages = await client.answered(client.send(request, [control]));
      for (const { op } of messages) if (op.kind === 'searchResultEntry') found.push(op);
      cookie = Buffer.from(decodePagedResults(messages.at(-1)!.controls![0]!.value).cookie);
    }
    t.same(uidsOf(found, naming), [...IN[app]!].sort(), app);
  }
});

t.test('derived and hidden attributes: found by what is shown, never by what is not', async (t) => {
  const rows: [app: string, filter: string, count: number][] = [
    ['vault', '(displayName=thessly, corvane)', 1],
    ['vault', '(displayName=thess*vane)', 1],
    ['vault', '(displayName=corvane thessly)', 0],
    ['vault', '(title=accountant)', 0],
    ['vault', '(title=acc*)', 0],
    ['vault', '(title=*)', 0],
    ['backup', '(title=accountant)', 1],
    ['wiki', '(displayName=varrek, quillon)', 0],
    ['intranet', '(sAMAccountName=quillon.varrek)', 1],
    ['intranet', '(sAMAccountName=quillon*)', 1],
    ['intranet', '(sAMAccountName=corvane.thessly)', 0],
    ['intranet', '(sAMAccountName=corv*)', 0],
    ['intranet', '(userPrincipalName=quillon.varrek@intranet.example.com)', 1],
    ['intranet', '(title=*)', 0],
    ['intranet', '(title=platform engineer)', 0],
    ['wiki', '(sAMAccountName=quillon.varrek)', 0],
    ['hosts', '(memberUid=quillon.varrek)', 1],
    ['hosts', '(memberUid=tavian.bruskel)', 0],
    ['hosts', '(memberUid=*)', 1],
  ];
  for (const [app, filter, count] of rows) {
    const client = await accountClient(t, app);
    const { entries } = await client.search({ base: baseOf(app), filter });
    t.equal(entries.length > 0, count > 0, `${filter} in ${app}: ${entries.length}`);
  }
});

t.test('what one app has answered and keeps never answers for another', async (t) => {
  // The same bytes except for the base, again and again: from the second time on, the answers come from the cache.
  for (let round = 0; round < 4; round++)
    for (const app of ['wiki', 'vault', 'hosts', 'backup']) {
      const client = await accountClient(t, app);
      const { entries } = await client.search({ base: baseOf(app), filter: '(uid=*)', attributes: ['uid'] });
      t.same(uidsOf(entries), [...IN[app]!].sort(), `${app}, round ${round}`);
    }
});

t.test('a newcomer is found by a look-up in the apps that let it in, and in no other', async (t) => {
  const newcomer = {
    ...{ uid: 'new.comer', givenName: 'New', sn: 'Comer', number: 77, password: 'a new one', state: {} },
  };
  upstream.addPerson(newcomer);
  upstream.addToGroup('Finance', newcomer.uid);
  t.equal((await (await clientOf(t, 'wiki')).bind(memberDN('wiki', newcomer.uid), newcomer.password)).code, 49);
  const vault = await clientOf(t, 'vault');
  t.equal((await vault.bind(memberDN('vault', newcomer.uid), newcomer.password)).code, 0);
  const { entries } = await vault.search({ base: baseOf('vault'), filter: `(uid=${newcomer.uid})` });
  t.equal(entries.length, 1, 'and is there');
  const wiki = await accountClient(t, 'wiki');
  t.equal((await wiki.search({ base: baseOf('wiki'), filter: `(uid=${newcomer.uid})` })).entries.length, 0);
  t.equal((await (await clientOf(t, 'hosts')).bind(memberDN('hosts', newcomer.uid), newcomer.password)).code, 49);
  upstream.removeFromGroup('Finance', newcomer.uid);
});

t.test('apps come, go, are renamed and change while clients are connected', async (t) => {
  const clients = new Map<string, Client>();
  for (const app of NAMES) clients.set(app, await accountClient(t, app));
  const people = async (app: string) =>
    (await clients.get(app)!.search({ base: baseOf(app), filter: '(objectClass=person)' })).entries.length;
  const { wiki, vault, hosts, intranet, backup } = APPS as Record<string, Settings> & typeof APPS;
  const before = { wiki: await people('wiki'), hosts: await people('hosts'), backup: await people('backup') };

  const changed = { ...hosts!, attributes: { mail: false } };
  t.match(await proxy.app.reload(configOf(wiki!, changed, backup!)), { kind: 'changed' });
  t.equal(await people('wiki'), before.wiki, 'whose app stays alone behind its port is who it was');
  t.equal(await people('hosts'), before.hosts, 'of an app that has changed');
  const mail = await clients.get('hosts')!.search({ base: baseOf('hosts'), filter: '(mail=*)' });
  t.equal(mail.entries.length, 0, 'by the new rules');
  await clients.get('intranet')!.closed();
  clients.get('vault')!.send(searchRequest({ base: baseOf('vault') }));
  await clients.get('vault')!.closed();
  t.equal(clients.get('vault')!.received.at(-1)?.messageID, 0, 'with a notice, and no answer');

  const late = await clientOf(t, 'wiki');
  t.equal((await late.bind(memberDN('wiki', 'quillon.varrek'), passwordOf('quillon.varrek'))).code, 0);
  t.match(await proxy.app.reload(configOf(wiki!, vault!, changed, intranet!, backup!)), { kind: 'changed' });
  t.equal(await people('wiki'), before.wiki, 'whose app is no longer alone is who it was');
  const self = await late.search({ base: baseOf('wiki'), filter: '(uid=quillon.varrek)' });
  t.equal(self.entries.length, 1, 'and so is a member');
  clients.set('vault', await accountClient(t, 'vault'));
  t.ok((await people('vault')) > 0, 'the app is back');
  t.ok((await (await accountClient(t, 'intranet')).search({ base: baseOf('intranet') })).entries.length > 0);

  t.match(await proxy.app.reload(configOf(wiki!, { ...vault!, name: 'safe' }, hosts!, intranet!, backup!)), {
    kind: 'changed',
  });
  clients.get('vault')!.send(searchRequest({ base: baseOf('vault') }));
  await clients.get('vault')!.closed();
  clients.set('vault', await accountClient(t, 'vault'));
  t.ok((await people('vault')) > 0, 'under its new name');
  t.equal(await people('backup'), before.backup);
  t.match(await proxy.app.reload(proxyConfig(upstream, SETTINGS)), { kind: 'changed' });
});

t.test('a configuration and a read at the same time: no answer is missing in between', async (t) => {
  const member = await accountClient(t, 'wiki');
  const { wiki, vault, hosts, intranet, backup } = APPS;
  let isOver = false;
  const asking = (async () => {
    let answered = 0;
    while (!isOver) {
      const { entries, result } = await member.search({ base: baseOf('wiki'), filter: '(objectClass=person)' });
      if (result.code !== 0 || entries.length < IN.wiki!.length) return `${result.code}, ${entries.length} entries`;
      answered++;
    }
    return answered;
  })();
  for (let round = 0; round < 6; round++) {
    upstream.addPerson({ uid: `r${round}`, givenName: 'R', sn: 'R', number: 800 + round, password: 'x', state: {} });
    upstream.addToGroup('wayk-users', `r${round}`);
    const changed = { ...wiki!, attributes: { description: { value: `round ${round}` } } };
    // Whom nobody knows yet makes the mirror read.
    const newcomer = await clientOf(t, 'wiki');
    const bound = newcomer.bind(memberDN('wiki', `r${round}`), 'x');
    t.match(await proxy.app.reload(configOf(changed, vault!, hosts!, intranet!, backup!)), { kind: 'changed' });
    t.equal((await bound).code, 0);
  }
  isOver = true;
  t.type(await asking, 'number');
});

t.test('an app whose group is missing lets nobody in, and costs the others nothing', async (t) => {
  const port = await freePort();
  const lost = { ...fiveApps({ lost: port }).wiki!, name: 'lost', groups: ['No Such Group'], listen: { ldap: port } };
  const other = await startProxy(
    upstream,
    settingsOf(
      [lost, APPS.wiki!, APPS.vault!].map((app, i) =>
        i === 0 ? { ...app, local: { baseDN: baseOf('lost') }, serviceAccounts: [] } : app,
      ),
    ),
  );
  t.teardown(() => other.stop());
  await eventually(() => other.app.readiness().snapshot.present);
  const client = await Client.open(`ldap://127.0.0.1:${port}`);
  t.teardown(() => client.destroy());
  t.equal((await client.bind(`uid=quillon.varrek,ou=Users,${baseOf('lost')}`, passwordOf('quillon.varrek'))).code, 49);
  const shared = await Client.open(other.url);
  t.teardown(() => shared.destroy());
  t.equal((await shared.bind(memberDN('wiki', 'quillon.varrek'), passwordOf('quillon.varrek'))).code, 0);
});
