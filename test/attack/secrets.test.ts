// Attacks on the log: secrets that would be written to it, and text that would forge its lines.
import t from 'tap';
import { StandIn } from '../../src/demo/stand-in.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { Client, simpleBind } from '../support/client.js';
import { BASE, eventually, startProxy, USERS, userDN } from '../support/proxy.js';
import { bindWith, element, message, RawClient, searchWith, sendToTheEnd, sequence, text } from '../support/raw.js';

const ALICE = userDN('quillon.varrek');
const PASSWORD = 'user-secret-5001';
const READER_PASSWORD = 'reader-secret-5000';
/** Not the whole of any word that is in a log otherwise. */
const CANARY = 'Zq7-canary-Wv3';

const upstream = await StandIn.start({});
const proxy = await startProxy(upstream, {
  log: { level: 'trace' },
  binds: { cache: { ttl: '0s' }, refusedTtl: '0s', failuresPerAccount: 100_000, failuresPerAddress: 1_000_000 },
});
t.teardown(async () => {
  await proxy.stop();
  await upstream.stop();
});

/** As it is, and as it would look in a dump. */
const forms = (secret: string) => {
  const octets = Buffer.from(secret);
  return [
    secret,
    secret.toUpperCase(),
    encodeURIComponent(secret),
    octets.toString('hex'),
    octets.toString('base64').replace(/=+$/, ''),
    [...octets].join(','),
    octets.toString('hex').replace(/../g, '$& ').trim(),
  ];
};

t.test('no secret is in the log, however broken the message that brought it (R98)', async (t) => {
  const [version, name, password] = ['020103', text(ALICE), text(CANARY, 0x80)];
  const bind = bindWith(version, name, password);
  const messages: readonly Buffer[] = [
    message(1, bind),
    message(1, bindWith('020102', name, password)),
    message(1, bindWith('02020003', name, password)),
    message(1, bindWith(version, name, password, password)),
    message(1, bindWith(version, name, password, '0500')),
    message(1, bindWith(version, name, text(CANARY))),
    message(1, bindWith(version, name, text(CANARY, 0x81))),
    message(1, bindWith(version, name, element(0xa0, text(CANARY)))),
    message(1, bindWith(version, name, element(0xa3, text('PLAIN'), text(`\0quillon.varrek\0${CANARY}`)))),
    message(1, bindWith(version, name, element(0xa3, text('CRAM-MD5'), text(CANARY)))),
    message(1, bindWith(version, name, element(0xa3, text('PLAIN'), text(CANARY), text(CANARY)))),
    message(1, bindWith(version, text(''), password)),
    message(1, bindWith(version, text('not=a=name,'), password)),
    message(1, bindWith(version, text(userDN('nobody')), password)),
    message(1, bindWith(version, text(userDN('corvane.thessly')), password)),
    message(1, bindWith(version, text(userDN('ldap-reader')), password)),
    message(1, bind, element(0xa0, sequence(text('1.2.3'), '0101ff', text(CANARY)))),
    message(1, bind, element(0xa0, text('x'))),
    message(0, bind),
    message(1, element(0x61, version, name, password)),
    message(1, bind.subarray(0, bind.length - 3)),
    // The password is where a message should begin.
    Buffer.concat([Buffer.from(CANARY), message(1, bind)]),
    message(
      1,
      element(
        0x77,
        text('1.3.6.1.4.1.4203.1.11.1', 0x80),
        element(0x81, sequence(text(ALICE, 0x80), text(CANARY, 0x81), text(CANARY, 0x82))),
      ),
    ),
    message(
      1,
      element(
        0x66,
        text(ALICE),
        sequence(sequence('0a0102', sequence(text('userPassword'), element(0x31, text(CANARY))))),
      ),
    ),
    message(1, element(0x68, text(userDN('x')), sequence(sequence(text('userPassword'), element(0x31, text(CANARY)))))),
    message(1, element(0x6e, text(ALICE), sequence(text('userPassword'), text(CANARY)))),
    message(1, searchWith({ filter: element(0xa3, text('userPassword'), text(CANARY)) })),
    message(1, searchWith({ filter: element(0xa4, text('userPassword'), sequence(text(CANARY, 0x80))) })),
    message(1, searchWith({ filter: element(0xa9, text('userPassword', 0x82), text(CANARY, 0x83)) })),
  ];
  for (const octets of messages) {
    await sendToTheEnd(proxy.url, octets, message(2, '4200'));
    const client = await Client.open(proxy.url);
    await client.bind(ALICE, PASSWORD);
    client.write(octets);
    client.end();
    await client.closed();
  }
  for (const fault of ['busy', 'unavailable', 'drop-at-bind'] as const) {
    upstream.fault = fault;
    const client = await Client.open(proxy.url);
    await client.bind(ALICE, CANARY);
    client.destroy();
  }
  upstream.fault = 'none';
  await eventually(async () => {
    const client = await Client.open(proxy.url);
    const { code } = await client.bind(ALICE, PASSWORD);
    client.destroy();
    return code === 0;
  });
  t.ok(proxy.log.length > messages.length, 'there is a log');
  const all = proxy.log.join('');
  for (const secret of [CANARY, PASSWORD, READER_PASSWORD])
    for (const form of forms(secret)) t.notOk(all.includes(form), form);
});

