// A test of an application that logs people in over LDAP: against Jumpgate in front of the stand-in, with Node's own test runner.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Jumpgate, type JumpgateEvent, start } from 'jumpgate';
import { type JumpCloudStandIn, startStandIn } from 'jumpgate/testing';
import { logIn } from './log-in.js';

let jumpcloud: JumpCloudStandIn;
let jumpgate: Jumpgate;
const dn = (uid: string) => `uid=${uid},ou=Users,dc=example,dc=com`;

before(async () => {
  jumpcloud = await startStandIn({
    people: [
      { uid: 'ada.lovelace', password: 'engine-1843', groups: ['wayk-users'] },
      { uid: 'grace.hopper', password: 'cobol-1959' },
    ],
  });
  jumpgate = await start({
    config: {
      upstream: jumpcloud.upstream,
      local: { baseDN: 'dc=example,dc=com' },
      listen: { ldap: '127.0.0.1:0' },
    },
    ca: jumpcloud.ca,
  });
  await jumpgate.ready({ signal: AbortSignal.timeout(10_000) });
});

after(async () => {
  await jumpgate.stop();
  await jumpcloud.stop();
});

test('a member logs in, and anyone else does not', async () => {
  assert.equal(await logIn(jumpgate.addresses.ldap!, dn('ada.lovelace'), 'engine-1843'), 'success');
  assert.equal(await logIn(jumpgate.addresses.ldap!, dn('grace.hopper'), 'cobol-1959'), 'invalidCredentials');
  assert.ok(jumpcloud.received.bindNames.includes(jumpcloud.dn('ada.lovelace')));
});

test('an outage is not reported as a wrong password', async () => {
  const events = jumpgate.events();
  jumpcloud.fault = 'unavailable';
  try {
    await jumpgate.forget('ada.lovelace');
    assert.equal(await logIn(jumpgate.addresses.ldap!, dn('ada.lovelace'), 'engine-1843'), 'unavailable');
    assert.equal(await reasonOf(events), 'upstream-error');
  } finally {
    jumpcloud.fault = 'none';
  }
});

/** Why the next operation ended as it did. */
async function reasonOf(events: AsyncIterable<JumpgateEvent>): Promise<string | undefined> {
  for await (const event of events) if (event.kind === 'operation') return event.operation.reason;
  return undefined;
}
