// What `serve` says of itself: that it works, that it cannot read the directory and what to do, and that it can again.
import t from 'tap';
import { StandIn } from '../../src/demo/stand-in.js';
import { eventually, startProxy, withProxy } from '../support/proxy.js';

interface Line {
  readonly level: number;
  readonly msg: string;
  readonly remedy?: string;
  readonly cause?: string;
}
const INFO = 30;
const WARN = 40;
const linesOf = (log: readonly string[]) => log.map((line) => JSON.parse(line) as Line);
const loud = (log: readonly string[]) =>
  linesOf(log).filter(({ level, msg }) => level >= INFO && /^ready|JumpCloud/.test(msg));

t.test('one line says that it works, with the group and its members; later reads say nothing at info', async (t) => {
  const upstream = await StandIn.start({});
  t.teardown(() => upstream.stop());
  await withProxy(upstream, { directory: { refresh: '50ms' } }, async ({ log }) => {
    await eventually(() => log.filter((line) => line.includes('"mirror: read"')).length > 3);
    t.match(loud(log), [{ level: INFO, msg: /^ready: wayk-users has 9 members, read in \d+ ms$/ }]);
    t.equal(loud(log).length, 1);
  });
  await withProxy(upstream, { group: { everyone: true } }, async ({ log }) => {
    t.match(loud(log), [{ msg: /^ready: \d+ members \(everybody in the directory\)/ }]);
  });
});

t.test(
  'a directory that cannot be read is a warning with its remedy, once, and so is that it can be again',
  async (t) => {
    const upstream = await StandIn.start({});
    t.teardown(() => upstream.stop());
    for (const [settings, cause, message, remedy] of [
      [{ group: 'no-such-group' }, 'no-group', /there is no group no-such-group/, /User Groups › no-such-group/],
      [
        { upstream: { reader: { dn: upstream.reader.dn, password: 'hunter2' } } },
        'refused',
        /JumpCloud/,
        /passwordFile.*Users › ldap-reader/,
      ],
      [{ upstream: { urls: ['ldaps://127.0.0.1:1'] } }, 'unreachable', /ECONNREFUSED/, /upstream\.urls.*firewall/],
    ] as const) {
      const proxy = await startProxy(upstream, settings, false);
      await eventually(() => loud(proxy.log).length > 0);
      t.match(loud(proxy.log), [{ level: WARN, cause, msg: /^cannot read JumpCloud: / }], cause);
      const [line] = loud(proxy.log);
      t.match(line?.msg, message);
      t.match(line?.remedy, remedy);
      t.match(line?.remedy, /jumpgate check/);
      t.notMatch(proxy.log.join('\n'), /hunter2/);
      await proxy.stop();
    }
  },
);

t.test('after an outage one line says how long it was', async (t) => {
  const upstream = await StandIn.start({});
  t.teardown(() => upstream.stop());
  await withProxy(upstream, { directory: { refresh: '50ms' } }, async ({ log, app }) => {
    upstream.fault = 'unavailable';
    await eventually(() => !app.readiness().upstream.reachable);
    upstream.fault = 'none';
    await eventually(() => app.readiness().upstream.reachable);
    t.match(
      loud(log).map(({ msg }) => msg),
      [
        /^ready: wayk-users has 9 members/,
        /^cannot read JumpCloud: /,
        /^reads JumpCloud again, after \d+ \w+: wayk-users has 9 members$/,
      ],
    );
  });
});
