// What every folder may use: one rule each for this machine's addresses, for equal secrets, and for waiting.
import t from 'tap';
import { loadConfig } from '../src/config/load.js';
import { textsOf, valuesOf } from '../src/ldap/attributes.js';
import { keyOfName } from '../src/ldap/dn.js';
import { isLoopback, isLoopbackHost } from '../src/runtime/loopback.js';
import { sameOctets } from '../src/runtime/same-octets.js';
import { withinTime } from '../src/runtime/within-time.js';

const OWN = ['127.0.0.1', '127.255.0.9', '::1', '::ffff:127.0.0.1', '::FFFF:127.0.0.1'];
const FOREIGN = ['127.example.net', '127.', '127.0.0.1.example.net', '0.0.0.0', '::', '10.0.0.1', '1.127.0.1', ''];

t.test('an address of this machine is one by its whole form, and a name never is', async (t) => {
  for (const address of OWN) t.ok(isLoopback(address) && isLoopbackHost(address), address);
  for (const address of FOREIGN) t.notOk(isLoopback(address) || isLoopbackHost(address), address);
  t.notOk(isLoopback(undefined));
  t.same(['localhost', 'LocalHost'].map(isLoopback), [false, false]);
  t.same(['localhost', 'LocalHost', 'localhost.example.net'].map(isLoopbackHost), [true, true, false]);
});

t.test('the operator’s port without a token, and passwords in cleartext, follow that rule', async (t) => {
  const faults = (host: string) => {
    const flags = {
      upstream: { orgId: '5f1c0a9e7b3d4c2a8e6f9d10', reader: { user: 'reader', password: 'secret' } },
      listen: { ldap: `${host}:1389` },
      ops: { http: `${host}:9389` },
    };
    try {
      return loadConfig({ env: {}, flags }).warnings;
    } catch (error) {
      return String((error as Error).message);
    }
  };
  for (const host of ['127.example.net', '0.0.0.0']) t.match(faults(host), /ops\.http/, host);
  for (const host of ['127.0.0.1', 'localhost', '[::1]']) t.same(faults(host), [], host);
});

t.test('secrets are equal by all their bytes', async (t) => {
  const octets = (text: string) => Buffer.from(text);
  t.ok(sameOctets(octets('secret'), octets('secret')));
  t.ok(sameOctets(octets(''), octets('')));
  for (const other of ['', 'secre', 'secret\0', 'Secret']) t.notOk(sameOctets(octets('secret'), octets(other)), other);
});

t.test('a wait has an end, and what comes in time comes as it is', async (t) => {
  t.equal(await withinTime(Promise.resolve(1), 10_000), 1);
  await t.rejects(withinTime(Promise.reject(new Error('no')), 10_000), /no/);
  t.equal(await withinTime(new Promise(() => {}), 1), undefined);
});

t.test('values are found by their type without case; an invalid name has a key that belongs to nobody', async (t) => {
  const entry = { attributes: [{ type: 'memberUid', values: [Buffer.from('ä'), Buffer.from('b')] }] };
  t.same(textsOf(entry, 'MEMBERUID'), ['ä', 'b']);
  t.same(valuesOf(entry, 'member'), []);
  t.equal(keyOfName('UID=A, dc=x'), keyOfName('uid=a,dc=x'));
  t.equal(keyOfName('no name'), '');
});
