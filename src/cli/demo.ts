// `jumpgate demo`: the real proxy in front of an embedded JumpCloud with invented people.
import { basename, relative } from 'node:path';
import { startApp } from '../app.js';
import type { Config } from '../config/config.js';
import { loadConfig } from '../config/load.js';
import { StandIn } from '../demo/stand-in.js';
import { tokenFolders } from '../ops/http/token-file.js';
import { createLog } from '../ops/log/log.js';
import { exitOnDefect } from './exit-on-defect.js';
import { type CliIo, outliveOutput } from './io.js';
import { endLog } from './serve.js';
import { untilSignal } from './signals.js';
import { startFault } from './start-fault.js';

export interface DemoOptions {
  /** Local LDAP port; 1389 unless given. */
  readonly port?: number | undefined;
  readonly opsPort?: number | undefined;
  /** Milliseconds that the embedded upstream takes for each operation. */
  readonly latency?: number | undefined;
}

const BASE = 'dc=example,dc=com';
/** In no group by himself; as a member, it is the switch alone that keeps him out. */
const SUSPENDED = 'emrick.solvane';

/** `jumpgate demo`. Runs until a signal; resolves with the exit code. */
export async function demo(options: DemoOptions, io: CliIo): Promise<number> {
  const upstream = await StandIn.start({ latency: options.latency ?? 0, console: true });
  upstream.addToGroup('wayk-users', SUSPENDED);
  const config = demoConfig(options, upstream);
  try {
    outliveOutput(io);
    const written = await createLog({ level: 'info', format: 'pretty' }, io.stdout, io.env);
    const { log, lines } = written;
    exitOnDefect(written, io);
    const app = await startApp(config, log, { lines, tokenFolders: tokenFolders(io.env) });
    lines.write(greeting(app.ldapUrl ?? '', app.opsUrl ?? ''), 1);
    await untilSignal();
    await app.stop();
    await endLog(written);
    return 0;
  } catch (error) {
    io.stderr.write(`jumpgate: ${startFault(error, config, OTHER_PORTS)}\n`);
    return 1;
  } finally {
    await upstream.stop();
  }
}

/** Two demos at the same time want different ports. */
const OTHER_PORTS = 'choose other ports: jumpgate demo --port 1390 --ops-port 9390';

function demoConfig({ port = 1389, opsPort = 9389 }: DemoOptions, upstream: StandIn): Config {
  return loadConfig({
    env: {},
    trust: upstream.caPem,
    flags: {
      listen: { ldap: `127.0.0.1:${port}` },
      upstream: {
        urls: [upstream.url],
        orgId: upstream.orgId,
        reader: { dn: upstream.reader.dn, password: upstream.reader.password },
        // The embedded one, never JumpCloud's: it has no other address.
        api: { clientId: upstream.clientId, clientSecret: upstream.clientSecret, urls: upstream.console?.urls },
      },
      local: { baseDN: BASE },
      ops: { http: `127.0.0.1:${opsPort}` },
    },
  });
}

/** Members whom JumpCloud refuses with the same 49, for a reason of their own each; and one who gets in with a code. */
const REFUSED = [
  [SUSPENDED, 'user-secret-5009', 'a member, but suspended'],
  ['daxon.wyrmell', 'user-secret-5013', 'a member, with a password that has expired'],
  ['philo.estrande', 'user-secret-5014', 'a member, but locked'],
  ['yselda.mornwick', 'user-secret-5004', 'a member who needs a code: user-secret-5004,123456 gets in'],
] as const;

/** How this program is called from where it was started. */
function ownCommand([, program = '']: readonly string[]): string {
  const path = relative(process.cwd(), program);
  return basename(program) === 'jumpgate' ? 'jumpgate' : `node ${path.startsWith('..') ? program : path}`;
}

function greeting(url: string, ops: string): string {
  const user = (uid: string) => `uid=${uid},ou=Users,${BASE}`;
  const command = ownCommand(process.argv);
  const refused = REFUSED.map(([uid, password, why]) => `  ${uid.padEnd(17)} ${password}   ${why}`);
  const explain = REFUSED.map(
    ([uid, password]) => `  printf %s ${password} | ${command} explain ${uid} --password-stdin --url ${ops}`,
  );
  return `
Jumpgate is listening on ${url} (live page: ${ops}/), in front of an embedded JumpCloud.
Only members of the group wayk-users get in. Invented people to try:

  quillon.varrek    user-secret-5001   a member: gets in
  svenja.ulmarik    user-secret-5012   a member, with an accented name
  corvane.thessly   user-secret-5005   not in the group: refused (49), whatever the password
${refused.join('\n')}

Paste one of these into another terminal${command === 'jumpgate' ? '' : ', in the same folder'}:

  ldapwhoami -x -H ${url} -D "${user('quillon.varrek')}" -w user-secret-5001
  ldapsearch -x -LLL -H ${url} -D "${user('quillon.varrek')}" -w user-secret-5001 -b "${BASE}" "(uid=quillon.varrek)"
  ldapsearch -x -LLL -H ${url} -D "${user('ldap-reader')}" -w reader-secret-5000 -b "${BASE}" "(uid=*)" cn mail
  ldapwhoami -x -H ${url} -D "${user('corvane.thessly')}" -w user-secret-5005
${explain.join('\n')}
  ${command} watch --url ${ops}

Each bind leaves a line below that says why it went as it did, and is on the live page. Ctrl-C ends the demo.

`;
}
