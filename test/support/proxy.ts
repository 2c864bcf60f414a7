// The whole product in front of the stand-in, in this process, on ports of the system's choice.
import { readFileSync } from 'node:fs';
import { pino } from 'pino';
import { type App, startApp, type Written } from '../../src/app.js';
import type { Config } from '../../src/config/config.js';
import { loadConfig } from '../../src/config/load.js';
import type { StandIn } from '../../src/demo/stand-in.js';

export const BASE = 'dc=example,dc=com';
export const USERS = `ou=Users,${BASE}`;
export const userDN = (uid: string) => `uid=${uid},${USERS}`;

export interface RunningProxy {
  readonly app: App;
  readonly url: string;
  /** Everything that was logged, at the most talkative level. */
  readonly log: string[];
  stop(): Promise<void>;
}

type Flags = Record<string, unknown>;
type ProxiedUpstream = Pick<StandIn, 'caPem' | 'url' | 'orgId' | 'reader'>;

/** Merges nested settings; the right side wins. */
function merged(left: Flags, right: Flags): Flags {
  const both: Flags = { ...left };
  for (const [key, value] of Object.entries(right)) {
    const old = both[key];
    const isNested = (x: unknown): x is Flags => typeof x === 'object' && x !== null && !Array.isArray(x);
    both[key] = isNested(old) && isNested(value) ? merged(old, value) : value;
  }
  return both;
}

/** A configuration with test-sized settings, for this upstream. */
export function proxyConfig(upstream: ProxiedUpstream, settings: Flags = {}): Config {
  return loadConfig({
    env: {},
    trust: upstream.caPem,
    flags: merged(
      {
        listen: { ldap: '127.0.0.1:0' },
        upstream: {
          urls: [upstream.url],
          orgId: upstream.orgId,
          reader: { dn: upstream.reader.dn, password: upstream.reader.password },
        },
        local: { baseDN: BASE },
        ops: { http: false },
      },
      settings,
    ),
  });
}

/** Runs with a proxy of its own, which is stopped behind it. */
export async function withProxy(
  upstream: ProxiedUpstream,
  settings: Flags,
  use: (proxy: RunningProxy) => Promise<void>,
): Promise<void> {
  const proxy = await startProxy(upstream, settings);
  try {
    await use(proxy);
  } finally {
    await proxy.stop();
  }
}

/** Starts the proxy by such a configuration and waits until it has its first snapshot (unless told not to). */
export async function startProxy(
  upstream: ProxiedUpstream,
  settings: Flags = {},
  waitForSnapshot = true,
  written: Written = {},
): Promise<RunningProxy> {
  const config = proxyConfig(upstream, settings);
  const log: string[] = [];
  const app = await startApp(
    config,
    pino({ level: 'trace' }, { write: (line: string) => void log.push(line) }),
    written,
  );
  const proxy = { app, url: app.ldapUrl ?? app.ldapsUrl ?? '', log, stop: () => app.stop() };
  if (waitForSnapshot) await eventually(() => app.readiness().snapshot.present);
  return proxy;
}

/** What the command line shows at the ops port of an instance that has made its own token. */
export function operatorHeaders({ opsTokenFile = '' }: App): { authorization: string } {
  return { authorization: `Bearer ${readFileSync(opsTokenFile, 'utf8')}` };
}

/** Waits until the condition holds, at most 15 s. */
export async function eventually(condition: () => boolean | Promise<boolean>): Promise<void> {
  const late = Date.now() + 15_000;
  while (!(await condition())) {
    if (Date.now() > late) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
