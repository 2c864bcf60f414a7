// Attacks on framing and envelopes, through raw sockets: the sender harms only its own connection.
import { randomBytes } from 'node:crypto';
import t from 'tap';
import { makeAuthority } from '../../src/demo/certificate.js';
import { StandIn } from '../../src/demo/stand-in.js';
import { Scope } from '../../src/ldap/message.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { ownCertificate } from '../support/certificate.js';
import { Client, searchRequest, simpleBind } from '../support/client.js';
import { BASE, eventually, startProxy, userDN } from '../support/proxy.js';
import {
  bindWith,
  element,
  hex,
  message,
  RawClient,
  searchWith,
  sendToTheEnd,
  sequence,
  text,
} from '../support/raw.js';

const ALICE = userDN('quillon.varrek');
const PASSWORD = 'user-secret-5001';
const NOTICE = { messageID: 0, op: { kind: 'extendedResponse', responseName: '1.3.6.1.4.1.1466.20036' } };

const authority = await makeAuthority();
const folder = t.testdir({});
const tls = await ownCertificate(authority, folder);

const upstream = await StandIn.start({});
const proxy = await startProxy(upstream, {
  listen: { ldaps: '127.0.0.1:0', tls, limits: { messageTime: '2s' } },
  binds: { cache: { ttl: '0s' }, failuresPerAccount: 10_000, failuresPerAddress: 100_000 },
});
/** Sits beside every attack, bound, and has to be served all the time. */
const bystander = await Client.open(proxy.url);
await bystander.bind(ALICE, PASSWORD);
t.teardown(async () => {
  bystander.destroy();
  await proxy.stop();
  await upstream.stop();
});

const isServed = async () =>
  (await bystander.search({ base: ALICE, scope: Scope.baseObject, attributes: ['uid'] })).entries.length === 1;
const rightBind = (id = 1) => encodeMessage({ messageID: id, op: simpleBind(ALICE, PASSWORD) });
const VERSION = '020103';

t.test(
  'an envelope that cannot be read ends its connection, and what is behind it is not run (R51, R52, R53, R55, R56)',
  async (t) => {
    const unbind = '4200';
    const table: Record<string, Buffer> = {
      'message ID -1': message(0xff, unbind),
      'message ID of no bytes': sequence('0200', unbind),
      'message ID with a zero in front': sequence('02020001', unbind),
      'message ID 2^31': sequence('02050080000000', unbind),
      'message ID 2^32+1': sequence('02050100000001', unbind),
      'message ID of 2^63': sequence('02088000000000000000', unbind),
      'message ID as ENUMERATED': sequence('0a0101', unbind),
      'message ID as a string': sequence('040101', unbind),
      'no message ID': sequence(unbind),
      'nothing at all': sequence(),
      'no operation': message(1),
      'a SET for the SEQUENCE': element(0x31, element(0x02, '01'), unbind),
      'a string for the SEQUENCE': element(0x04, element(0x02, '01'), unbind),
      'an application tag for the SEQUENCE': element(0x60, element(0x02, '01'), unbind),
      'operation of tag 0': message(1, '0000'),
      'operation of a high tag number': message(1, '7f810000'),
      'operation of a context tag': message(1, 'a000'),
      'operation of a universal tag': message(1, '3000'),
      'primitive bind': message(1, element(0x40, VERSION, '0400', '8000')),
      'constructed unbind': message(1, '6200'),
      'constructed abandon': message(1, element(0x70, '020101')),
      'constructed delete': message(1, element(0x6a, '0400')),
      'a bind response': message(1, element(0x61, '0a0100', '0400', '0400')),
      'an entry': message(1, element(0x64, '0400', '3000')),
      'message ID 0 in two bytes': sequence('02020000', unbind),
      'a notice of disconnection': sequence('020100', element(0x78, '0a0102', '0400', '0400')),
      'an intermediate response': message(1, '7900'),
      'an operation longer than its message': hex('30 05 02 01 01 60 7f'),
      'an operation of 2^32-1 bytes': hex('30 09 02 01 01 60 84 ff ff ff ff'),
      'an operation of indefinite length': hex('30 07 02 01 01 60 80 00 00'),
      'an operation with a reserved length': hex('30 06 02 01 01 60 ff 00'),
      'an operation with five bytes of length': hex('30 0a 02 01 01 60 85 00 00 00 00 00'),
      'two operations': message(1, rightBind().subarray(5), '4200'),
      'something behind the controls': message(1, '4a00', 'a000', '0400'),
      'controls of another tag': message(1, '4a00', 'a100'),
      'controls longer than the message': hex('30 07 02 01 01 4a 00 a0 7f'),
      'indefinite length': hex('30 80 02 01 01 42 00 00 00'),
      'reserved length': hex('30 ff'),
      'five bytes of length': hex('30 85 00 00 00 00 05'),
      '2^31': hex('30 84 80 00 00 00'),
      '2^32-1': hex('30 84 ff ff ff ff'),
      '2^63': hex('30 88 7f ff ff ff ff ff ff ff'),
      'a length that wraps in 32 bits': hex('30 85 01 00 00 00 05 02 01 01 42 00'),
      '16 MiB': hex('30 83 ff ff ff'),
    };
    for (const [name, octets] of Object.entries(table)) {
      const before = upstream.counters.binds;
      const received = await sendToTheEnd(proxy.url, octets, rightBind(2), rightBind(3));
      t.match(received, [NOTICE], name);
      t.equal(received.length, 1, `${name}: nothing else is sent`);
      t.equal(upstream.counters.binds, before, `${name}: the bind behind it went nowhere`);
      t.ok(await isServed(), `${name}: others are served`);
    }
  },
);

