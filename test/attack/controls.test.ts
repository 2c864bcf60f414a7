// Attacks by controls and extended operations: critical ones, ones that ask for another's rights, and malformed ones.
import t from 'tap';
import { StandIn } from '../../src/demo/stand-in.js';
import { type Control, type Request, Scope } from '../../src/ldap/message.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { Client, searchRequest, simpleBind } from '../support/client.js';
import { BASE, startProxy, userDN } from '../support/proxy.js';
import { element, hex, message, RawClient, searchWith, sendToTheEnd, sequence, text } from '../support/raw.js';
import { SmallUpstream } from '../support/small-upstream.js';

const ALICE = userDN('quillon.varrek');
const PASSWORD = 'user-secret-5001';
const READER = userDN('ldap-reader');
const READER_PASSWORD = 'reader-secret-5000';
const POLICY = '1.3.6.1.4.1.42.2.27.8.5.1';
const PROXIED = '2.16.840.1.113730.3.4.18';
const binds = { cache: { ttl: '0s' }, refusedTtl: '0s', failuresPerAccount: 100_000, failuresPerAddress: 1_000_000 };

const upstream = await StandIn.start({});
const proxy = await startProxy(upstream, { binds });
t.teardown(async () => {
  await proxy.stop();
  await upstream.stop();
});

/** Controls that nobody may be given here, with values as their RFCs have them. */
const FOREIGN: Record<string, Control> = Object.fromEntries(
  (
    [
      ['proxied authorization', PROXIED, Buffer.from(`dn:${READER}`)],
      ['proxied authorization of an older draft', '2.16.840.1.113730.3.4.12', sequence(text(READER))],
      ['authorization identity', '2.16.840.1.113730.3.4.16', undefined],
      ['session tracking', '1.3.6.1.4.1.21008.108.63.1', sequence(text('x'), text('y'), text('z'), text('w'))],
      ['dereference', '1.3.6.1.4.1.4203.666.5.16', sequence(sequence(text('member'), sequence(text('uid'))))],
      ['pre-read', '1.3.6.1.1.13.1', sequence(text('userPassword'))],
      ['post-read', '1.3.6.1.1.13.2', sequence(text('userPassword'))],
      ['content synchronization', '1.3.6.1.4.1.4203.1.9.1.1', sequence('0a0101')],
      ['persistent search', '2.16.840.1.113730.3.4.3', sequence('02010f', '010100', '0101ff')],
      ['entry change', '2.16.840.1.113730.3.4.7', sequence('0a0101')],
      ['virtual list view', '2.16.840.1.113730.3.4.9', sequence('020100', '020109', element(0xa0, '020101', '020100'))],
      ['get effective rights', '1.3.6.1.4.1.42.2.27.9.5.2', Buffer.from(`dn:${READER}`)],
      ['no-op', '1.3.6.1.4.1.4203.666.5.2', undefined],
      ['relax rules', '1.3.6.1.4.1.4203.666.5.12', undefined],
      ['do not use copy', '1.3.6.1.1.22', undefined],
      ['subentries', '1.3.6.1.4.1.4203.1.10.1', hex('0101ff')],
      ['transaction specification', '1.3.6.1.1.21.2', Buffer.alloc(0)],
      ['tree delete', '1.2.840.113556.1.4.805', undefined],
      ['show deleted', '1.2.840.113556.1.4.417', undefined],
      ['security descriptor flags', '1.2.840.113556.1.4.801', sequence('020107')],
      ['extended DN', '1.2.840.113556.1.4.529', sequence('020101')],
      ['directory synchronization', '1.2.840.113556.1.4.841', sequence('020101', '020100', '0400')],
      ['attribute scoped query', '1.2.840.113556.1.4.1504', sequence(text('member'))],
      ['no OID at all', 'x', undefined],
      ['a DN', READER, undefined],
    ] as const
  ).map(([name, type, value]) => [name, { type, critical: true, ...(value === undefined ? {} : { value }) }]),
);

/** One request of each operation that has a response. */
const OPERATIONS: readonly Request[] = [
  simpleBind(ALICE, PASSWORD),
  searchRequest({ base: ALICE, scope: Scope.baseObject }),
  { kind: 'compareRequest', entry: ALICE, attribute: 'uid', value: Buffer.from('quillon.varrek') },
  { kind: 'modifyRequest', object: ALICE, changes: [] },
  { kind: 'addRequest', entry: userDN('x'), attributes: [] },
  { kind: 'delRequest', entry: ALICE },
  { kind: 'modDNRequest', entry: ALICE, newrdn: 'uid=z', deleteoldrdn: true },
  { kind: 'extendedRequest', requestName: '1.3.6.1.4.1.4203.1.11.3' },
  { kind: 'extendedRequest', requestName: '1.3.6.1.4.1.1466.20037' },
  { kind: 'extendedRequest', requestName: '1.3.6.1.1.8', requestValue: sequence('020101') },
];

