// The stand-in answers as an OpenLDAP with JumpCloud's people and rules does; where it cannot, that is listed with the reason.
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTls } from 'node:tls';
import t from 'tap';
import { StandIn } from '../../src/demo/stand-in.js';
import type { Control, LDAPMessage, Response } from '../../src/ldap/message.js';
import { BerReader, BerWriter, Tag } from '../../src/wire/ber.js';
import { Client, searchRequest, simpleBind } from '../support/client.js';
import { type Answer, ask, PAGED, READER, READER_PASSWORD, ROWS, USERS, userDN } from './requests.js';

const NO_SASL = 'no SASL at all: whether JumpCloud offers any is not known, and the proxy speaks none towards it';
const NO_QUESTIONS =
  "searches are the product's own, which answer no question about passwords, not even about one's own";

/** By row: what the stand-in answers instead, and why. */
const DIFFERENCES: Readonly<Record<string, Partial<Answer> & { readonly because: string }>> = {
  'bind by DIGEST-MD5': {
    code: 7,
    text: "SASL(-4): no mechanism available: Couldn't find mech DIGEST-MD5",
    because: NO_SASL,
  },
  'bind by PLAIN': { code: 7, text: "SASL(-4): no mechanism available: Couldn't find mech PLAIN", because: NO_SASL },
  'reader: filter, passwords: one sees only their own': { entries: [], because: NO_QUESTIONS },
  'reader: filter, an unknown rule on memberOf': {
    entries: 9,
    because: 'searches are the product’s own, which take the chain for the membership',
  },
  'reader: compare, a password of their own': { code: 17, because: NO_QUESTIONS },
};

const upstream = await StandIn.start({ lockoutThreshold: 5 });
t.teardown(() => upstream.stop());

const open = () => Client.open({ port: upstream.port, tls: true, ca: upstream.caPem });

async function withClient<T>(use: (client: Client) => Promise<T>): Promise<T> {
  const client = await open();
  try {
    return await use(client);
  } finally {
    client.destroy();
  }
}

const asReader = <T>(use: (client: Client) => Promise<T>): Promise<T> =>
  withClient(async (client) => {
    await client.bind(READER, READER_PASSWORD);
    return use(client);
  });

t.test('each request is answered as OpenLDAP answers it, or differs as listed', async (t) => {
  upstream.setState('philo.estrande', { locked: false });
  for (const row of ROWS) {
    const { because, ...instead } = DIFFERENCES[row.name] ?? { because: '' };
    const got = await withClient((client) => ask(client, row));
    t.same(got, { ...row.answer, ...instead }, because === '' ? row.name : `${row.name} (${because})`);
  }
});

t.test('each listed difference is one, and belongs to a row', async (t) => {
  const names = ROWS.map(({ name }) => name);
  t.equal(new Set(names).size, names.length, 'no two rows have the same name');
  for (const [name, { because, ...instead }] of Object.entries(DIFFERENCES)) {
    const row = ROWS.find((candidate) => candidate.name === name);
    t.ok(row, name);
    t.notSame({ ...row?.answer, ...instead }, row?.answer, name);
  }
});

t.test('a person comes with the classes in their order and memberOf, without being asked for', async (t) => {
  const { entries } = await asReader((client) => client.search({ base: userDN('svenja.ulmarik') }));
  const [entry] = entries;
  t.equal(entry?.objectName, userDN('svenja.ulmarik'));
  t.same(texts(entry?.attributes ?? []), {
    objectClass: [
      'top',
      'person',
      'organizationalPerson',
      'inetOrgPerson',
      'shadowAccount',
      'posixAccount',
      'jumpcloudUser',
    ],
    uid: ['svenja.ulmarik'],
    cn: ['Svenja Ülmarik'],
    sn: ['Ülmarik'],
    givenName: ['Svenja'],
    displayName: ['Svenja Ülmarik'],
    mail: ['svenja.ulmarik@example.test'],
    uidNumber: ['5012'],
    gidNumber: ['5012'],
    homeDirectory: ['/home/svenja.ulmarik'],
    loginShell: ['/bin/bash'],
    title: ['Developer'],
    departmentNumber: ['Engineering'],
    company: ['Fernhollow Test GmbH'],
    employeeNumber: ['1012'],
    employeeType: ['employee'],
    memberOf: [`cn=wayk-users,${USERS}`, `cn=Engineering,${USERS}`],
  });
});

t.test('a group and its Linux twin are two entries beside the people', async (t) => {
  const { entries } = await asReader((client) =>
    client.search({ base: USERS, filter: '(|(cn=Finance)(cn=finance_unix))' }),
  );
  t.same(
    entries.map(({ attributes }) => texts(attributes)),
    [
      {
        objectClass: ['top', 'groupOfNames'],
        cn: ['Finance'],
        ou: ['Finance'],
        description: ['tagGroup'],
        member: [userDN('corvane.thessly'), userDN('liora.penhadrin')],
      },
      {
        objectClass: ['top', 'posixGroup'],
        cn: ['finance_unix'],
        gidNumber: ['7002'],
        description: ['tagGroup'],
        memberUid: ['corvane.thessly', 'liora.penhadrin'],
      },
    ],
  );
});