t.test('client text of every operation stays inside one field of one line (R99)', async (t) => {
  const evil = [
    'a\r\n{"level":60,"msg":"forged"}',
    'a\nb',
    '\u0000',
    '\u001b[2J\u001b[31m',
    '\u2028{"level":60}\u2029',
    '","reason":"ok","x":"',
    '\\',
    '\\u000a',
    '\u202egnirts',
    '\ufeff',
    '\u0085',
    '\u009b31m',
    'x'.repeat(20_000),
  ];
  const before = proxy.log.length;
  for (const word of evil) {
    const client = await RawClient.open(proxy.url);
    client.write(
      message(1, bindWith('020103', text(word), text('x', 0x80))),
      message(1, bindWith('020103', text(`uid=${word},${USERS}`), text('x', 0x80))),
      message(1, bindWith('020103', text(''), element(0xa3, text(word)))),
      message(1, searchWith({ base: word })),
      message(1, searchWith({ filter: text(word, 0x87), attributes: sequence(text(word)) })),
      message(1, element(0x6e, text(word), sequence(text(word), text(word)))),
      message(1, element(0x77, text(word, 0x80))),
      message(1, element(0x4a, Buffer.from(word))),
      message(1, '4a00', element(0xa0, sequence(text(word), '0101ff'))),
      message(9, '4200'),
    );
    await client.until(() => false);
  }
  const lines = proxy.log.slice(before);
  t.ok(lines.length > evil.length * 5);
  for (const line of lines) {
    const isOne =
      line.endsWith('\n') &&
      !/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202e\ufeff]/.test(line) &&
      line.indexOf('\n') === line.length - 1;
    const fields = JSON.parse(line) as Record<string, unknown>;
    if (!isOne || fields.msg === 'forged' || line.length > 5000) t.fail(line.slice(0, 300));
    if (fields.reason === 'ok' && fields.msg === 'bind') t.fail('a bind that was forged');
  }
});

t.test('what each bind was is in the log only, with its canonical name and a class of reason (R2, R100)', async (t) => {
  const before = proxy.log.length;
  const cases = [
    ['UID=Quillon.Varrek,OU=users,DC=example,DC=com', PASSWORD, 'ok', 'quillon.varrek'],
    [ALICE, 'wrong', 'wrong-password', 'quillon.varrek'],
    [userDN('nobody'), 'x', 'unknown-name', undefined],
    [userDN('corvane.thessly'), 'user-secret-5005', 'not-a-member', undefined],
    [BASE, 'x', 'not-a-user-name', undefined],
    ['a=,', 'x', 'invalid-name', undefined],
  ] as const;
  const client = await Client.open(proxy.url);
  for (const [name, password] of cases) await client.answered(client.send(simpleBind(name, password)));
  client.write(encodeMessage({ messageID: 99, op: { kind: 'unbindRequest' } }));
  await client.closed();
  const lines = proxy.log
    .slice(before)
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ msg }) => msg === 'bind');
  t.same(
    lines.map(({ reason, 'user.name': account }) => [reason, account]),
    cases.map(([, , reason, account]) => [reason, account]),
  );
  for (const line of lines) {
    t.match(line, {
      time: Number,
      'client.address': '127.0.0.1',
      'client.port': Number,
      'ldap.code': Number,
      'ldap.result': String,
    });
  }
  t.notMatch(Buffer.concat(client.raw).toString('latin1'), /member|unknown|wrong/);
});
