// lloadd, OpenLDAP's load balancer, as a peer: it forwards binds over pooled connections, as Jumpgate does, and does not map names.
import type { ChildProcess } from 'node:child_process';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { READER, upstreamDN } from './people.js';
import { launch } from './processes.js';

/** Connections for binds by default, the same number as for the floor. */
const POOL = 64;

/** Whether `program` can be run and is lloadd. */
export function isLloadd(program: string): boolean {
  const { error, stdout, stderr } = spawnSync(program, ['-VV'], { encoding: 'utf8' });
  return error === undefined && /\blloadd\b/.test(`${stdout}${stderr}`);
}

/** The peers that can be started: most packages of OpenLDAP come without lloadd. `tell` receives a sentence if it is left out. */
export function withoutMissing<Peer extends string>(
  peers: readonly Peer[],
  program: string,
  tell: (text: string) => void,
): readonly Peer[] {
  if (!peers.some((peer) => peer === 'lloadd') || isLloadd(program)) return peers;
  tell(`lloadd is left out: ${program} is missing or is not lloadd. Pass its path with --lloadd (docs/performance.md)`);
  return peers.filter((peer) => peer !== 'lloadd');
}

/** Writes its configuration: LDAPS with verification to `upstreamPort`, no log. `pool`: connections for binds. */
export function configureLloadd(folder: string, upstreamPort: number, caFile: string, pool = POOL): string {
  const file = join(folder, `lloadd-${upstreamPort}.conf`);
  writeFileSync(
    file,
    `pidfile ${join(folder, `lloadd-${upstreamPort}.pid`)}
loglevel 0
bindconf bindmethod=simple binddn="${upstreamDN(READER.uid)}" credentials=${READER.password} tls_cacert=${caFile} tls_reqcert=demand
backend-server uri=ldaps://127.0.0.1:${upstreamPort} numconns=1 bindconns=${pool} retry=1000 max-pending-ops=0 conn-max-pending=0
`,
    { mode: 0o600 },
  );
  return file;
}

/** Starts it with its configuration file; returns before it listens. */
export function launchLloadd(program: string, file: string, port: number): ChildProcess {
  return launch(program, ['-d', '0', '-f', file, '-h', `ldap://127.0.0.1:${port}`]);
}
