// An upstream that sends more than anybody should have to hold: the read ends at its limit, says which, and the old copy stays.
import type { Socket } from 'node:net';
import t from 'tap';
import { schema } from '../../src/config/schema.js';
import { ReadError } from '../../src/directory/reader.js';
import type { Names } from '../../src/gate/explain/reasons.js';
import type { LDAPMessage, Request } from '../../src/ldap/message.js';
import { READ_FAULTS } from '../../src/ops/explain/read-faults.js';
import { Dialer } from '../../src/upstream/dialer.js';
import { parseEndpoint } from '../../src/upstream/endpoint.js';
import { Probe } from '../../src/upstream/probe.js';
import type { ReadLimits } from '../../src/upstream/read-meter.js';
import { LdaptsReader } from '../../src/upstream/reader.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { bindResponse, FakeUpstream } from '../support/fake-upstream.js';
import { flood } from '../support/flood.js';
import { eventually } from '../support/proxy.js';

const KiB = 1024;
const MiB = 1024 * KiB;
const USERS = 'ou=Users,o=5f1c0a9e7b3d4c2a8e6f9d10,dc=jumpcloud,dc=com';
const READER = `uid=ldap-reader,${USERS}`;
const defaults = schema.parse({}).directory.limits;
/** What may be on its way in the system's buffers when the connection ends. */
const UNDER_WAY = 16 * MiB;

const entry = (messageID: number, dn: string, octets: number): Buffer =>
  encodeMessage({
    messageID,
    op: {
      kind: 'searchResultEntry',
      objectName: dn,
      attributes: [
        { type: 'objectClass', values: [Buffer.from('inetOrgPerson')] },
        { type: 'cn', values: [Buffer.from('wayk-users')] },
        { type: 'member', values: [Buffer.from(`uid=a,${USERS}`)] },
        { type: 'description', values: [Buffer.alloc(octets, 0x61)] },
      ],
    },
  });
const done = (messageID: number): Buffer =>
  encodeMessage({ messageID, op: { kind: 'searchResultDone', result: { code: 0, matchedDN: '', text: '' } } });

/** Only the header of a message, which announces this length. */
function headerOf(length: number): Buffer {
  const header = Buffer.from([0x30, 0x84, 0, 0, 0, 0]);
  header.writeUInt32BE(length, 2);
  return header;
}

type Stage = 'bind' | 'group' | 'members' | 'groups' | 'look-up';

function stageOf({ op }: LDAPMessage<Request>): Stage | undefined {
  if (op.kind === 'bindRequest') return 'bind';
  if (op.kind !== 'searchRequest') return undefined;
  const filter = JSON.stringify(op.filter);
  if (filter.includes('"uid"')) return 'look-up';
  if (op.filter.kind === 'or') return 'groups';
  return filter.includes('"memberOf"') ? 'members' : 'group';
}

/** An upstream that answers in order until one stage, and then as the test says. */
async function floodingAt(
  t: Tap,
  at: Stage,
  answer: (messageID: number, socket: Socket) => { sent: number } | undefined,
) {
  const flooded: { sent: number }[] = [];
  const fake = await FakeUpstream.start((message, socket) => {
    const { messageID } = message;
    const stage = stageOf(message);
    if (stage === at) {
      const seen = answer(messageID, socket);
      if (seen !== undefined) flooded.push(seen);
    } else if (stage === 'bind') socket.write(bindResponse(messageID, 0));
    else if (stage !== undefined)
      socket.write(Buffer.concat([entry(messageID, `cn=wayk-users,${USERS}`, 1), done(messageID)]));
  });
  t.teardown(() => fake.stop());
  return { fake, flooded };
}

type Tap = Pick<typeof t, 'teardown'>;