t.test(
  'a critical control that is not offered stops every operation with 12; one that is not critical changes nothing (R43, R44, R45)',
  async (t) => {
    const client = await Client.open(proxy.url);
    for (const [name, control] of Object.entries(FOREIGN)) {
      for (const op of OPERATIONS) {
        t.equal((await client.bind(ALICE, PASSWORD)).code, 0);
        const plain = (await client.answered(client.send(op))).map((one) => one.op);
        await client.bind(ALICE, PASSWORD);
        const since = upstream.counters.binds;
        const answers = await client.answered(client.send(op, [control]));
        t.match(
          answers.map((one) => one.op),
          [{ result: { code: 12 } }],
          `${op.kind}: ${name}`,
        );
        t.equal(upstream.counters.binds, since, 'nothing went upstream');
        if (op.kind === 'bindRequest')
          t.equal((await client.search({ base: ALICE })).result.code, 32, 'nobody is bound');
        await client.bind(ALICE, PASSWORD);
        const ignored = (await client.answered(client.send(op, [{ ...control, critical: false }]))).map(
          (one) => one.op,
        );
        t.same(ignored, plain, `${op.kind}: ${name}, not critical`);
      }
    }
    client.destroy();
  },
);

t.test(
  'nobody speaks for somebody else: proxied authorization is refused, and never changes whose rights count (R45)',
  async (t) => {
    const visible = async (client: Client, controls: Control[]) => {
      const { result, entries } = await client.search({ base: BASE, filter: '(uid=*)', attributes: ['1.1'], controls });
      return `${result.code} ${entries.map(({ objectName }) => objectName).join(' ')}`;
    };
    for (const [name, password] of [
      ['', ''],
      [ALICE, PASSWORD],
      [READER, READER_PASSWORD],
    ] as const) {
      const client = await Client.open(proxy.url);
      await client.bind(name, password);
      const own = await visible(client, []);
      for (const authzId of [
        '',
        `dn:${READER}`,
        `dn:${ALICE}`,
        `dn:${upstream.reader.dn}`,
        'u:ldap-reader',
        'dn:',
        READER,
      ]) {
        const control = { type: PROXIED, value: Buffer.from(authzId) };
        t.equal(await visible(client, [{ ...control, critical: true }]), '12 ', `${name} as ${authzId}`);
        t.equal(await visible(client, [{ ...control, critical: false }]), own);
        const whoAmI = { kind: 'extendedRequest', requestName: '1.3.6.1.4.1.4203.1.11.3' } as const;
        const [answer] = await client.answered(client.send(whoAmI, [{ ...control, critical: false }]));
        t.match(answer?.op, { responseValue: Buffer.from(name === '' ? '' : `dn:${name}`) });
      }
      client.destroy();
    }
  },
);

t.test(
  'of everything that clients attach, only the request for password policy information goes upstream (R45)',
  async (t) => {
    const small = await SmallUpstream.start([{ uid: 'quillon.varrek', password: PASSWORD }]);
    const behind = await startProxy(small, { binds });
    const client = await Client.open(behind.url);
    const attached = [
      ...Object.values(FOREIGN).map((control) => ({ ...control, critical: false })),
      { type: POLICY, critical: true, value: Buffer.from('of the client') },
    ];
    t.equal((await client.result(simpleBind(ALICE, PASSWORD), attached)).code, 0);
    t.equal((await client.result(simpleBind('some.newcomer', 'x'), attached)).code, 49);
    t.equal((await client.result(searchRequest({ base: ALICE }), attached.slice(0, -1))).code, 32);
    client.destroy();
    await behind.stop();
    await small.stop();
    const sent = small.requests.flatMap(({ op, controls = [] }) =>
      controls.map(({ type, critical, value }) => ({ what: `${op.kind} ${type}`, critical, value })),
    );
    const others = sent.filter(({ what }) => what !== 'searchRequest 1.2.840.113556.1.4.319');
    t.ok(others.length > 0);
    // A control of our own making: nothing of the client's is in it.
    for (const { what, critical, value } of others) {
      t.equal(what, `bindRequest ${POLICY}`, 'but the reader’s own paged results');
      t.notOk(critical);
      t.equal(value, undefined);
    }
    t.ok(small.binds.length > 1);
  },
);

