// Jumpgate as a user runs it: the built program, a configuration file, defaults, a log of binds.
import type { ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sampler } from './allocations.js';
import { GROUP, LOCAL_DN, ORG_ID, READER } from './people.js';
import { launch } from './processes.js';
import type { StorePlace } from './store.js';

export interface ProductSettings {
  readonly folder: string;
  readonly name: string;
  readonly port: number;
  readonly upstreamPort: number;
  readonly caFile: string;
  /** False: every bind goes upstream. */
  readonly caches: boolean;
  /** False: only errors are logged. */
  readonly logs: boolean;
  /** The most connections for binds; undefined: the default. */
  readonly bindConnections: number | undefined;
  /** The folder for a CPU profile, written at the end. */
  readonly profile: string | undefined;
  /** The file for a profile of allocations, between two SIGWINCH (allocations.ts). */
  readonly allocations?: string | undefined;
  /** Not shared with other instances here: its cost is measured. */
  readonly store?: StorePlace | undefined;
  /** 0: any port. */
  readonly opsPort?: number | undefined;
}

/** Where its log goes. */
export const logFile = ({ folder, name }: ProductSettings) => join(folder, `${name}.log`);

/** Starts `jumpgate serve` with names, addresses and the settings under comparison; everything else has its default. */
export function launchProduct(settings: ProductSettings): ChildProcess {
  const { folder, name, port, upstreamPort, caFile, caches, logs, bindConnections, profile, allocations } = settings;
  const { store, opsPort = 0 } = settings;
  const file = join(folder, `${name}.yaml`);
  writeFileSync(
    file,
    `listen: { ldap: "127.0.0.1:${port}" }
upstream:
  urls: ["ldaps://localhost:${upstreamPort}"]
  caFile: ${caFile}
  orgId: ${ORG_ID}
  reader: { user: ${READER.uid}, password: ${READER.password} }
${bindConnections === undefined ? '' : `  bindConnections: ${bindConnections}\n`}group: ${GROUP}
local: { baseDN: "${LOCAL_DN}", groups: ou=Users }
${caches ? '' : 'binds: { cache: { ttl: 0s } }'}
${store === undefined ? '' : `fleet: { url: "${store.url}", keyFile: ${store.keyFile}, prefix: ${name} }`}
ops: { http: "127.0.0.1:${opsPort}" }
log: { format: json${logs ? '' : ', level: error'} }
`,
    { mode: 0o600 },
  );
  const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
  const profiling = profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profile];
  if (allocations !== undefined) profiling.push('--import', sampler(allocations));
  // As `npm start`, the image and the unit start it.
  return launch(process.execPath, [...profiling, main, 'serve', '--config', file], {
    stdout: logFile(settings),
  });
}
