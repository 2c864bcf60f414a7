// The reader and the look-up of unknown names, in front of the embedded upstream and of one that follows a script.
import t from 'tap';
import { makeLayout } from '../../src/app/names.js';
import { schema } from '../../src/config/schema.js';
import { StandIn } from '../../src/demo/stand-in.js';
import { type FoundPerson, ReadError, type UpstreamEntry, type UpstreamImage } from '../../src/directory/reader.js';
import { buildSnapshot, Snapshot, uidOf } from '../../src/directory/snapshot.js';
import type { Lookup } from '../../src/gate/ports.js';
import { Dialer } from '../../src/upstream/dialer.js';
import { parseEndpoint } from '../../src/upstream/endpoint.js';
import { EndpointHealth } from '../../src/upstream/health.js';
import { NameLookup } from '../../src/upstream/name-lookup.js';
import { LdaptsReader, type LdaptsReaderOptions } from '../../src/upstream/reader.js';
import { ReaderBackoff } from '../../src/upstream/reader-backoff.js';
import { ReaderConnection } from '../../src/upstream/reader-connection.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { bindResponse, FakeUpstream, type Script } from '../support/fake-upstream.js';
import { eventually, proxyConfig } from '../support/proxy.js';

const upstream = await StandIn.start({});
t.teardown(() => upstream.stop());

type Options = Partial<LdaptsReaderOptions> & { urls?: string[]; ca?: string | undefined };

function readerFor(t: Pick<typeof import('tap').t, 'teardown'>, options: Options = {}) {
  const { urls = [upstream.url], ca = upstream.caPem } = options;
  const reader = new LdaptsReader({
    endpoints: urls.map((url) => parseEndpoint(url, false)),
    dialer: new Dialer({ ca: 'ca' in options ? options.ca : ca }),
    connectTime: 3000,
    operationTime: 3000,
    dn: upstream.reader.dn,
    password: upstream.reader.password,
    usersDN: upstream.usersDN,
    gates: ['wayk-users'],
    everyone: false,
    limits: schema.parse({}).directory.limits,
    ...options,
  });
  t.teardown(() => reader.close());
  return reader;
}

/** Rejects with the kind of a ReadError. */
async function fault(read: Promise<unknown>): Promise<string> {
  try {
    await read;
    return 'none';
  } catch (error) {
    return error instanceof ReadError ? error.kind : `another error: ${String(error)}`;
  }
}

const values = (entry: UpstreamEntry | undefined, type: string) =>
  entry?.attributes.find((attribute) => attribute.type === type)?.values.map(String) ?? [];

const defect = (error: unknown) => {
  throw error;
};

t.test('one read brings the group, its members and the groups', async (t) => {
  const image = await readerFor(t).read();
  t.equal(values(image.gates.get('wayk-users'), 'member').length, 9);
  t.equal(image.users.length, 9);
  t.ok(image.groups.some(({ dn }) => dn.startsWith('cn=Engineering,')));
  const accented = image.users.find(({ dn }) => dn.startsWith('uid=svenja.ulmarik,'));
  t.same(values(accented, 'cn'), ['Svenja Ülmarik'], 'text beyond ASCII arrives unharmed');
  const everybody = await readerFor(t, { gates: [], everyone: true }).read();
  t.equal(everybody.gates.size, 0);
  t.ok(everybody.users.length > 9);
});

t.test('each way to fail has its name, for the check and the log', async (t) => {
  t.equal(await fault(readerFor(t, { password: 'wrong' }).read()), 'refused');
  t.equal(await fault(readerFor(t, { gates: ['nobody-has-this'] }).read()), 'no-group');
  t.equal(await fault(readerFor(t, { usersDN: `ou=Groups,${upstream.usersDN}` }).read()), 'no-base');
  t.equal(await fault(readerFor(t, { ca: undefined }).read()), 'tls');
  const { port } = new URL(upstream.url);
  t.equal(await fault(readerFor(t, { urls: [`ldaps://127.0.0.2:${port}`] }).read()), 'unreachable');
  t.equal(
    await fault(readerFor(t, { dn: `uid=quillon.varrek,${upstream.usersDN}`, password: 'user-secret-5001' }).read()),
    'no-group',
    'an ordinary user reads nothing',
  );
  t.throws(() => readerFor(t, { dn: 'EXTERNAL' }), /not a DN/);
  t.throws(() => readerFor(t, { password: '' }), /password/);
  t.throws(() => readerFor(t, { urls: ['ldap://localhost'] }), /in clear/);
});

