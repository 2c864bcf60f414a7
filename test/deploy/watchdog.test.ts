// The watchdog's command, as its unit has it, with stand-ins for the programs that it calls: whom it kills, and whom it does not.
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';

const unit = readFileSync('deploy/debian/jumpgate-watchdog.service', 'utf8');
/** Without systemd's escapes. */
const command = (/^ExecStart=\/bin\/sh -c '([^']*)'$/m.exec(unit)?.[1] ?? '')
  .replaceAll('\\\n', ' ')
  .replaceAll('$$', '$');

const folder = t.testdir({
  jumpgate: '#!/bin/sh\ncase "$*" in *ops.http=false*) exit $LDAP;; *) exit $OPS;; esac\n',
  systemctl: '#!/bin/sh\necho "$@"\n',
});
for (const name of ['jumpgate', 'systemctl']) chmodSync(join(folder, name), 0o755);
writeFileSync(join(folder, 'command'), command);

/** `ops`, `ldap`: the exit codes of the health checks of these ports. */
function watchdog(ops: number, ldap: number) {
  const env = { PATH: `${folder}:/usr/bin:/bin`, OPS: String(ops), LDAP: String(ldap) };
  const { status, stdout, stderr } = spawnSync('/bin/sh', [join(folder, 'command')], { env, encoding: 'utf8' });
  return { status, killed: stdout.trim(), stderr };
}

t.test('only an instance that answers on no port is ended', async (t) => {
  t.match(watchdog(0, 1), { status: 0, killed: '' });
  t.match(watchdog(2, 1), { status: 2, killed: '' }, 'a configuration that cannot be read');
  t.match(watchdog(1, 0), { status: 1, killed: '', stderr: /ops\.http was changed/ }, 'ops.http is another one by now');
  for (const ldap of [1, 2]) t.match(watchdog(1, ldap), { status: 0, killed: /^kill .*SIGKILL jumpgate\.service$/ });
});