t.test('a length that overruns never reads into the next message (R55)', async (t) => {
  const client = await RawClient.open(proxy.url);
  // The password's length would reach over the end of its message into the next one, which holds the right password.
  const short = message(1, element(0x60, VERSION, text(ALICE), Buffer.of(0x80, PASSWORD.length)));
  t.equal(await client.code(1, short, Buffer.from(PASSWORD)), 2);
  await client.until(() => false);
  t.same(
    client.received.map(({ messageID }) => messageID),
    [1, 0],
    'what was left is not a message, and ends the connection',
  );
});

t.test('longer forms of ordinary lengths are read, in every place (R53)', async (t) => {
  const long = (tag: number, octets: number, ...content: Buffer[]) => {
    const body = Buffer.concat(content);
    const length = Buffer.alloc(octets);
    length.writeUIntBE(body.length, 0, octets);
    return Buffer.concat([Buffer.of(tag, 0x80 + octets), length, body]);
  };
  for (const octets of [2, 3, 4]) {
    const client = await RawClient.open(proxy.url);
    const bind = long(
      0x60,
      octets,
      long(0x02, octets, hex('03')),
      long(0x04, octets, Buffer.from(ALICE)),
      long(0x80, octets, Buffer.from(PASSWORD)),
    );
    t.equal(await client.code(7, long(0x30, octets, long(0x02, octets, hex('07')), bind)), 0, `${octets} bytes`);
    client.destroy();
  }
});

t.test('the largest message ID is answered under itself (R51)', async (t) => {
  const client = await Client.open(proxy.url);
  const [answer] = await client.answered(client.send(simpleBind(ALICE, PASSWORD), undefined, 2 ** 31 - 1));
  t.match(answer, { messageID: 2 ** 31 - 1, op: { result: { code: 0 } } });
  client.destroy();
});

t.test('one byte in a segment, in cleartext and in TLS, is the same as all in one (R58)', async (t) => {
  const stream = Buffer.concat([
    rightBind(1),
    encodeMessage({ messageID: 2, op: searchRequest({ base: ALICE, scope: Scope.baseObject, attributes: ['uid'] }) }),
    encodeMessage({ messageID: 3, op: { kind: 'extendedRequest', requestName: '1.3.6.1.4.1.4203.1.11.3' } }),
  ]);
  const tlsPort = Number(new URL(proxy.app.ldapsUrl ?? '').port);
  const answers: string[] = [];
  for (const open of [
    () => Client.open(proxy.url),
    () => Client.open({ port: tlsPort, tls: true, ca: authority.caPem }),
  ]) {
    for (const size of [1, 2, 7, stream.length]) {
      const client = await open();
      for (let at = 0; at < stream.length; at += size) client.write(stream.subarray(at, at + size));
      for (const id of [1, 2, 3]) await client.answered(id);
      // Who am I may overtake the search before it.
      answers.push(JSON.stringify(client.received.toSorted((a, b) => a.messageID - b.messageID)));
      client.destroy();
    }
  }
  t.equal(answers.length, 8);
  t.equal(new Set(answers).size, 1);
});