t.test(
  'a read that ends early does not count: a limit, a cut connection, a refusal in its middle (R79, R93)',
  async (t) => {
    const done = (messageID: number, code: number) =>
      encodeMessage({ messageID, op: { kind: 'searchResultDone', result: { code, matchedDN: '', text: '' } } });
    const group = (messageID: number) =>
      encodeMessage({
        messageID,
        op: {
          kind: 'searchResultEntry',
          objectName: `cn=wayk-users,${upstream.usersDN}`,
          attributes: [
            { type: 'cn', values: [Buffer.from('wayk-users')] },
            { type: 'member', values: [Buffer.from(`uid=a,${upstream.usersDN}`)] },
          ],
        },
      });
    // The first search finds the group; the second, for its members, ends badly.
    const script =
      (end: (messageID: number) => Buffer | undefined): Script =>
      ({ messageID, op }, socket) => {
        if (op.kind === 'bindRequest') socket.write(bindResponse(messageID, 0));
        if (op.kind !== 'searchRequest') return;
        if (!JSON.stringify(op.filter).includes('memberOf')) {
          socket.write(Buffer.concat([group(messageID), done(messageID, 0)]));
          return;
        }
        const octets = end(messageID);
        if (octets === undefined) socket.destroy();
        else socket.write(octets);
      };
    for (const [name, end, kind] of [
      ['size limit', (id: number) => done(id, 4), 'size-limit'],
      ['time limit', (id: number) => done(id, 3), 'time-limit'],
      ['admin limit', (id: number) => done(id, 11), 'admin-limit'],
      ['no members at all', (id: number) => done(id, 0), 'unseen'],
      ['cut', () => undefined, 'unreachable'],
      ['insufficient rights', (id: number) => done(id, 50), 'failed'],
    ] as const) {
      const fake = await FakeUpstream.start(script(end));
      t.equal(await fault(readerFor(t, { urls: [fake.url], ca: fake.caPem }).read()), kind, name);
      await fake.stop();
    }
  },
);

t.test('the group is the one whose own name it is, whatever the upstream takes for equal (R23)', async (t) => {
  const entry = (name: string) => ({
    kind: 'searchResultEntry' as const,
    objectName: `cn=${name},${upstream.usersDN}`,
    attributes: [
      { type: 'cn', values: [Buffer.from(name), Buffer.from('Massen')] },
      { type: 'member', values: [Buffer.from(`uid=a,${upstream.usersDN}`)] },
    ],
  });
  // Every search finds these groups, as if they all were the one.
  let names = ['Maßen'];
  const fake = await FakeUpstream.start(({ messageID, op }, socket) => {
    if (op.kind === 'bindRequest') socket.write(bindResponse(messageID, 0));
    if (op.kind !== 'searchRequest') return;
    const end = { kind: 'searchResultDone' as const, result: { code: 0, matchedDN: '', text: '' } };
    for (const one of [...names.map(entry), end]) socket.write(encodeMessage({ messageID, op: one }));
  });
  t.teardown(() => fake.stop());
  const reader = () => readerFor(t, { urls: [fake.url], ca: fake.caPem, gates: ['Massen'] });
  for (names of [['Maßen'], ['Mas\u200bsen'], ['Massen 2', 'Mas\u00adsen'], []]) {
    t.equal(await fault(reader().read()), 'no-group', names.join());
    t.equal(await fault(reader().lookUp('uid', 'a')), 'no-group', names.join());
  }
  names = ['Maßen', 'massen', 'Mas\u200bsen'];
  t.equal((await reader().read()).gates.get('Massen')?.dn, `cn=massen,${upstream.usersDN}`);
  names = ['massen', 'MASSEN'];
  t.equal(await fault(reader().read()), 'failed', 'two of them are not a match');
});

t.test('a connection that the upstream closed is opened again', async (t) => {
  const reader = readerFor(t);
  await reader.read();
  upstream.dropConnections();
  await fault(reader.read());
  t.equal((await reader.read()).users.length, 9);
});

t.test('a reader that is closed while it connects leaves no connection behind', async (t) => {
  const binds: (() => void)[] = [];
  const fake = await FakeUpstream.start(({ messageID, op }, socket) => {
    if (op.kind === 'bindRequest') binds.push(() => void socket.write(bindResponse(messageID, 0)));
  });
  t.teardown(() => fake.stop());
  const reader = readerFor(t, { urls: [fake.url], ca: fake.caPem });
  const read = fault(reader.read());
  await eventually(() => binds.length === 1);
  reader.close();
  binds[0]?.();
  t.equal(await read, 'unreachable');
  await eventually(() => fake.openConnections === 0);
  t.notOk(
    fake.requests.some(({ op }) => op.kind === 'searchRequest'),
    'nothing is read for nobody',
  );
  t.equal(await fault(reader.read()), 'unreachable', 'closed is closed');
  t.equal(fake.connections, 1);
});

