// The examples of the documents that need programs of others: HAProxy's socket, and systemd's units.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { askSocket } from '../support/ask-socket.js';
import { startDaemon } from '../support/daemon.js';
import { commandsOf } from '../support/examples/blocks.js';
import { Place } from '../support/examples/place.js';
import { examples, suiteOf } from '../support/examples/site.js';
import { freePort } from '../support/ports.js';
import { without } from '../support/site.js';

const HAPROXY = '/usr/sbin/haproxy';
const SYSTEMD_ANALYZE = '/usr/bin/systemd-analyze';
const UNIT = 'deploy/debian/jumpgate.service';

const own = examples.filter((one) => suiteOf(one) === 'long');
const units = own.filter(({ kind }) => kind?.kind === 'unit');
const commands = own.filter(({ kind }) => kind?.kind === 'commands');

t.test('each example of this suite is one of a unit or of HAProxy', async (t) => {
  t.equal(units.length + commands.length, own.length);
  t.ok(units.length > 0 && commands.length > 0);
});

/** What systemd does not understand in a unit, or in a part of ours. */
function notUnderstood(t: Test, text: string): string[] {
  const folder = t.testdir({});
  const file = join(folder, 'jumpgate.service');
  if (text.includes('ExecStart=')) writeFileSync(file, text);
  else {
    copyFileSync(UNIT, file);
    mkdirSync(`${file}.d`);
    writeFileSync(join(`${file}.d`, 'override.conf'), text);
  }
  const { stderr } = spawnSync(SYSTEMD_ANALYZE, ['verify', '--man=no', file], { encoding: 'utf8' });
  // Programs and users of the unit are not on this machine.
  return stderr.split('\n').filter((line) => /unknown|ignoring|invalid|parse|missing/i.test(line));
}

t.test('systemd understands every line of the units', { skip: without(SYSTEMD_ANALYZE) }, async (t) => {
  for (const { text, where } of units)
    await t.test(where, async (t) => {
      t.same(notUnderstood(t, text), []);
    });
  await t.test('a misspelt line is found', async (t) => {
    t.match(notUnderstood(t, '[Service]\nLoadCredentials=x:/y\n'), [/override\.conf:2: Unknown key/]);
  });
  await t.test('a wrong value is found', async (t) => {
    t.match(notUnderstood(t, '[Service]\nExecStart=/bin/true\nProtectHome=maybe\n'), [
      /service:3: .*ProtectHome|maybe/,
    ]);
  });
});

t.test('HAProxy takes an instance out of rotation as the documents say', { skip: without(HAPROXY) }, async (t) => {
  // The path of a socket has a hundred characters at most.
  const folder = mkdtempSync(join(tmpdir(), 'jumpgate-lb-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const socket = join(folder, 'stats');
  const address = async () => `127.0.0.1:${await freePort()}`;
  const env = { JUMPGATE_LDAP: await address(), JUMPGATE_LDAPS: await address(), JUMPGATE_STATS: socket };
  const haproxy = startDaemon(t, HAPROXY, ['-db', '-f', 'deploy/haproxy.cfg'], { env });
  /** By backend and server: true where an operator has drained it. */
  const drained = async () => {
    const rows = (await askSocket(socket, 'show servers state').catch(() => ''))
      .split('\n')
      .map((line) => line.split(' '));
    return Object.fromEntries(
      rows
        .filter((row) => row.length > 7 && row[0] !== '#')
        .map((row) => [`${row[1]}/${row[3]}`, (Number(row[6]) & 8) !== 0]),
    );
  };
  await haproxy.until(async () => Object.keys(await drained()).length === 4);
  const place = new Place(t, {
    programs: {
      socat: `[ "$1" = stdio ] && exec '${process.execPath}' -e 'process.stdin.pipe(require("net").connect(process.argv[1])).pipe(process.stdout)' "$2"`,
    },
    replaced: [['/run/haproxy/jumpgate.sock', socket]],
  });
  for (const { block, where } of commands)
    for (const command of commandsOf(block.lines)) {
      const { code, out, err } = await place.run(command);
      t.same([code, out.trim(), err], [0, '', ''], `${where}: ${command}`);
    }
  t.same(await drained(), {
    'jumpgate/one': true,
    'jumpgate/two': false,
    'jumpgate-tls/one': true,
    'jumpgate-tls/two': false,
  });
});
