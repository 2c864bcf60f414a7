// Attacks on the bind: what may be wrong in one, what may come around one, and what an upstream may answer to one.

import { connect as connectTcp, createServer } from 'node:net';
import { connect as connectTls } from 'node:tls';
import t from 'tap';
import { makeAuthority } from '../../src/demo/certificate.js';
import { StandIn } from '../../src/demo/stand-in.js';
import { type LDAPMessage, Scope } from '../../src/ldap/message.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { ownCertificate } from '../support/certificate.js';
import { Client, searchRequest, shakeHands, simpleBind } from '../support/client.js';
import { BASE, eventually, startProxy, USERS, userDN } from '../support/proxy.js';
import { bindWith, element, message, RawClient, searchWith, text } from '../support/raw.js';
import { SmallUpstream, upstreamDN } from '../support/small-upstream.js';

const ALICE = userDN('quillon.varrek');
const PASSWORD = 'user-secret-5001';
const READER = userDN('ldap-reader');
const READER_PASSWORD = 'reader-secret-5000';
const WHO_AM_I = { kind: 'extendedRequest', requestName: '1.3.6.1.4.1.4203.1.11.3' } as const;
const START_TLS = { kind: 'extendedRequest', requestName: '1.3.6.1.4.1.1466.20037' } as const;

const authority = await makeAuthority();
const folder = t.testdir({});
const tls = await ownCertificate(authority, folder);

const binds = { cache: { ttl: '0s' }, refusedTtl: '0s', failuresPerAccount: 100_000, failuresPerAddress: 1_000_000 };
const upstream = await StandIn.start({});
/** Reads once, so that every bind that the upstream counts later is a client's. */
const directory = { refresh: '10m', membershipAge: '10m' };
const proxy = await startProxy(upstream, { listen: { ldaps: '127.0.0.1:0', tls }, binds, directory });
/** Does not wait long for an upstream that hangs. */
const hasty = await startProxy(upstream, { upstream: { operationTime: '300ms' }, binds, directory });
t.teardown(async () => {
  await proxy.stop();
  await hasty.stop();
  await upstream.stop();
});

const identityOf = async (client: Client) => {
  const [answer] = await client.answered(client.send(WHO_AM_I));
  return answer?.op.kind === 'extendedResponse' ? answer.op.responseValue?.toString() : 'no answer';
};

/** An upstream of one member that answers its bind with what the test says. */
async function answeringBind(
  t: { teardown(end: () => Promise<void>): unknown },
  answer: (id: number) => readonly LDAPMessage[],
) {
  const small = await SmallUpstream.start([
    { uid: 'quillon.varrek', password: PASSWORD },
    { uid: 'corvane.thessly', password: 'user-secret-5005', isMember: false },
  ]);
  const behind = await startProxy(small, { binds });
  small.instead = { bind: ({ name }, id) => (name === upstreamDN('quillon.varrek') ? answer(id) : undefined) };
  t.teardown(async () => {
    await behind.stop();
    await small.stop();
  });
  return { small, behind };
}