t.test('what the root DSE lists is offered, and nothing else is (R45, R46)', async (t) => {
  const client = await Client.open(proxy.url);
  const dse = await client.search({ base: '', scope: Scope.baseObject, attributes: ['+'] });
  const listed = (type: string) =>
    (dse.entries[0]?.attributes.find((one) => one.type === type)?.values ?? []).map(String);
  await client.bind(READER, READER_PASSWORD);
  const filter = text('uid', 0x87);
  const sample: Record<string, Buffer | undefined> = {
    '1.2.840.113556.1.4.319': sequence('020105', '0400'),
    '1.2.840.113556.1.4.473': sequence(sequence(text('uid'))),
    '1.2.826.0.1.3344810.2.3': sequence(filter),
    '1.3.6.1.1.12': text('objectClass', 0x87),
  };
  for (const type of listed('supportedControl')) {
    const value = sample[type];
    const control = { type, critical: true, ...(value === undefined ? {} : { value }) };
    const isForBinds = type === POLICY;
    const op = isForBinds ? simpleBind(READER, READER_PASSWORD) : searchRequest({ base: BASE, filter: '(uid=*)' });
    t.equal((await client.result(op, [control])).code, 0, `${type} works`);
  }
  for (const requestName of listed('supportedExtension')) {
    const requestValue = requestName === '1.3.6.1.1.8' ? { requestValue: sequence('02017b') } : {};
    const { code } = await client.result({ kind: 'extendedRequest', requestName, ...requestValue });
    t.ok([0, 119].includes(code), `${requestName}: ${code}`);
  }
  for (const { type } of Object.values(FOREIGN)) t.notOk(listed('supportedControl').includes(type), type);
  client.destroy();
});

t.test(
  'controls that cannot be read are answered with 2 or end the connection, and the operation is not performed (R48)',
  async (t) => {
    const control = (...parts: (Buffer | string)[]) => sequence(...parts);
    const [oid, critical] = [text('1.2.3.4'), '0101ff'];
    const answered: Record<string, Buffer> = {
      'no type': control(),
      'an empty type': control(text('')),
      'criticality first': control(critical, oid),
      'value before criticality': control(oid, text('x'), critical),
      'two types': control(oid, oid, oid),
      'criticality twice': control(oid, critical, critical),
      'criticality of no bytes': control(oid, '0100'),
      'criticality of two bytes': control(oid, '0102ffff'),
      'criticality as INTEGER': control(oid, '020101'),
      'type as INTEGER': control('020101'),
      'type as a context tag': control(text('1.2.3.4', 0x80)),
      'constructed value': control(oid, critical, element(0x24, text('x'))),
      'value as a sequence': control(oid, critical, sequence(text('x'))),
      'something behind the value': control(oid, critical, text('x'), text('y')),
      'a string': text('1.2.3.4'),
      'a SET': element(0x31, oid),
      'type that reaches beyond': sequence('047f31'),
      'a control that reaches beyond': hex('307f'),
    };
    const client = await RawClient.open(proxy.url);
    const bind = element(0x60, '020103', text(ALICE), text(PASSWORD, 0x80));
    for (const [what, octets] of Object.entries(answered)) {
      const before = upstream.counters.binds;
      t.equal(await client.code(2, message(2, bind, element(0xa0, octets))), 2, `${what}, with a bind`);
      t.equal(upstream.counters.binds, before);
      t.equal(await client.code(3, message(3, searchWith())), 32, 'nobody is bound');
      t.equal(
        await client.code(4, message(4, searchWith({ base: '', scope: '0a0100' }), element(0xa0, octets))),
        2,
        what,
      );
    }
    t.equal(client.entries, 0);
    for (const [what, octet, code] of [
      ['TRUE as 01', '010101', 12],
      ['TRUE as 80', '010180', 12],
      ['FALSE written out', '010100', 0],
    ] as const)
      t.equal(await client.code(5, message(5, bind, element(0xa0, control(oid, octet)))), code, `${what} (R43, R44)`);
    const many = (count: number) => Buffer.concat(Array.from({ length: count }, () => control(oid)));
    t.equal(await client.code(6, message(6, bind, element(0xa0, many(64)))), 0, 'as many as are allowed');
    t.equal(await client.code(7, message(7, bind, element(0xa0, many(65)))), 2, 'one more');
    t.equal(await client.code(8, message(8, bind)), 0);
    t.equal(await client.code(9, message(9, searchWith(), element(0xa0, many(80_000)))), 2, 'eighty thousand');
    t.equal(await client.code(10, message(10, bind, 'a000')), 0, 'an empty list');
    client.destroy();
    for (const [what, ...octets] of [
      ['a list of another tag', 'a100'],
      ['a primitive list', '8000'],
      ['two lists', 'a000', 'a000'],
      ['a list before the operation', ''],
      ['a list that reaches beyond', 'a07f'],
      ['300,000 controls before a bind', element(0xa0, many(300_000))],
    ] as const) {
      const octetsBefore =
        what === 'a list before the operation' ? message(2, 'a000', bind) : message(2, bind, ...octets);
      const received = await sendToTheEnd(
        proxy.url,
        octetsBefore,
        encodeMessage({ messageID: 3, op: simpleBind(ALICE, PASSWORD) }),
      );
      t.match(received, [{ messageID: 0, op: { kind: 'extendedResponse' } }], what);
      t.equal(received.length, 1, what);
    }
  },
);

