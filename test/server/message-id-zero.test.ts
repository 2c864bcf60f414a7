// Message ID 0 is kept for notices by RFC 4511, and sent in requests by real clients: answered as OpenLDAP answers it.
import t from 'tap';
import { makeAuthority } from '../../src/demo/certificate.js';
import { StandIn } from '../../src/demo/stand-in.js';
import { Oid, type Request } from '../../src/ldap/message.js';
import { ownCertificate } from '../support/certificate.js';
import { Client, searchRequest, simpleBind } from '../support/client.js';
import { startProxy, USERS, userDN } from '../support/proxy.js';
import { element, message, RawClient, text } from '../support/raw.js';

const ALICE = userDN('quillon.varrek');
const PASSWORD = 'user-secret-5001';
const authority = await makeAuthority();
const upstream = await StandIn.start();
const proxy = await startProxy(upstream, {
  listen: { ldaps: '127.0.0.1:0', tls: await ownCertificate(authority, t.testdir({})) },
  directory: { refresh: '1h', membershipAge: '1h' },
});
t.teardown(async () => {
  await proxy.stop();
  await upstream.stop();
});

async function bound(): Promise<Client> {
  const client = await Client.open(proxy.url);
  t.equal((await client.bind(ALICE, PASSWORD)).code, 0);
  return client;
}

const found = (client: Client) => client.received.filter(({ op }) => op.kind === 'searchResultDone');

t.test('each kind of request with message ID 0 is carried out, and answered with message ID 0 (R51)', async (t) => {
  const table: [Request, object][] = [
    [simpleBind(ALICE, 'wrong'), { kind: 'bindResponse', result: { code: 49 } }],
    [simpleBind(ALICE, PASSWORD), { kind: 'bindResponse', result: { code: 0 } }],
    [searchRequest({ base: 'uid=nobody', attributes: ['uid'] }), { kind: 'searchResultDone', result: { code: 32 } }],
    [{ kind: 'compareRequest', entry: ALICE, attribute: 'uid', value: Buffer.from('x') }, { result: { code: 5 } }],
    [{ kind: 'extendedRequest', requestName: Oid.whoAmI }, { responseValue: Buffer.from(`dn:${ALICE}`) }],
    [
      { kind: 'delRequest', entry: ALICE },
      { kind: 'delResponse', result: { code: 53 } },
    ],
  ];
  const client = await Client.open(proxy.url);
  for (const [op, expected] of table) {
    const before = client.received.length;
    client.send(op, undefined, 0);
    await client.until(() => client.received.length > before);
    t.match(client.received.slice(before), [{ messageID: 0, op: expected }], op.kind);
  }
  client.send({ kind: 'unbindRequest' }, undefined, 0);
  await client.closed();
});

t.test(
  'a request with message ID 0 that cannot be read is answered with it, and the connection goes on (R51, R52)',
  async (t) => {
    const client = await RawClient.open(proxy.url);
    t.equal(await client.code(0, message(0, element(0x63, text('x')))), 2);
    t.equal(await client.code(0, message(0, element(0x77, text(Oid.whoAmI, 0x80)))), 0);
    client.destroy();
  },
);

t.test('searches with message ID 0 at the same time are all answered, from memory as well (R42, R51)', async (t) => {
  const client = await bound();
  const asked = searchRequest({ base: USERS, filter: '(uid=quillon.varrek)', attributes: ['uid'] });
  const other = await client.answered(client.send(asked));
  for (let i = 0; i < 3; i++) client.send(asked, undefined, 0);
  await client.until(() => found(client).length === 4);
  const recalled = proxy.log.filter((line) => line.includes('recall: the same was answered')).length;
  t.ok(recalled >= 3, 'the response that is kept is given under message ID 0');
  const zero = client.received.filter(({ messageID }) => messageID === 0);
  t.same(
    zero,
    [1, 2, 3].flatMap(() => other).map((one) => ({ ...one, messageID: 0 })),
  );
  client.destroy();
});

t.test('StartTLS with message ID 0 begins TLS, and cleartext behind it is not run (R51, R65)', async (t) => {
  const request = message(0, element(0x77, text(Oid.startTLS, 0x80)));
  const raw = await RawClient.open(proxy.url);
  t.equal(await raw.code(0, request), 0);
  raw.destroy();
  const client = await Client.open(proxy.url);
  await client.startTLS(authority.caPem, undefined, 0);
  t.equal((await client.bind(ALICE, PASSWORD)).code, 0);
  client.destroy();
  const injected = await RawClient.open(proxy.url);
  const before = upstream.counters.binds;
  injected.write(request, message(0, element(0x60, '020103', text(ALICE), text(PASSWORD, 0x80))));
  await injected.until(() => injected.received.length > 0);
  injected.socket.end();
  await injected.until(() => false);
  t.equal(injected.received.length, 1);
  t.equal(upstream.counters.binds, before);
});