function readerOf(t: Tap, fake: FakeUpstream, limits: Partial<ReadLimits> = {}): LdaptsReader {
  const reader = new LdaptsReader({
    endpoints: [parseEndpoint(fake.url, false)],
    dialer: new Dialer({ ca: fake.caPem }),
    connectTime: 5000,
    operationTime: 20_000,
    dn: READER,
    password: 'secret',
    usersDN: USERS,
    gates: ['wayk-users'],
    everyone: false,
    limits: { ...defaults, ...limits },
  });
  t.teardown(() => reader.close());
  return reader;
}

async function faultOf(work: Promise<unknown>): Promise<Pick<ReadError, 'kind' | 'message'>> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof ReadError ? error : { kind: 'failed', message: `another error: ${String(error)}` };
}

const person = (i: number) => `uid=p${i},${USERS}`;
/** Bytes of most floods in one go: a few TLS records. */
const many = (octets: Buffer) =>
  Buffer.concat(Array.from({ length: Math.ceil((64 * KiB) / octets.length) }, () => octets));

const floods: {
  readonly what: string;
  readonly limits: Partial<ReadLimits>;
  readonly first?: Buffer;
  readonly again: (messageID: number, i: number) => Buffer;
  readonly kind: ReadError['kind'];
  readonly names: RegExp;
}[] = [
  {
    what: 'entries of a KiB',
    limits: { octets: 4 * MiB },
    again: (id, i) => entry(id, person(i), KiB),
    kind: 'too-large',
    names: /more than 4194304 bytes \(directory\.limits\.octets\)/,
  },
  {
    what: 'entries in number',
    limits: { entries: 1000 },
    again: (id, i) => entry(id, person(i), 10),
    kind: 'too-large',
    names: /more than 1000 entries \(directory\.limits\.entries\)/,
  },
  {
    what: 'ends of other operations',
    limits: { entries: 1000 },
    again: (id, i) => done(id + 1 + i),
    kind: 'too-large',
    names: /directory\.limits\.entries/,
  },
  {
    what: 'one entry that is too large by its own words',
    limits: { entryOctets: MiB },
    first: headerOf(MiB),
    again: () => Buffer.alloc(64 * KiB, 0x61),
    kind: 'too-large',
    names: /more than 1048576 bytes in one entry \(directory\.limits\.entryOctets\)/,
  },
  {
    what: 'one entry of four GiB',
    limits: {},
    first: headerOf(2 ** 32 - 1),
    again: () => Buffer.alloc(64 * KiB, 0x61),
    kind: 'too-large',
    names: /directory\.limits\.entryOctets/,
  },
  {
    what: 'a part of an entry that may be so large',
    limits: { octets: 4 * MiB },
    first: headerOf(16 * MiB - 6),
    again: () => Buffer.alloc(64 * KiB, 0x61),
    kind: 'too-large',
    names: /directory\.limits\.octets/,
  },
  {
    what: 'bytes that are not messages',
    limits: {},
    again: () => Buffer.alloc(64 * KiB, 0x61),
    kind: 'unreachable',
    names: /other than LDAP messages/,
  },
  {
    what: 'empty messages',
    limits: { octets: 4 * MiB, entries: 10_000 },
    again: () => many(Buffer.from('3000', 'hex')),
    kind: 'too-large',
    names: /directory\.limits\.entries/,
  },
];

for (const at of ['bind', 'group', 'members', 'groups'] as const) {
  t.test(`a flood in answer to the reader's ${at} ends at the limit that is named`, async (t) => {
    // What makes a flood is tried where most bytes come; that there is a limit, everywhere.
    const tried = at === 'members' ? floods : floods.slice(0, 1);
    for (const { what, limits, first = Buffer.alloc(0), again, kind, names } of tried) {
      const { fake, flooded } = await floodingAt(t, at, (id, socket) => flood(socket, first, (i) => again(id, i)));
      const fault = await faultOf(readerOf(t, fake, limits).read());
      t.equal(fault.kind, kind, what);
      t.match(fault.message, names, what);
      await eventually(() => fake.openConnections === 0);
      const sent = Math.max(...flooded.map((each) => each.sent));
      t.ok(sent <= (limits.octets ?? 0) + UNDER_WAY, `${what}: ${Math.round(sent / KiB)} KiB were sent`);
    }
  });
}