t.test(
  'a bind that is not one of version 3 with one name and one password binds nobody and goes nowhere (R9, R14, R15, R16)',
  async (t) => {
    const [version, name, password] = ['020103', text(ALICE), text(PASSWORD, 0x80)];
    const table: [what: string, operation: Buffer, ...codes: (number | 'closed')[]][] = [
      ...[0, 1, 2, 4, 127].map((n): [string, Buffer, number] => [
        `version ${n}`,
        bindWith(element(0x02, Buffer.of(n)), name, password),
        2,
      ]),
      ['version 128', bindWith('02020080', name, password), 2],
      ['version 255', bindWith('020200ff', name, password), 2],
      ['version 259, which is 3 in one byte', bindWith('02020103', name, password), 2],
      ['version -1', bindWith('0201ff', name, password), 2],
      ['version -253, which is 3 in one byte', bindWith('0202ff03', name, password), 2],
      ['version 3 with a zero in front', bindWith('02020003', name, password), 2],
      ['version of five bytes', bindWith('02050100000003', name, password), 2],
      ['version of no bytes', bindWith('0200', name, password), 2],
      ['version as ENUMERATED', bindWith('0a0103', name, password), 2],
      ['version as a string', bindWith('040103', name, password), 2],
      ['no version', bindWith(name, password), 2],
      ['two versions', bindWith(version, version, name, password), 2],
      ['no name', bindWith(version, password), 2],
      ['two names', bindWith(version, name, name, password), 2],
      ['name behind the password', bindWith(version, password, name), 2],
      ['name as a context tag', bindWith(version, text(ALICE, 0x80), password), 2],
      ['constructed name', bindWith(version, element(0x24, name), password), 2],
      ['no password', bindWith(version, name), 2],
      ['a second password', bindWith(version, name, text('wrong', 0x80), password), 2],
      ['a second, wrong password', bindWith(version, name, password, text('wrong', 0x80)), 2],
      ['a password and SASL', bindWith(version, name, password, element(0xa3, text('PLAIN'))), 2],
      ['constructed password', bindWith(version, name, element(0xa0, text(PASSWORD))), 2],
      ['password of universal tag', bindWith(version, name, text(PASSWORD)), 2],
      ['password of application tag', bindWith(version, name, text(PASSWORD, 0x40)), 2],
      ['password of private tag', bindWith(version, name, text(PASSWORD, 0xc0)), 2],
      ['password of a high tag number', bindWith(version, name, '9f8100'), 2],
      ['something behind the password', bindWith(version, name, password, '0500'), 2],
      ['a NULL for the name', bindWith(version, '0500', password), 2],
      ['no fields', bindWith(version.slice(0, 0)), 2],
      ['SASL without a mechanism', bindWith(version, name, element(0xa3)), 2],
      [
        'SASL with a second set of credentials',
        bindWith(version, name, element(0xa3, text('PLAIN'), text('x'), text('y'))),
        2,
      ],
      ['SASL as a primitive', bindWith(version, name, text('PLAIN', 0x83)), 2, 7],
      ...[1, 2, 4, 5, 9, 10, 11, 30].map((tag): [string, Buffer, number, number] => [
        `choice ${tag}`,
        bindWith(version, name, text(PASSWORD, 0x80 + tag)),
        7,
        2,
      ]),
      ...[1, 4, 9].map((tag): [string, Buffer, number, number] => [
        `constructed choice ${tag}`,
        bindWith(version, name, element(0xa0 + tag, text(PASSWORD))),
        7,
        2,
      ]),
      ...[
        'PLAIN',
        'plain',
        'EXTERNAL',
        'ANONYMOUS',
        'GSSAPI',
        'GSS-SPNEGO',
        'CRAM-MD5',
        'DIGEST-MD5',
        'SCRAM-SHA-256',
        'LOGIN',
        'X'.repeat(5000),
        '\0',
        '',
      ].map((mechanism): [string, Buffer, number] => [
        `SASL ${mechanism.slice(0, 20)}`,
        bindWith(version, name, element(0xa3, text(mechanism), text(`\0quillon.varrek\0${PASSWORD}`))),
        7,
      ]),
    ];
    const client = await RawClient.open(proxy.url);
    let id = 1;
    for (const [what, operation, ...codes] of table) {
      id = (id % 100) + 1;
      const first = id++;
      t.equal(await client.code(first, encodeMessage({ messageID: first, op: simpleBind(ALICE, PASSWORD) })), 0);
      const before = upstream.counters.binds;
      const second = id++;
      const code = await client.code(second, message(second, operation));
      t.ok(codes.includes(code), `${what}: ${code}`);
      t.equal(upstream.counters.binds, before, `${what}: nothing was forwarded`);
      const third = id;
      t.equal(await client.code(third, message(third, searchWith())), 32, `${what}: anonymous afterwards`);
    }
    client.destroy();
  },
);

t.test('a bind that the upstream spoils leaves the session anonymous, whatever it was before (R9, R78)', async (t) => {
  const client = await Client.open(hasty.url);
  for (const [fault, ...codes] of [
    ['busy', 51],
    ['unavailable', 52],
    ['hang-at-bind', 3, 52],
    ['drop-at-bind', 52],
  ] as const) {
    for (const [name, password] of [
      [READER, READER_PASSWORD],
      [ALICE, PASSWORD],
    ] as const) {
      await eventually(async () => (await client.bind(name, password)).code === 0);
      upstream.fault = fault;
      const { code } = await client.bind(userDN('tavian.bruskel'), 'user-secret-5003');
      upstream.fault = 'none';
      t.ok((codes as readonly number[]).includes(code), `${fault}: ${code}`);
      t.equal(await identityOf(client), '', fault);
      t.equal((await client.search({ base: BASE })).result.code, 32, fault);
    }
  }
  // Until then it tries in the background, and the upstream counts those binds too.
  await eventually(() => hasty.app.readiness().upstream.addresses.every(({ healthy }) => healthy));
  client.destroy();
});

