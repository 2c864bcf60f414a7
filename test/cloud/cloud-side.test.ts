// Beside the binds: a refusal's trace, its second log line and its count, once JumpCloud has answered.
import t from 'tap';
import { cloudSide, type Standing } from '../../src/app/cloud-side.js';
import type { Reason } from '../../src/gate/reason.js';
import { type Operation, Trace } from '../../src/gate/trace.js';
import { logFinding } from '../../src/ops/log/cloud-line.js';
import type { Logger } from '../../src/ops/log/log.js';
import { ADA, FakeCloud } from '../support/fake-cloud.js';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const SOURCE = { connection: 7, address: '192.0.2.1', port: 1, channel: 'clear', app: 'wayk' } as const;
const STANDING: Standing = { groups: ['wayk-users'], isInMirror: true, isMfaHost: false, isKnownAccount: true };

function ended(reason: Reason, account: string, operation: Operation = 'bind'): Trace {
  const trace = new Trace(operation, () => 0);
  trace.account = account;
  trace.reference = 'AB12';
  return trace.end(49, reason);
}

function make() {
  const cloud = new FakeCloud();
  cloud.user = { ...ADA, state: 'suspended', isSuspended: true };
  const lines: unknown[] = [];
  const log = { info: (fields: object, msg: string) => lines.push({ ...fields, msg }) } as unknown as Logger;
  const side = cloudSide(cloud.api, {
    standing: () => STANDING,
    report: (...found) => logFinding(log, ...found),
    defect: (error) => t.fail(String(error)),
  })!;
  return { cloud, lines, side };
}

t.test('a finding is put onto the trace, logged beside the refusal and counted', async (t) => {
  const { lines, side } = make();
  const trace = ended('wrong-password', 'ada');
  side.operation(trace, SOURCE);
  t.equal(trace.cloud, undefined, 'nobody waits for it');
  await turn();
  t.match(trace.cloud, { reason: 'suspended', account: 'ada' });
  t.same(lines, [
    {
      'ldap.connection': 7,
      app: 'wayk',
      'user.name': 'ada',
      reason: 'wrong-password',
      reference: 'AB12',
      'cloud.reason': 'suspended',
      'cloud.calls': 1,
      remedy: 'In the console, Users › ada: if this was not intended, set the user state to Active.',
      msg: 'JumpCloud: The user is suspended.',
    },
  ]);
  t.same([...side.found], [{ reason: 'suspended', app: 'wayk', count: 1 }]);
  t.notMatch(JSON.stringify(lines), ADA.email, 'no personal field but the name');
});

t.test('only refusals that JumpCloud can say more about are asked about', async (t) => {
  const { cloud, side } = make();
  side.operation(ended('ok', 'ada'), SOURCE);
  side.operation(ended('too-many-attempts', 'ada'), SOURCE);
  side.operation(ended('wrong-password', ''), SOURCE);
  side.operation(ended('wrong-password', 'cn=service,dc=example'), SOURCE);
  side.operation(ended('not-a-member', 'ada', 'search'), SOURCE);
  await turn();
  t.same(cloud.calls, []);
});

t.test('a name that led to no member is asked about by the user name in it', async (t) => {
  for (const name of ['ada', 'ADA', 'CORP\\ada', 'uid=Ada,ou=users,dc=wayk', 'CN=ada,CN=Users,DC=wayk']) {
    const { side } = make();
    const trace = ended('unknown-name', '');
    trace.name = name;
    side.operation(trace, SOURCE);
    await turn();
    t.match(trace.cloud, { reason: 'suspended', account: 'ada' }, name);
  }
  for (const name of ['', 'ou=users,dc=wayk', 'uid=a+cn=b,dc=wayk', 'uid=', '=,=']) {
    const { cloud, side } = make();
    const trace = ended('unknown-name', '');
    trace.name = name;
    side.operation(trace, SOURCE);
    await turn();
    t.same(cloud.calls, [], name);
  }
});

t.test('without an API there is nothing, and after the stop nothing is reported', async (t) => {
  const { lines, side } = make();
  t.equal(
    cloudSide(undefined, { standing: () => STANDING, report: () => undefined, defect: () => undefined }),
    undefined,
  );
  side.operation(ended('wrong-password', 'ada'), SOURCE);
  side.stop();
  await turn();
  t.same(lines, []);
});