t.test('other protocols end their own connection and get nothing but a notice (R59)', async (t) => {
  const table: Record<string, Buffer> = {
    HTTP: Buffer.from('POST /ldap HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n'),
    'HTTP/2': Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    SSH: Buffer.from('SSH-2.0-OpenSSH_9.2\r\n'),
    'a TLS hello': hex('16030100c8010000c403030000'),
    SMB: hex('00000085ff534d4272000000001853c8'),
    telnet: hex('fffd18fffd20fffd23fffd27'),
    RDP: hex('0300002a25e00000000000436f6f6b69653a20'),
    Redis: Buffer.from('*1\r\n$4\r\nINFO\r\n'),
    SIP: Buffer.from('OPTIONS sip:x SIP/2.0\r\n'),
    JSON: Buffer.from('{"bind":true}\n'),
    'a PROXY header': Buffer.from('PROXY TCP4 127.0.0.1 127.0.0.1 1 389\r\n'),
    'a PROXY header of version 2': hex('0d0a0d0a000d0a515549540a20110000'),
    'a line of text': Buffer.from('hello\r\n'),
    zeros: Buffer.alloc(1024 * 1024),
    'random bytes': Buffer.concat([Buffer.of(0x17), randomBytes(300_000)]),
  };
  for (const [name, octets] of Object.entries(table)) {
    const received = await sendToTheEnd(proxy.url, octets);
    t.ok(received.length <= 1, name);
    t.ok(await isServed(), `${name}: others are served`);
  }
});

t.test('a reset at any moment disturbs nobody and leaves nothing behind (R60, R103)', async (t) => {
  upstream.latency = 30;
  const search = encodeMessage({ messageID: 2, op: searchRequest({ base: BASE }) });
  const whole = Buffer.concat([rightBind(), search]);
  const arrived = upstream.counters.binds;
  for (let cut = 0; cut < whole.length; cut += 5) {
    const client = await RawClient.open(proxy.url);
    client.write(whole.subarray(0, cut));
    client.socket.resetAndDestroy();
  }
  for (let i = 0; i < 20; i++) {
    const client = await RawClient.open(proxy.url);
    client.write(whole);
    if (i % 2 === 0) await client.until(() => client.received.length > 0);
    client.socket.resetAndDestroy();
  }
  await eventually(() => proxy.app.readiness().connections === 1);
  await eventually(() => proxy.app.readiness().binds.waiting === 0);
  upstream.latency = 0;
  t.ok(upstream.counters.binds > arrived, 'some were reset while their bind was under way');
  t.ok(await isServed());
});

t.test(
  'requests of every kind that cannot be read are answered once each, and the connection goes on (R38, R42, R52)',
  async (t) => {
    const broken: [name: string, operation: Buffer, response: string][] = [
      ['bind', bindWith('0400'), 'bindResponse'],
      ['search', element(0x63, '0400'), 'searchResultDone'],
      ['modify', element(0x66, '0400', '0400'), 'modifyResponse'],
      ['add', element(0x68, '0400', '3002ffff'), 'addResponse'],
      ['modify DN', element(0x6c, '0400'), 'modDNResponse'],
      ['compare', element(0x6e, '0400', '3000'), 'compareResponse'],
      ['extended', element(0x77, '8100'), 'extendedResponse'],
    ];
    const client = await RawClient.open(proxy.url);
    client.write(...broken.map(([, operation], i) => message(i + 1, operation)), message(9, '4a00'));
    await client.until(() => client.received.some(({ messageID }) => messageID === 9));
    t.same(
      client.received.map(({ messageID, op }) => [messageID, op.kind, 'result' in op ? op.result.code : -1]),
      [...broken.map(([, , response], i) => [i + 1, response, 2]), [9, 'delResponse', 53]],
    );
    t.equal(await client.code(10, message(10, searchWith())), 32, 'as nobody');
    client.destroy();
  },
);

t.test('nothing in this file was a defect', async (t) => {
  t.same(
    proxy.log.filter((line) => line.includes('"connection: defect"')),
    [],
  );
});
