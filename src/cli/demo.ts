// `jumpgate demo`: the real proxy in front of an embedded JumpCloud with invented people.
import { startApp } from '../app.js';
import type { Config } from '../config/config.js';
import { loadConfig } from '../config/load.js';
import { StandIn } from '../demo/stand-in.js';
import { tokenFolders } from '../ops/http/token-file.js';
import { createLog } from '../ops/log/log.js';
import { type DemoFiles, writeDemoFiles } from './demo-files.js';
import { BASE, demoGreeting, outageText, SUSPENDED } from './demo-greeting.js';
import { onOutageSwitch, takesLines } from './demo-outage.js';
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

/** `jumpgate demo`. Runs until a signal; resolves with the exit code. */
export async function demo(options: DemoOptions, io: CliIo): Promise<number> {
  const upstream = await StandIn.start({ latency: options.latency ?? 0, console: true });
  upstream.addToGroup('wayk-users', SUSPENDED);
  const config = demoConfig(options, upstream);
  let files: DemoFiles | undefined;
  try {
    outliveOutput(io);
    const written = await createLog({ level: 'info', format: 'pretty' }, io.stdout, io.env);
    const { log, lines } = written;
    exitOnDefect(written, io);
    const app = await startApp(config, log, { lines, tokenFolders: tokenFolders(io.env) });
    const [url, ops] = [app.ldapUrl ?? '', app.opsUrl ?? ''];
    files = writeDemoFiles(upstream, { ldap: hostOf(url), ops: hostOf(ops), baseDN: BASE });
    const readsLines = takesLines(io);
    lines.write(demoGreeting({ url, ops, config: files.config, takesLines: readsLines }), 1);
    let isAway = false;
    const endSwitch = onOutageSwitch(
      io,
      () => {
        isAway = !isAway;
        upstream.setAway(isAway);
        lines.write(outageText(isAway), 1);
      },
      readsLines,
    );
    await untilSignal();
    endSwitch();
    await app.stop();
    await endLog(written);
    return 0;
  } catch (error) {
    io.stderr.write(`jumpgate: ${startFault(error, config, OTHER_PORTS)}\n`);
    return 1;
  } finally {
    files?.remove();
    await upstream.stop();
  }
}

/** Host and port of a URL. */
const hostOf = (url: string) => url.replace(/^[a-z]+:\/\//, '');

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
      // An outage shows itself soon.
      directory: { refresh: '5s' },
      ops: { http: `127.0.0.1:${opsPort}` },
    },
  });
}