t.test('a bind cannot be abandoned, before it arrives, while it runs or after it (R10, R13)', async (t) => {
  const client = await Client.open(proxy.url);
  upstream.latency = 60;
  const abandon = (id: number) => client.send({ kind: 'abandonRequest', messageID: id });
  client.send({ kind: 'abandonRequest', messageID: 2 });
  const bind = client.send(simpleBind(ALICE, PASSWORD));
  t.equal(bind, 2);
  const before = upstream.counters.binds;
  await eventually(() => upstream.counters.binds > before);
  for (let i = 0; i < 5; i++) abandon(bind);
  const search = client.send(searchRequest({ base: ALICE, scope: Scope.baseObject }));
  t.equal((await client.answered(search)).length, 2, 'what is behind it runs under its identity');
  abandon(bind);
  t.equal(await identityOf(client), `dn:${ALICE}`, 'and that stays');
  const wrong = client.send(simpleBind(ALICE, 'wrong'));
  abandon(wrong);
  const after = client.send(searchRequest({ base: ALICE, scope: Scope.baseObject }));
  t.match((await client.answered(after)).at(-1)?.op, { result: { code: 32 } }, 'nor does it keep the identity before');
  const held = client.send(searchRequest({ base: '', scope: Scope.baseObject }));
  const behindSearch = client.send(simpleBind(ALICE, PASSWORD));
  abandon(behindSearch);
  await client.answered(held);
  t.match((await client.answered(behindSearch))[0]?.op, { result: { code: 0 } }, 'one that waits for a search');
  upstream.latency = 0;
  for (const id of [bind, wrong, behindSearch])
    t.equal(client.received.filter(({ messageID }) => messageID === id).length, 1, 'each is answered once');
  // A Cancel (RFC 3909) is refused as well: it finds nothing to cancel.
  const requestValue = element(0x30, element(0x02, Buffer.of(behindSearch)));
  t.equal((await client.result({ kind: 'extendedRequest', requestName: '1.3.6.1.1.8', requestValue })).code, 119);
  client.destroy();
});

t.test('failing, racing or abandoning a bind as a service account gives none of its rights (R88)', async (t) => {
  const seesAll = async (client: Client) =>
    (await client.search({ base: BASE, filter: '(uid=*)', attributes: ['1.1'] })).entries.length > 1;
  const client = await Client.open(proxy.url);
  await client.bind('nobody.yet', 'x'); // so that the look-ups have their connection, bound as the reader
  for (const name of [READER, upstream.reader.dn, READER.toUpperCase(), 'ldap-reader', 'ldap-reader@example.test']) {
    const before = upstream.counters.binds;
    for (const password of [
      'wrong',
      PASSWORD,
      `${READER_PASSWORD} `,
      READER_PASSWORD.toUpperCase(),
      `${READER_PASSWORD}\0`,
    ])
      t.equal((await client.bind(name, password)).code, 49, `${name} with ${JSON.stringify(password)}`);
    t.equal((await client.bind(name, '')).code, 53);
    t.notOk(await seesAll(client));
    t.equal(upstream.counters.binds, before, 'and its name is never bound upstream for a client');
  }
  for (const name of ['ldap-reader', 'ldap-reader@example.test'])
    t.equal((await client.bind(name, READER_PASSWORD)).code, 0, `${name}: leads to the account as its DN does (R113)`);
  t.equal((await client.bind('', '')).code, 0);
  // Racing: the right one of the service account, then another bind, and a search between and behind them.
  for (const last of [
    simpleBind(ALICE, PASSWORD),
    simpleBind(READER, 'wrong'),
    simpleBind('', ''),
    simpleBind(READER, ''),
  ]) {
    const right = client.send(simpleBind(READER, READER_PASSWORD));
    client.send({ kind: 'abandonRequest', messageID: right });
    client.send(last);
    client.send({ kind: 'abandonRequest', messageID: right });
    t.notOk(await seesAll(client), 'the last bind counts');
  }
  const [one, other] = await Promise.all([Client.open(proxy.url), Client.open(proxy.url)]);
  const [right] = await Promise.all([one.bind(READER, READER_PASSWORD), other.bind(READER, 'wrong')]);
  t.equal(right.code, 0);
  t.ok(await seesAll(one));
  t.notOk(await seesAll(other), 'another connection has nothing of it');
  for (const each of [client, one, other]) each.destroy();
});