t.test('of passwords a reader gets only their own, also a second reader', async (t) => {
  const owners = async (name: string, password: string) =>
    withClient(async (client) => {
      await client.bind(name, password);
      const { entries } = await client.search({ base: USERS, filter: '(uid=*)', attributes: ['userPassword'] });
      return entries.flatMap(({ objectName, attributes }) => (attributes.length === 0 ? [] : [objectName]));
    });
  t.same(await owners(READER, READER_PASSWORD), [READER]);
  t.same(await owners(userDN('liora.penhadrin'), 'user-secret-5006'), [userDN('liora.penhadrin')]);
});

t.test('attributes come as asked: by name in any case, types only, none, all and operational', async (t) => {
  const types = (attributes: readonly string[], typesOnly = false) =>
    asReader(async (client) => {
      const { entries } = await client.search({ base: userDN('odrienne.faltz'), attributes, typesOnly });
      return entries[0]?.attributes.map(({ type, values }) => `${type}:${values.length}`);
    });
  t.same(await types(['UID', 'mail', 'telephoneNumber']), ['uid:1', 'mail:1']);
  t.same(await types(['uid'], true), ['uid:0']);
  t.same(await types(['1.1']), []);
  t.same(await types(['+']), ['entryDN:1']);
});

t.test('pages hold what was asked for and lead from one to the next', async (t) => {
  await asReader(async (client) => {
    const sizes: number[] = [];
    const names = new Set<string>();
    for (let cookie: Buffer | undefined = Buffer.alloc(0); cookie !== undefined; ) {
      const page = await pageOf(client, 5, cookie);
      sizes.push(page.names.length);
      for (const name of page.names) names.add(name);
      cookie = page.cookie.length === 0 ? undefined : page.cookie;
    }
    t.same(sizes, [5, 5, 5, 1]);
    t.equal(names.size, 16);
    const whole = await pageOf(client, 1000, Buffer.alloc(0));
    t.same([whole.names.length, whole.cookie.length], [16, 0], 'one page is enough for all');
  });
});

t.test('the size limit counts for all pages together', async (t) => {
  await asReader(async (client) => {
    const first = await pageOf(client, 5, Buffer.alloc(0), 7);
    t.same([first.code, first.names.length], [0, 5]);
    const second = await pageOf(client, 5, first.cookie, 7);
    t.same([second.code, second.names.length], [4, 2]);
  });
});

t.test('requests sent together are all answered, each under its own number', async (t) => {
  await asReader(async (client) => {
    const uids = ['quillon.varrek', 'corvane.thessly', 'nobody', 'tavian.bruskel'];
    const numbers = uids.map((uid) =>
      client.send(searchRequest({ base: USERS, filter: `(uid=${uid})`, attributes: ['1.1'] })),
    );
    const answers = await Promise.all(numbers.map((number) => client.answered(number)));
    t.same(
      answers.map((messages) => messages.length),
      [2, 2, 1, 2],
    );
  });
});

t.test('every bind begins with nobody, whatever it comes to', async (t) => {
  const attempts = {
    'neither name nor password': simpleBind('', ''),
    'wrong password': simpleBind(READER, 'wrong'),
    'name without password': simpleBind(READER, ''),
    'no name': simpleBind('notadn', 'x'),
    'version 2': simpleBind(READER, READER_PASSWORD, 2),
  };
  for (const [name, attempt] of Object.entries(attempts)) {
    await asReader(async (client) => {
      t.equal((await client.search({ base: USERS })).result.code, 0);
      await client.result(attempt);
      t.equal((await client.search({ base: USERS })).result.code, 32, name);
    });
  }
  await asReader(async (client) => {
    await client.bind(userDN('quillon.varrek'), 'user-secret-5001');
    t.same((await client.search({ base: USERS })).entries, [], 'and ends as the last user named');
  });
});

t.test('what is not LDAP, and what ldapjs cannot read, ends only its own connection', async (t) => {
  const bystander = await open();
  const junk = {
    'no SEQUENCE': Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    'a length without end': Buffer.from('3084ffffffff', 'hex'),
    'an empty message': Buffer.from('3000', 'hex'),
    'an unknown operation': Buffer.from('30050201017f00', 'hex'),
    'a response': Buffer.from('300c02010161070a010004000400', 'hex'),
    'an unfinished search': Buffer.from('300702010163020400', 'hex'),
  };
  for (const [name, octets] of Object.entries(junk)) {
    const client = await open();
    client.write(octets);
    await client.closed();
    t.ok(client.isClosed, name);
  }
  const peculiar = await open();
  peculiar.send(searchRequest({ base: USERS, attributes: ['not an attribute'] }));
  await peculiar.closed();
  t.equal((await bystander.bind(READER, READER_PASSWORD)).code, 0);
  bystander.destroy();
});

