// A configuration file in front of the demo's embedded JumpCloud, for the commands that want one. It is there as long as the demo runs.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { StandIn } from '../demo/stand-in.js';

export interface DemoFiles {
  /** The path of the configuration file. */
  readonly config: string;
  /** Removes all of them; this also happens automatically when the process ends. */
  remove(): void;
}

/** Where the demo listens: host and port. */
export interface DemoAddresses {
  readonly ldap: string;
  readonly ops: string;
  readonly baseDN: string;
}

/** Writes them into a new folder that only this user can read. Throws the system's Error where that is not possible. */
export function writeDemoFiles(upstream: StandIn, { ldap, ops, baseDN }: DemoAddresses): DemoFiles {
  const folder = mkdtempSync(join(tmpdir(), 'jumpgate-demo-'));
  const remove = () => {
    process.removeListener('exit', remove);
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', remove);
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text, { mode: 0o600, flag: 'wx' });
  write('ca.pem', upstream.caPem);
  write('reader.password', upstream.reader.password);
  write('api.secret', upstream.clientSecret);
  const settings = {
    listen: { ldap },
    upstream: {
      urls: [upstream.url],
      caFile: 'ca.pem',
      orgId: upstream.orgId,
      reader: { dn: upstream.reader.dn, passwordFile: 'reader.password' },
      api: { clientId: upstream.clientId, clientSecretFile: 'api.secret', urls: upstream.console.urls },
    },
    group: 'wayk-users',
    local: { baseDN },
    ops: { http: ops },
  };
  write('jumpgate.yaml', `# Of a running “jumpgate demo”, which removes it when it ends.\n${stringify(settings)}`);
  return { config: join(folder, 'jumpgate.yaml'), remove };
}