t.test('a look-up brings a MiB at most', async (t) => {
  const answer = (id: number, socket: Socket) => flood(socket, Buffer.alloc(0), (i) => entry(id, person(i), 10 * KiB));
  const { fake, flooded } = await floodingAt(t, 'look-up', answer);
  const fault = await faultOf(readerOf(t, fake).lookUp('uid', 'x'));
  t.match(fault, { kind: 'too-large', message: /1048576 bytes \(more than a look-up may bring\)/ });
  await eventually(() => fake.openConnections === 0);
  t.ok((flooded[0]?.sent ?? 0) < MiB + UNDER_WAY);
});

t.test('a look-up asks for no member of the group and no photo', async (t) => {
  const { fake } = await floodingAt(t, 'look-up', (id, socket) => void socket.write(done(id)));
  t.same(await readerOf(t, fake).lookUp('uid', 'x'), []);
  t.same(
    fake.requests.flatMap(({ op }) => (op.kind === 'searchRequest' ? [op.attributes] : [])),
    [['cn'], ['uid', 'mail', 'memberOf', 'entryUUID']],
  );
});

t.test('bytes that come one by one cost what is kept of them', async (t) => {
  const { fake } = await floodingAt(t, 'members', (_id, socket) => {
    socket.setNoDelay(true);
    socket.write(headerOf(16 * MiB - 6));
    // A TLS record for each byte: what is written in one go goes in one.
    let rest = 10_000;
    const next = () => {
      if (rest-- > 0 && !socket.destroyed) socket.write('a', next);
    };
    next();
    return undefined;
  });
  const fault = await faultOf(readerOf(t, fake, { octets: MiB }).read());
  t.match(fault, { kind: 'too-large', message: /directory\.limits\.octets/ });
});

t.test('what stays within the limits is read, in whatever pieces it comes, again and again', async (t) => {
  const cut = (octets: Buffer, socket: Socket) => {
    for (let i = 0; i < octets.length; i += 1000) socket.write(octets.subarray(i, i + 1000));
  };
  const { fake } = await floodingAt(t, 'members', (id, socket) => {
    const people = Array.from({ length: 3 }, (_, i) => entry(id, person(i), 300 * KiB));
    cut(Buffer.concat([...people, done(id)]), socket);
    return undefined;
  });
  const reader = readerOf(t, fake, { octets: MiB, entries: 10, entryOctets: 301 * KiB });
  for (let i = 0; i < 3; i++) {
    const { users } = await reader.read();
    t.same(
      users.map(({ dn }) => dn),
      [0, 1, 2].map(person),
    );
    t.equal(users[2]?.attributes.find(({ type }) => type === 'description')?.values[0]?.length, 300 * KiB);
  }
  t.equal(fake.connections, 1, 'each read begins again');
});

t.test('the check’s own questions end at the same limits, and its remedy speaks of the key', async (t) => {
  const answer = (id: number, socket: Socket) => flood(socket, Buffer.alloc(0), (i) => entry(id, person(i), KiB));
  const { fake } = await floodingAt(t, 'group', answer);
  const times = { connectTime: 5000, operationTime: 20_000 };
  const probe = new Probe(parseEndpoint(fake.url, false), new Dialer({ ca: fake.caPem }), times, {
    ...defaults,
    octets: MiB,
  });
  t.teardown(() => probe.close());
  const question = { base: USERS, scope: 'one', filter: '(objectClass=groupOfNames)', attributes: ['cn'] } as const;
  t.match(await faultOf(probe.search(question)), { kind: 'too-large', message: /directory\.limits\.octets/ });
  const names: Names = { group: 'staff', user: 'reader' };
  t.match(READ_FAULTS['too-large'].remedy(names), /raise the key.*User Groups › staff/i);
});
