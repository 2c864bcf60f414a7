// The configuration file of the demo, and its switch for an outage of JumpCloud: lines of a terminal and of nothing else, or a signal.
import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { PassThrough } from 'node:stream';
import t from 'tap';
import { isBackgroundIn, onOutageSwitch, takesLines } from '../../src/cli/demo-outage.js';
import { Client } from '../support/client.js';
import { run, start } from '../support/command.js';
import { eventually } from '../support/proxy.js';

const settled = () => new Promise((resolve) => setImmediate(resolve));

function terminal(isTTY: boolean) {
  return { stdin: Object.assign(new PassThrough(), { isTTY }), stdout: Object.assign(new PassThrough(), { isTTY }) };
}

t.test('an o and Enter on a terminal, other lines do nothing', async (t) => {
  const io = terminal(true);
  let toggled = 0;
  const before = process.listenerCount('SIGUSR2');
  const end = onOutageSwitch(io, () => toggled++, takesLines(io, false));
  io.stdin.write('\nhello\no\n');
  await settled();
  t.equal(toggled, 1);
  io.stdin.write(' O \n');
  await settled();
  t.equal(toggled, 2);
  end();
  io.stdin.write('o\n');
  await settled();
  t.equal(toggled, 2);
  t.equal(process.listenerCount('SIGUSR2'), before);
});

t.test('in the background of a terminal nothing is read, because the shell would stop the demo', async (t) => {
  t.equal(takesLines(terminal(true), true), false);
  const stat = (group: number, foreground: number) => `4 (a) R 1 2 3) S 1 ${group} 9 34816 ${foreground} 4194304 0`;
  t.equal(isBackgroundIn(stat(40, 41)), true);
  t.equal(isBackgroundIn(stat(40, 40)), false);
  t.equal(isBackgroundIn(stat(40, -1)), false, 'without a terminal');
});

t.test('input that is not a terminal is not read; a terminal that goes away ends nothing', async (t) => {
  const io = terminal(false);
  let toggled = 0;
  const end = onOutageSwitch(io, () => toggled++, takesLines(io, false));
  io.stdin.write('o\n');
  await settled();
  t.equal(toggled, 0);
  t.equal(io.stdin.readableLength, 2, 'it is there for somebody else');
  process.emit('SIGUSR2');
  t.equal(toggled, 1);
  end();
  const gone = terminal(true);
  const endOther = onOutageSwitch(gone, () => toggled++, takesLines(gone, false));
  gone.stdin.emit('error', new Error('EIO'));
  endOther();
});

t.test('the demo has a configuration for other commands, and an outage that they see', async (t) => {
  const demo = start(['demo', '--port', '0', '--ops-port', '0']);
  await eventually(() => demo.out().includes('ready: '));
  const [, words = '', config = ''] = /main\.js (check --config (\S+) --user .*)$/m.exec(demo.out()) ?? [];
  t.equal(statSync(config).mode & 0o077, 0);
  t.match(await run(words.split(' ')), { code: 4, out: /✓ ops\.http[\s\S]*✗ user .*suspended/ });
  const outage = /its end: kill -USR2 (\d+)$/m.exec(demo.out())?.[1];
  t.equal(outage, String(demo.child.pid), 'without a terminal there is nothing to type');
  demo.child.kill('SIGUSR2');
  await eventually(() => demo.out().includes('The embedded JumpCloud is unreachable'));
  const client = await Client.open(/ldap:\/\/\S+:\d+/.exec(demo.out())?.[0] ?? '');
  t.equal((await client.bind('svenja.ulmarik', 'user-secret-5012')).code, 52);
  t.match(await run(['explain', 'svenja.ulmarik', '--config', config]), {
    code: 1,
    out: /→ 52 unavailable: upstream-unreachable[\s\S]*last refusals .* 52 upstream-unreachable/,
  });
  const ops = /live page: (\S+)\/\)/.exec(demo.out())?.[1] ?? '';
  const isUp = async (digit: number) =>
    new RegExp(`^jumpgate_upstream_up\\{.*\\} ${digit}$`, 'm').test(await (await fetch(`${ops}/metrics`)).text());
  await eventually(() => isUp(0));
  demo.child.kill('SIGUSR2');
  await eventually(async () => (await client.bind('svenja.ulmarik', 'user-secret-5012')).code === 0);
  await eventually(() => isUp(1));
  client.destroy();
  demo.child.kill('SIGTERM');
  t.equal((await demo.finished).code, 0);
  t.notOk(existsSync(dirname(config)), 'nothing is left behind');
});
