// Runs a bundle once, in front of the embedded JumpCloud, and writes down what V8 has compiled: the functions of a start, a read of the
// directory, a bind, a search and an end; with `all`, those of the command line as well.
//
//     tsx bundle/warm-up.ts serve|all BUNDLE CODE
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Client } from 'ldapts';
import { StandIn } from '../src/demo/stand-in.js';
import { keepYoungGenerationSmall } from '../src/runtime/young-generation.js';
import { compile, run, textOf, withDigest } from '../src/start/compiled-code.js';
import { type Bundle, LEFT_OUT } from '../src/start/serve-bundle.js';
import { setV8Flags } from '../src/start/v8-flags.js';
import { unescaped } from './one-file/format.js';

/** Milliseconds for all of it, and from one try to the next. */
const TIME = 30_000;
const AGAIN = 50;

/** What the bundle is called in what V8 writes down: no folder of this machine. */
const NAME = 'jumpgate';
const BASE = 'dc=example,dc=com';

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** As an application does: again until the members are known, then a login that searches. */
async function logIn(port: number): Promise<void> {
  const name = `uid=quillon.varrek,ou=Users,${BASE}`;
  for (;;) {
    const client = new Client({ url: `ldap://127.0.0.1:${port}` });
    try {
      await client.bind(name, 'user-secret-5001');
      const { searchEntries } = await client.search(BASE, { scope: 'sub', filter: '(uid=quillon.varrek)' });
      if (searchEntries.length === 1) return;
    } catch {
      await pause(AGAIN);
    } finally {
      await client.unbind().catch(() => {});
    }
  }
}

const [kind = '', bundle = '', code = ''] = process.argv.slice(2);
setV8Flags();
setTimeout(() => process.exit(1), TIME).unref();
const folder = mkdtempSync(join(tmpdir(), 'jumpgate-build-'));
const upstream = await StandIn.start();
try {
  const port = await freePort();
  const { caPem, url, orgId, reader } = upstream;
  writeFileSync(join(folder, 'ca.pem'), caPem);
  const settings = {
    listen: { ldap: `127.0.0.1:${port}` },
    upstream: { urls: [url], caFile: join(folder, 'ca.pem'), orgId, reader },
    local: { baseDN: BASE },
    ops: { http: '127.0.0.1:0' },
    log: { format: 'json' },
  };
  // JSON is YAML as well.
  writeFileSync(join(folder, 'jumpgate.yaml'), JSON.stringify(settings), { mode: 0o600 });
  const source = readFileSync(bundle);
  const script = compile(unescaped(textOf(source)), NAME);
  const { runProcess } = run<Bundle>(script, pathToFileURL(resolve(bundle)), (name) => LEFT_OUT[name]?.());
  const command = (...args: string[]) => {
    process.argv.splice(2, Number.POSITIVE_INFINITY, ...args);
    return runProcess();
  };
  if (kind === 'all') await command('--help');
  const ended = command('serve', '--config', join(folder, 'jumpgate.yaml'));
  await logIn(port);
  process.kill(process.pid, 'SIGTERM');
  await ended;
  // V8 takes compiled code with the flags alone that it was written down with: those of a start.
  keepYoungGenerationSmall();
  writeFileSync(code, withDigest(script.createCachedData(), source));
} finally {
  await upstream.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);
