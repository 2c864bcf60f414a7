// What is learnt of clients, and what is advised.
import t from 'tap';
import type { Trace } from '../../../src/gate/trace.js';
import { adviceFor } from '../../../src/ops/learn/advice.js';
import { ClientProfiles } from '../../../src/ops/learn/client-profile.js';
import { searchRequest } from '../../support/client.js';
import { OpsPort } from '../../support/ops.js';

const MISSING = ['sAMAccountName', 'memberUid', 'frobnication'];

/** Profiles that observe a port. */
async function watched(t: Parameters<typeof OpsPort.start>[0]) {
  const ops = await OpsPort.start(t, '127.0.0.1', (name) => !MISSING.includes(name));
  const profiles = new ClientProfiles();
  ops.telemetry.listen(profiles);
  const search = (
    base: string,
    filter: string,
    more: Partial<Trace> & { entries?: number } = {},
    attributes = ['cn'],
  ) => {
    const { code = 0, reason = 'ok', ...rest } = more;
    const request = searchRequest({ base, filter, attributes });
    ops.operation(base, { operation: 'search', request, code, reason, account: 'cn=app,dc=x', ...rest });
  };
  const fault = (name: string) =>
    ops.telemetry.fault(name, '', { connection: 1, address: '192.0.2.1', port: 1, channel: 'clear' });
  const advice = () => profiles.clients().flatMap(adviceFor);
  return { ops, profiles, search, fault, advice };
}

t.test('equal shapes are one, whatever users they ask for; values are nowhere', async (t) => {
  const { ops, profiles, search } = await watched(t);
  search('dc=x', '(uid=alice)');
  search('dc=x', '(uid=bob)');
  search('uid=alice,ou=Users,dc=x', '(objectClass=*)');
  search('uid=bob\\,jr,ou=Users,dc=x', '(objectClass=*)', { isPaged: true });
  search('dc=x', '(uid=bob)', {}, ['mail']);
  ops.operation('uid=alice,ou=Users,dc=x');
  ops.operation('EXAMPLE\\alice', { code: 49, reason: 'unknown-name' });
  ops.operation('alice@example.org', { address: '192.0.2.2', connection: 8 });
  const [client, other, ...rest] = profiles.clients();
  t.same(rest, []);
  t.match(client, {
    address: '192.0.2.1',
    connections: 1,
    mostBindsOnOne: 2,
    usesPaging: true,
    names: [{ form: 'DN' }, { form: 'DOMAIN\\name' }],
    searches: [
      { base: 'dc=x', filter: '(uid=…)', attributes: ['cn'], count: 2 },
      { base: 'uid=…,ou=Users,dc=x', filter: '(objectClass=*)', count: 2 },
      { base: 'dc=x', filter: '(uid=…)', attributes: ['mail'], count: 1 },
    ],
  });
  t.match(other, { address: '192.0.2.2', names: [{ form: 'email address', count: 1 }] });
  t.notMatch(JSON.stringify(profiles.clients()), /alice|bob/);
});

t.test('each trouble has its remedy', async (t) => {
  for (const [what, make, remedy] of [
    [
      'an attribute of another directory',
      (w) => w.search('dc=x', '(sAMAccountName=a)'),
      /No entry has sAMAccountName: .*uid/,
    ],
    ['one that groups could have', (w) => w.search('dc=x', '(memberUid=a)'), /posixGroup to local\.groupClasses/],
    ['one that nobody knows', (w) => w.search('dc=x', '(frobnication=a)'), /frobnication: leave it out/],
    [
      'an unknown base',
      (w) => w.search('ou=People,dc=x', '(uid=a)', { code: 32, reason: 'not-found' }),
      /base ou=People,dc=x is not there/,
    ],
    ['a search without a login', (w) => w.search('dc=x', '(uid=a)', { account: '' }), /service account/],
    ['a search as a user', (w) => w.search('dc=x', '(uid=a)', { account: 'ada' }), /local\.search\.users/],
    ['a domain', (w) => w.ops.operation('EXAMPLE\\ada', { code: 49, reason: 'unknown-name' }), /DOMAIN\\name/],
    [
      'clear text where TLS is required',
      (w) => w.ops.operation('uid=a', { code: 13, reason: 'tls-required' }),
      /StartTLS or ldaps/,
    ],
    ['clear text over a network', (w) => w.ops.operation('uid=a'), /passwords come in clear/],
    [
      'StartTLS without a certificate',
      (w) => w.ops.operation('1.3.6.1.4.1.1466.20037', { operation: 'extended', code: 2, reason: 'unknown-operation' }),
      /listen\.tls\.certFile/,
    ],
    ['an empty password', (w) => w.ops.operation('uid=a', { code: 53, reason: 'empty-password' }), /empty password/],
    ['LDAPv2', (w) => w.ops.operation('uid=a', { code: 2, reason: 'protocol-version' }), /version 3/],
    ['a control', (w) => w.search('dc=x', '(uid=a)', { code: 12, reason: 'critical-control' }), /control/],
    [
      'a write',
      (w) => w.ops.operation('uid=a', { operation: 'write', code: 53, reason: 'read-only' }),
      /tries to write/,
    ],
    ['idle connections', (w) => w.fault('idle'), /idleTime/],
    ['TLS that fails', (w) => w.fault('TLS handshake failed'), /does not trust/],
    ['another protocol', (w) => w.fault('malformed message'), /right port/],
  ] as [string, (w: Awaited<ReturnType<typeof watched>>) => void, RegExp][]) {
    const w = await watched(t);
    t.same(w.advice(), [], 'nothing is advised to nobody');
    make(w);
    t.ok(
      w.advice().some((text) => remedy.test(text)),
      `${what}: ${w.advice().join(' | ')}`,
    );
  }
});

t.test('a client that does well is left alone', async (t) => {
  const { ops, advice, search } = await watched(t);
  ops.operation('uid=ada', { address: '127.0.0.1' });
  search('dc=x', '(uid=ada)', { entries: 1, address: '127.0.0.1' } as Partial<Trace>);
  t.same(advice(), []);
});

t.test('however many clients and shapes there are, what is learnt stays small', async (t) => {
  const { ops, profiles, search } = await watched(t);
  for (let i = 0; i < 1000; i++) {
    ops.operation('uid=a', { address: `192.0.${i >> 8}.${i & 255}`, connection: i });
    search(`ou=o${i}`, '(uid=a)');
  }
  t.equal(profiles.clients().length, 500);
  t.equal(profiles.clients().find(({ address }) => address === '192.0.2.1')?.searches.length, 100);
  t.ok(profiles.clients().every(({ searches }) => searches.length <= 100));
});