t.test(
  'one name is looked up with its membership, and with every character harmless in the filter (R25)',
  async (t) => {
    const reader = readerFor(t);
    const membership = async (attribute: 'uid' | 'mail', value: string) =>
      (await reader.lookUp(attribute, value)).map(({ isMember }) => isMember);
    t.same(await membership('uid', 'quillon.varrek'), [true]);
    t.same(await membership('mail', 'quillon.varrek@example.test'), [true]);
    t.same(await membership('uid', 'corvane.thessly'), [false]);
    t.same(
      await readerFor(t, { gates: [], everyone: true })
        .lookUp('uid', 'corvane.thessly')
        .then(([found]) => found?.isMember),
      true,
    );
    for (const name of ['nobody', '*', 'q*', '*)(uid=*', '\\2a', '(', ')', '\0', 'a)(|(uid=*))'])
      t.equal((await reader.lookUp('uid', name)).length, 0, JSON.stringify(name));
  },
);

t.test('a look-up asks once for a name that many ask for, and forgets nobody', async (t) => {
  const asked: string[] = [];
  const waiting: ((found: FoundPerson[]) => void)[] = [];
  const person = (dn: string, isMember = true): FoundPerson => ({ entry: { dn, attributes: [] }, gates: [], isMember });
  let refreshes = 0;
  const nameLookup = new NameLookup({
    reader: {
      lookUp: (_attribute, value) => {
        asked.push(value);
        return new Promise((resolve) => waiting.push(resolve));
      },
    },
    mirror: {
      isWithoutList: false,
      snapshot: new Snapshot([], 0),
      refreshNow: () => {
        refreshes++;
        return Promise.resolve(true);
      },
    },
    uidOf: ({ dn }) => (dn.startsWith('uid=') ? dn.slice(4) : undefined),
    time: 60_000,
    defect,
  });
  const look = (value: string) => new Promise<Lookup>((resolve) => nameLookup.lookUp('uid', value, resolve));
  const three = [look('new'), look('new'), look('new')];
  t.same(asked, ['new']);
  waiting.shift()?.([person('uid=new'), person('uid=other', false)]);
  for (const found of await Promise.all(three)) t.same(found, { kind: 'member', uid: 'new', upstreamDN: 'uid=new' });
  t.equal(refreshes, 1, 'the newcomer is in the mirror when the bind is answered');
  const stranger = look('stranger');
  waiting.shift()?.([]);
  t.same(await stranger, { kind: 'nobody' });
  t.same(await look('stranger'), { kind: 'nobody' });
  t.same(asked, ['new', 'stranger'], 'a stranger is cached for a short time');
  const odd = look('odd');
  waiting.shift()?.([person('cn=odd')]);
  t.same(await odd, { kind: 'nobody' }, 'a name that cannot be bound is nobody');
  const two = look('two');
  waiting.shift()?.([person('uid=1'), person('uid=2')]);
  t.same(await two, { kind: 'ambiguous' });
  const outsider = look('outsider');
  waiting.shift()?.([person('uid=outsider', false)]);
  t.same(await outsider, { kind: 'outsider', uid: 'outsider' });
  const crowd = Array.from({ length: 300 }, (_, i) => look(`crowd${i}`));
  const refused = await Promise.all(crowd.slice(256));
  t.ok(
    refused.every(({ kind }) => kind === 'busy'),
    'questions are bounded in number',
  );
  for (const answer of waiting) answer([]);
  await Promise.all(crowd);
});

/** A look-up over answers by value; `asked` are the values in their order. */
function lookUpOver(answers: Record<string, FoundPerson[]>, image: UpstreamImage = EMPTY) {
  const asked: string[] = [];
  let refreshes = 0;
  const mirror = {
    isWithoutList: false,
    snapshot: buildSnapshot(EMPTY, layout, 0),
    refreshNow: () => {
      refreshes++;
      mirror.snapshot = buildSnapshot(image, layout, 0);
      return Promise.resolve(true);
    },
  };
  const nameLookup = new NameLookup({
    reader: {
      lookUp: (_attribute, value) => {
        asked.push(value);
        return Promise.resolve(answers[value] ?? []);
      },
    },
    mirror,
    uidOf: (entry) => uidOf(entry, layout),
    time: 60_000,
    defect,
  });
  const look = (value: string) => new Promise<Lookup>((resolve) => nameLookup.lookUp('uid', value, resolve));
  return { look, asked, refreshes: () => refreshes };
}

