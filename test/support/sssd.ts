// SSSD in a mount namespace of its own, so that nothing of this machine changes.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type t from 'tap';
import { startDaemon } from './daemon.js';
import { type Output, program, without } from './site.js';

const PROGRAMS = ['/usr/sbin/sssd', '/usr/share/doc/sssd-ldap/copyright', '/usr/bin/pamtester', '/usr/bin/nsenter'];

/** False, or why tests with SSSD are skipped. */
export function withoutSssd(): false | string {
  const canMount = spawnSync('unshare', ['-m', 'true']).status === 0;
  return without(...PROGRAMS) || (canMount ? false : 'no mount namespace can be made here');
}

/** Hides the machine's own folders behind empty ones, then becomes SSSD. */
const SCRIPT = `set -e
for folder in /var/log/sssd /etc/sssd /var/lib/sss /etc/pam.d /run; do mount -t tmpfs -o mode=755 none $folder; done
install -m 600 sssd.conf /etc/sssd/sssd.conf
mkdir -p /etc/sssd/conf.d /var/lib/sss/db /var/lib/sss/mc /var/lib/sss/pipes/private /var/lib/sss/pubconf
printf 'auth required pam_sss.so\\naccount required pam_sss.so\\n' >/etc/pam.d/jumpgate
mount --bind nsswitch.conf /etc/nsswitch.conf
exec sssd -i --logger=stderr`;

/** Runs a program of the namespace, with this on its standard input. */
export type Inside = (args: readonly string[], input?: string) => Promise<Output>;

/**
 * Starts SSSD for NSS and PAM (service `jumpgate`) by these settings of its one domain, and waits until it knows `uid`. `folder` is made, for
 * its files.
 */
export async function startSssd(
  test: Pick<typeof t, 'teardown'>,
  folder: string,
  domain: Readonly<Record<string, string>>,
  uid: string,
): Promise<Inside> {
  const settings = Object.entries({ id_provider: 'ldap', auth_provider: 'ldap', ...domain });
  const head = '[sssd]\nservices = nss, pam\ndomains = jumpgate\n[domain/jumpgate]\n';
  mkdirSync(folder);
  writeFileSync(join(folder, 'sssd.conf'), head + settings.map(([key, value]) => `${key} = ${value}\n`).join(''));
  writeFileSync(join(folder, 'nsswitch.conf'), 'passwd: files sss\ngroup: files sss\n');
  const daemon = startDaemon(test, 'unshare', ['-m', '--propagation', 'private', 'sh', '-c', SCRIPT], { cwd: folder });
  const inside: Inside = (args, input = '') => program('nsenter', ['-m', '-t', String(daemon.pid), ...args], { input });
  await daemon.until(async () => (await inside(['getent', 'passwd', uid])).code === 0);
  return inside;
}