t.test('a referral in answer to a bind is neither followed nor passed on (R36, R78)', async (t) => {
  let visits = 0;
  const bait = createServer((socket) => {
    visits++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => bait.listen(0, '127.0.0.1', resolve));
  t.teardown(() => bait.close());
  const url = `ldap://127.0.0.1:${(bait.address() as { port: number }).port}/o=elsewhere,dc=jumpcloud,dc=com`;
  const { small, behind } = await answeringBind(t, (messageID) => [
    {
      messageID,
      op: {
        kind: 'bindResponse',
        result: { code: 10, matchedDN: 'o=elsewhere,dc=jumpcloud,dc=com', text: url, referral: [url, 'ldap://x.test'] },
      },
    },
  ]);
  const client = await Client.open(behind.url);
  const result = await client.bind(ALICE, PASSWORD);
  t.ok([52, 80].includes(result.code), `code ${result.code}`);
  t.notOk('referral' in result);
  t.equal(await identityOf(client), '');
  client.destroy();
  // References and a referral in answer to the reader's searches.
  small.instead = {
    beforeEntries: () => [{ kind: 'searchResultReference', uris: [url] }],
  };
  const again = await startProxy(small, { binds });
  const reading = await Client.open(again.url);
  t.equal((await reading.bind(READER, READER_PASSWORD)).code, 0);
  for (const base of [BASE, USERS, '']) {
    const found = await reading.search({ base, attributes: ['*', '+'] });
    t.notOk('referral' in found.result);
  }
  small.instead = {
    done: () => ({ kind: 'searchResultDone', result: { code: 10, matchedDN: '', text: '', referral: [url] } }),
  };
  t.equal((await reading.bind('somebody.new', 'x')).code, 52, 'a look-up that is referred is trouble and no answer');
  t.notOk(reading.received.some(({ op }) => op.kind === 'searchResultReference'));
  t.notOk(Buffer.concat(reading.raw).includes('elsewhere'));
  reading.destroy();
  await again.stop();
  t.equal(visits, 0, 'nobody went where the referral points');
});

t.test('only the bind’s own response with code 0 lets anybody in (R84, R85)', async (t) => {
  const success = { code: 0, matchedDN: '', text: '' };
  const instead: Record<string, (messageID: number) => readonly LDAPMessage[]> = {
    'the end of a search': (messageID) => [{ messageID, op: { kind: 'searchResultDone', result: success } }],
    'an extended response': (messageID) => [{ messageID, op: { kind: 'extendedResponse', result: success } }],
    'a compare that is true': (messageID) => [
      { messageID, op: { kind: 'compareResponse', result: { ...success, code: 6 } } },
    ],
    'an entry': (messageID) => [{ messageID, op: { kind: 'searchResultEntry', objectName: '', attributes: [] } }],
    'another message ID': (messageID) => [{ messageID: messageID + 1, op: { kind: 'bindResponse', result: success } }],
    'the message ID before': (messageID) => [
      { messageID: messageID - 1, op: { kind: 'bindResponse', result: success } },
    ],
    'message ID 0': () => [{ messageID: 0, op: { kind: 'bindResponse', result: success } }],
    ...Object.fromEntries(
      [1, 2, 3, 5, 6, 8, 10, 14, 48, 50, 53, 80, 118, 256, 65536, -1].map((code) => [
        `code ${code}`,
        (messageID: number): LDAPMessage[] => [
          { messageID, op: { kind: 'bindResponse', result: { ...success, code } } },
        ],
      ]),
    ),
    'a refusal, then a success': (messageID) => [
      { messageID, op: { kind: 'bindResponse', result: { ...success, code: 49 } } },
      { messageID, op: { kind: 'bindResponse', result: success } },
    ],
  };
  let answer: (messageID: number) => readonly LDAPMessage[] = () => [];
  const { small, behind } = await answeringBind(t, (messageID) => answer(messageID));
  for (const [what, messages] of Object.entries(instead)) {
    answer = messages;
    const client = await Client.open(behind.url);
    const { code } = await client.bind(ALICE, PASSWORD);
    t.not(code, 0, `${what}: ${code}`);
    t.equal(await identityOf(client), '', what);
    client.destroy();
  }
  answer = (messageID) => [{ messageID, op: { kind: 'bindResponse', result: success } }];
  await eventually(async () => {
    const client = await Client.open(behind.url);
    const { code } = await client.bind(ALICE, PASSWORD);
    client.destroy();
    return code === 0;
  });
  const client = await Client.open(behind.url);
  await client.bind('new.comer', 'x');
  client.destroy();
  for (const names of small.bound.values())
    t.ok(
      names.every((name) => name === small.reader.dn) || names.every((name) => name !== small.reader.dn),
      'no connection is bound as the reader and as a user',
    );
  t.ok(small.bound.size >= 2);
  t.ok(
    small.searchedAs.length > 0 && small.searchedAs.every((name) => name === small.reader.dn),
    'searches are the reader’s',
  );
});

t.test('no client sees what an upstream says about a refused bind (R2, R35)', async (t) => {
  const refusals = [
    { code: 49, matchedDN: '', text: '' },
    { code: 49, matchedDN: upstreamDN('quillon.varrek'), text: 'account locked: o=5f1c0a9e7b3d4c2a8e6f9d10' },
    { code: 49, matchedDN: '', text: '80090308: LdapErr: DSID-0C090439, data 52e' },
  ];
  let refusal = refusals[0]!;
  const { behind } = await answeringBind(t, (messageID) => [
    { messageID, op: { kind: 'bindResponse', result: refusal } },
  ]);
  const answers = new Set<string>();
  for (refusal of refusals) {
    for (const name of [ALICE, userDN('corvane.thessly'), userDN('nobody')]) {
      const client = await Client.open(behind.url);
      t.equal((await client.bind(name, 'x')).code, 49);
      answers.add(Buffer.concat(client.raw).toString('hex'));
      client.destroy();
    }
  }
  t.equal(answers.size, 1);
});

t.test('a client cannot renegotiate TLS (R64)', async (t) => {
  const port = Number(new URL(proxy.app.ldapsUrl ?? '').port);
  const other = await Client.open({ port, tls: true, ca: authority.caPem });
  for (const when of ['immediately', 'after a bind']) {
    const socket = await shakeHands(port, authority.caPem, { maxVersion: 'TLSv1.2' });
    socket.on('error', () => {});
    if (when === 'after a bind') {
      const answered = new Promise((resolve) => socket.once('data', resolve));
      socket.write(encodeMessage({ messageID: 1, op: simpleBind(ALICE, PASSWORD) }));
      await answered;
    }
    const isRenegotiated = await new Promise<boolean>((resolve) => {
      socket.once('close', () => resolve(false));
      socket.renegotiate({ rejectUnauthorized: false }, (error) => resolve(error === null));
    });
    t.notOk(isRenegotiated, when);
    socket.destroy();
  }
  t.equal((await other.bind(ALICE, PASSWORD)).code, 0, 'others are served');
  other.destroy();
});

t.test(
  'StartTLS: half a message in cleartext is not continued inside TLS, and identity does not pass through (R65)',
  async (t) => {
    for (const clear of [
      encodeMessage({ messageID: 9, op: simpleBind(ALICE, PASSWORD) }).subarray(0, 20),
      Buffer.from('3084', 'hex'),
      Buffer.from('30', 'hex'),
      Buffer.concat(Array.from({ length: 50 }, (_, i) => encodeMessage({ messageID: 10 + i, op: WHO_AM_I }))),
      encodeMessage({ messageID: 9, op: START_TLS }),
      encodeMessage({ messageID: 9, op: { kind: 'unbindRequest' } }),
    ]) {
      const client = await Client.open(proxy.url);
      t.equal((await client.bind(READER, READER_PASSWORD)).code, 0);
      await client.startTLS(authority.caPem, clear);
      t.equal(await identityOf(client), '', 'anonymous inside');
      t.equal((await client.search({ base: BASE })).result.code, 32);
      t.notOk(
        client.received.some(({ messageID }) => messageID >= 9),
        'nothing sent in cleartext is answered',
      );
      client.destroy();
    }
  },
);

t.test('invalid records end a TLS connection that was working (R63)', async (t) => {
  const port = Number(new URL(proxy.app.ldapsUrl ?? '').port);
  for (const junk of [
    Buffer.alloc(200, 0x41),
    Buffer.from('1703030020', 'hex'),
    Buffer.from('15030300020100', 'hex'),
  ]) {
    const raw = connectTcp(port, '127.0.0.1');
    raw.on('error', () => {});
    const secured = connectTls({ socket: raw, ca: authority.caPem, servername: 'localhost' });
    secured.on('error', () => {});
    await new Promise((resolve) => secured.once('secureConnect', resolve));
    raw.write(Buffer.concat([junk, Buffer.alloc(64)]));
    await eventually(() => proxy.app.readiness().connections === 0);
    t.pass(junk.subarray(0, 5).toString('hex'));
    raw.destroy();
  }
});

t.test('StartTLS from a client that sends no more is answered, and ends the connection (R60, R65)', async (t) => {
  upstream.latency = 50;
  const client = await Client.open(proxy.url);
  const bind = client.send(simpleBind(ALICE, PASSWORD));
  const startTLS = client.send(START_TLS);
  client.end();
  await client.answered(startTLS);
  upstream.latency = 0;
  // Not only after the time for a handshake, which nobody can begin any more.
  await client.closed();
  t.same(
    client.received.map(({ messageID }) => messageID),
    [bind, startTLS],
  );
  t.notOk(proxy.log.some((line) => line.includes('TLS handshake too slow')));
});
