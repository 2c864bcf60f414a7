// The real product with a defect in its log and its audit stream: logins, searches and errors go on, and the metrics say what is missed.
import { connect } from 'node:net';
import { type DestinationStream, pino } from 'pino';
import t from 'tap';
import { startApp } from '../../src/app.js';
import { StandIn } from '../../src/demo/stand-in.js';
import type { Audit } from '../../src/ops/log/audit.js';
import { Client } from '../support/client.js';
import { BASE, eventually, proxyConfig, userDN } from '../support/proxy.js';

const upstream = await StandIn.start({});
t.teardown(() => upstream.stop());

const fail = (): never => {
  throw new Error('planted');
};

t.test('a log and an audit stream that throw are counted, and nobody is refused for them', async (t) => {
  const audit: Audit = { lost: 3, operation: fail, finding: fail, reopen: fail, flush: fail, close: fail };
  let isFailing = false;
  const destination: DestinationStream = { write: () => (isFailing ? fail() : undefined) };
  const config = proxyConfig(upstream, { ops: { http: '127.0.0.1:0' } });
  const app = await startApp(config, pino({ level: 'trace' }, destination), { audit, lines: { lost: 5 } });
  t.teardown(() => app.stop());
  await eventually(() => app.readiness().ready);
  isFailing = true;
  const complaints: string[] = [];
  const write = process.stderr.write.bind(process.stderr);
  process.stderr.write = (text: string | Uint8Array) => complaints.push(String(text)) > 0;
  t.teardown(() => {
    process.stderr.write = write;
  });
  for (let i = 0; i < 3; i++) {
    const client = await Client.open(app.ldapUrl ?? '');
    t.equal((await client.bind(userDN('quillon.varrek'), 'user-secret-5001')).code, 0);
    t.equal((await client.search({ base: BASE, filter: '(uid=x)' })).result.code, 0);
    t.equal((await client.bind(userDN('quillon.varrek'), 'wrong')).code, 49);
    client.destroy();
  }
  const broken = connect(Number(new URL(app.ldapUrl ?? '').port), '127.0.0.1', () =>
    broken.write(Buffer.of(0x30, 0x02, 0x05, 0x00)),
  );
  await new Promise((resolve) =>
    broken
      .on('error', () => {})
      .resume()
      .once('close', resolve),
  );
  const metrics = async () => (await fetch(`${app.opsUrl}/metrics`)).text();
  await eventually(async () => /connection_faults_total\{fault="malformed message"\} 1/.test(await metrics()));
  const text = await metrics();
  const defects = (listener: string) =>
    Number(new RegExp(`^jumpgate_listener_defects_total\\{listener="${listener}"\\} (\\d+)`, 'm').exec(text)?.[1]);
  t.ok(defects('audit') >= 9, `${defects('audit')}`);
  t.ok(defects('log') >= 10, `${defects('log')}`);
  t.same([defects('telemetry'), defects('page')], [0, 0]);
  t.match(text, /^jumpgate_audit_lines_lost_total 3$/m);
  t.match(text, /^jumpgate_log_lines_lost_total 5$/m);
  t.match(text, /^jumpgate_operations_total\{type="bind",code="49",reason="wrong-password"\} 3$/m, 'telemetry goes on');
  t.equal(complaints.filter((line) => line.startsWith('jumpgate: a listener has a defect')).length, 2, 'once each');
});