t.test('a client without TLS, one that does not trust the authority, and one that resets do no harm', async (t) => {
  const plain = await Client.open({ port: upstream.port });
  plain.write(Buffer.from('300c020101600702010304008000', 'hex'));
  await plain.closed();
  await t.rejects(Client.open({ port: upstream.port, tls: true }), { code: /CERT|VERIFY|SELF_SIGNED/ });
  const hasty = await open();
  hasty.send(searchRequest({ base: USERS }));
  hasty.destroy();
  await withClient(async (client) => t.equal((await client.bind(READER, READER_PASSWORD)).code, 0));
});

t.test('the certificate is for localhost and 127.0.0.1, of a throw-away authority, and valid for weeks', async (t) => {
  for (const servername of ['localhost', '']) {
    const client = await Client.open({ port: upstream.port, tls: true, ca: upstream.caPem, servername });
    client.destroy();
  }
  await t.rejects(
    Client.open({ port: upstream.port, tls: true, ca: upstream.caPem, servername: 'ldap.example.test' }),
    { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
  );
  const certificate = await certificateOf(upstream.port);
  t.equal(certificate.subjectAltName, 'DNS:localhost, IP Address:127.0.0.1');
  t.ok(certificate.verify(new X509Certificate(upstream.caPem).publicKey));
  t.equal(certificate.ca, false);
  const days = (Date.parse(certificate.validTo) - Date.now()) / 86_400_000;
  t.ok(days > 7 && days < 60, `${days} days`);
  const other = await StandIn.start();
  t.not(other.caPem, upstream.caPem, 'each stand-in has its own authority');
  await other.stop();
});

t.test(
  'stop waits for nobody: not for those who never begin the handshake, nor for those in the middle of it',
  async (t) => {
    const first = await StandIn.start();
    const silent = await Client.open({ port: first.port });
    const justConnected = await Client.open({ port: first.port, tls: true, ca: first.caPem });
    await first.stop();
    await silent.closed();
    await justConnected.closed();
    t.pass('all are gone');
  },
);

t.test('stop ends connections, frees the port and may be called twice', async (t) => {
  const first = await StandIn.start({ latency: 5, pushDelay: 60_000 });
  const client = await Client.open({ port: first.port, tls: true, ca: first.caPem });
  client.send(simpleBind(userDN('nahlia.grevost'), 'user-secret-5010'));
  await first.stop();
  await first.stop();
  await client.closed();
  await t.rejects(Client.open({ port: first.port, tls: true, ca: first.caPem }), { code: 'ECONNREFUSED' });
  const second = await StandIn.start({ port: first.port });
  t.equal(second.port, first.port);
  await t.rejects(StandIn.start({ port: second.port }), { code: 'EADDRINUSE' }, 'a port in use is reported');
  await second.stop();
});

interface Page {
  readonly code: number | undefined;
  readonly names: string[];
  readonly cookie: Buffer;
}

async function pageOf(client: Client, size: number, cookie: Buffer, sizeLimit = 0): Promise<Page> {
  const value = new BerWriter();
  value.octets(cookie);
  value.integer(size);
  value.wrap(Tag.sequence, 0);
  const control: Control = { type: PAGED, critical: true, value: value.finish() };
  const request = searchRequest({ base: USERS, filter: '(objectClass=inetOrgPerson)', attributes: ['1.1'], sizeLimit });
  const messages: LDAPMessage<Response>[] = await client.answered(client.send(request, [control]));
  const last = messages.at(-1);
  const answer = last?.controls?.find(({ type }) => type === PAGED)?.value ?? Buffer.from('30050201000400', 'hex');
  const fields = new BerReader(answer).enter(Tag.sequence);
  fields.integer();
  return {
    code: last?.op.kind === 'searchResultDone' ? last.op.result.code : undefined,
    names: messages.flatMap(({ op }) => (op.kind === 'searchResultEntry' ? [op.objectName] : [])),
    cookie: fields.octets(),
  };
}

async function certificateOf(port: number): Promise<X509Certificate> {
  const socket = connectTls({ port, host: '127.0.0.1', ca: upstream.caPem });
  await once(socket, 'secureConnect');
  const certificate = socket.getPeerX509Certificate();
  socket.destroy();
  if (certificate === undefined) throw new Error('no certificate was presented');
  return certificate;
}

const texts = (attributes: readonly { readonly type: string; readonly values: readonly Buffer[] }[]) =>
  Object.fromEntries(attributes.map(({ type, values }) => [type, values.map(String)]));