t.test('known controls with junk for a value get 2 and find nothing, critical or not (R47, R48)', async (t) => {
  const client = await Client.open(proxy.url);
  await client.bind(READER, READER_PASSWORD);
  const known = ['1.2.840.113556.1.4.319', '1.2.840.113556.1.4.473', '1.2.826.0.1.3344810.2.3', '1.3.6.1.1.12'];
  const junk: readonly (Buffer | undefined)[] = [
    undefined,
    Buffer.alloc(0),
    hex('30'),
    hex('3000'),
    hex('3080'),
    hex('30847fffffff'),
    hex('3003020105'),
    hex('300602010504 7f'),
    hex('30050201ff0400'),
    hex('3006020105040000'),
    hex('a200'),
    sequence(sequence()),
    sequence('020500ffffffff', '0400'),
    Buffer.alloc(5000, 0x30),
    Buffer.from('a'.repeat(100)),
  ];
  for (const type of known) {
    for (const value of junk) {
      for (const critical of [true, false]) {
        const control = { type, critical, ...(value === undefined ? {} : { value }) };
        const { result, entries } = await client.search({ base: BASE, filter: '(uid=*)', controls: [control] });
        t.equal(result.code, 2, `${type} ${value?.subarray(0, 10).toString('hex')}`);
        t.equal(entries.length, 0);
      }
    }
  }
  for (const cookie of [
    Buffer.alloc(16),
    Buffer.alloc(100_000, 1),
    Buffer.from('0'),
    Buffer.from('9'),
    Buffer.alloc(8, 0xff),
  ]) {
    const value = sequence('020105', element(0x04, cookie));
    const controls = [{ type: known[0] ?? '', critical: true, value }];
    const { result, entries } = await client.search({ base: BASE, filter: '(uid=*)', controls });
    t.ok([2, 53].includes(result.code), `forged cookie: ${result.code}`);
    t.equal(entries.length, 0);
  }
  client.destroy();
});

t.test('invalid extended operations get 2 without a name, and the connection goes on (R49)', async (t) => {
  const client = await RawClient.open(proxy.url);
  const names = [
    '',
    '1',
    '1.',
    '.1',
    '1..2',
    '1.2.3.4',
    '01.2',
    '-1.2',
    `1.${'2.'.repeat(10_000)}3`,
    'x'.repeat(50_000),
    READER,
    '1.3.6.1.4.1.4203.1.11.3 ',
    ' 1.3.6.1.4.1.4203.1.11.3',
    '1.3.6.1.4.1.4203.1.11.3\0',
    '\0',
    '1.3.6.1.4.1.1466.20036',
    '__proto__',
  ];
  for (const name of names) {
    t.equal(await client.code(2, message(2, element(0x77, text(name, 0x80)))), 2, JSON.stringify(name.slice(0, 30)));
    const last = client.received.at(-1)?.op;
    t.ok(last?.kind === 'extendedResponse' && last.responseName === undefined && last.responseValue === undefined);
  }
  for (const [what, content] of Object.entries({
    'no name': '',
    'a name of universal tag': text('1.2.3'),
    'a value first': Buffer.concat([text('x', 0x81), text('1.2.3', 0x80)]),
    'two names': Buffer.concat([text('1.2.3', 0x80), text('1.2.3', 0x80)]),
    'two values': Buffer.concat([text('1.2.3', 0x80), text('x', 0x81), text('x', 0x81)]),
    'a name that reaches beyond': '807f31',
  }))
    t.equal(await client.code(3, message(3, element(0x77, content))), 2, what);
  t.equal(await client.code(4, message(4, element(0x77, text('1.3.6.1.4.1.4203.1.11.3', 0x80)))), 0);
  client.destroy();
});

t.test('unbind ends the connection, whatever is attached to it, and is not answered (R17)', async (t) => {
  const behind = encodeMessage({ messageID: 3, op: simpleBind(ALICE, PASSWORD) });
  for (const [what, ...controls] of [
    ['no control'],
    ['a critical control', element(0xa0, sequence(text('1.2.3.4'), '0101ff'))],
    ['a malformed control', element(0xa0, text('x'))],
    ['a control twice', element(0xa0, sequence(text('1.2.3')), sequence(text('1.2.3')))],
  ] as const) {
    const before = upstream.counters.binds;
    t.same(await sendToTheEnd(proxy.url, message(2, '4200', ...controls), behind), [], what);
    t.equal(upstream.counters.binds, before, 'what is behind it is not run');
  }
  t.same(await sendToTheEnd(proxy.url, message(2, '420100'), behind), [], 'with bytes where none belong');
});