const EMPTY: UpstreamImage = { gates: new Map(), everyone: true, users: [], groups: [] };
const layout = makeLayout(proxyConfig(upstream));
const account = (uid: string): UpstreamEntry => ({
  dn: layout.upstreamUserDN(uid),
  attributes: [{ type: 'uid', values: [Buffer.from(uid)] }],
});
const member = (uid: string): FoundPerson => ({ entry: account(uid), gates: [], isMember: true });

t.test('an unknown spelling keeps nobody out who asks with another one (R23)', async (t) => {
  const { look, asked } = lookUpOver({ 'odrienne.faltz': [member('odrienne.faltz')] });
  for (const odd of ['odri\u00adenne.faltz', 'odrienne.faltz\u200b', 'odrıenne.faltz', 'odrienne.faltz '])
    t.match(await look(odd), { kind: 'nobody' });
  t.match(await look('odrienne.faltz'), { kind: 'member', uid: 'odrienne.faltz' });
  t.equal(asked.length, 5, 'each spelling is a question of its own');
});

t.test('whom one read of the directory does not bring costs no second one', async (t) => {
  const { look, refreshes } = lookUpOver({ new: [member('new')] });
  for (let i = 0; i < 3; i++) t.match(await look('new'), { kind: 'member' });
  t.equal(refreshes(), 1);
  const brought = lookUpOver({ new: [member('new')] }, { ...EMPTY, users: [account('new')] });
  for (let i = 0; i < 3; i++) t.match(await brought.look('new'), { kind: 'member' });
  t.equal(brought.refreshes(), 1);
});

t.test('a newcomer whose name is somebody else’s here as well is let in by no look-up', async (t) => {
  const users = [account('new'), account('NEW')];
  const { look } = lookUpOver({ new: [member('new')], NEW: [member('NEW')] }, { ...EMPTY, users });
  t.same(await look('new'), { kind: 'ambiguous' });
  t.same(await look('NEW'), { kind: 'ambiguous' });
});

t.test('trouble on the way is trouble, and not an unknown name', async (t) => {
  let isDown = true;
  const nameLookup = new NameLookup({
    reader: {
      lookUp: () => (isDown ? Promise.reject(new ReadError('unreachable', 'no route')) : Promise.resolve([])),
    },
    mirror: { snapshot: undefined, isWithoutList: false, refreshNow: () => Promise.resolve(true) },
    uidOf: () => undefined,
    time: 60_000,
    defect,
  });
  const look = () => new Promise<Lookup>((resolve) => nameLookup.lookUp('uid', 'x', resolve));
  t.same(await look(), { kind: 'trouble', detail: 'no route' });
  isDown = false;
  t.same(await look(), { kind: 'nobody' }, 'a failure is not cached');
});

t.test('before the first snapshot a member gets an answer immediately: there is no mirror to wait for', async (t) => {
  const nameLookup = new NameLookup({
    reader: { lookUp: () => Promise.resolve([{ entry: { dn: 'uid=x', attributes: [] }, gates: [], isMember: true }]) },
    mirror: { snapshot: undefined, isWithoutList: false, refreshNow: () => new Promise(() => {}) },
    uidOf: () => 'x',
    time: 60_000,
    defect,
  });
  const found = await new Promise<Lookup>((resolve) => nameLookup.lookUp('uid', 'x', resolve));
  t.same(found, { kind: 'member', uid: 'x', upstreamDN: 'uid=x' });
});

t.test(
  'what is thrown here during a read is a defect and no unreachable upstream, and no address is left for it',
  async (t) => {
    const [endpoint] = [parseEndpoint(upstream.url, false)];
    const health = new EndpointHealth(
      [endpoint],
      () => 0,
      () => 0,
    );
    const connection = new ReaderConnection({
      dialer: new Dialer({ ca: upstream.caPem }),
      health,
      backoff: new ReaderBackoff(() => 0),
      connectTime: 3000,
      operationTime: 3000,
      ...upstream.reader,
      meter: { limits: schema.parse({}).directory.limits, nameOf: () => '' },
      isUnwanted: () => false,
      looksBack: false,
      asksTwice: false,
    });
    t.teardown(() => connection.close());
    const endless = (): number => 1 + endless();
    for (const work of [async () => endless(), async () => (undefined as unknown as string).length]) {
      await t.rejects(connection.run(work, 3000), { name: 'ReadError', kind: 'failed', cause: Error });
      t.ok(health.isHealthy(endpoint));
    }
    await connection.run(async () => 'done', 3000);
  },
);
