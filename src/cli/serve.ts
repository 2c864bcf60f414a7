// `jumpgate serve`: the proxy until a signal ends it.
import { startApp } from '../app.js';
import type { Config } from '../config/config.js';
import { createLog } from '../ops/log.js';
import type { CliIo } from './io.js';
import { untilSignal } from './signals.js';

/** Runs until SIGTERM or SIGINT; exit code 0 after an orderly end, 1 if it could not start. */
export async function serve(config: Config, io: CliIo): Promise<number> {
  const log = await createLog(config.log, io.stdout);
  for (const warning of config.warnings) log.warn(warning);
  try {
    const app = await startApp(config, log);
    log.info(
      {
        ldap: app.ldapUrl,
        ldaps: app.ldapsUrl,
        ldapi: app.ldapiUrl,
        ops: app.opsUrl,
        upstream: config.upstream.urls,
        group: config.group.name,
      },
      'listening',
    );
    const signal = await untilSignal();
    log.info({ signal }, 'stopping: a second signal ends at once');
    await app.stop();
    log.info('stopped');
    return 0;
  } catch (error) {
    io.stderr.write(`jumpgate: ${startFault(error)}\n`);
    return 1;
  }
}

/** A start that failed, in words that name the remedy. */
export function startFault(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  const where = port === undefined ? '' : ` ${address ?? ''}:${port}`;
  switch (code) {
    case 'EADDRINUSE':
      return `cannot listen on${where}: the address is in use. Stop what listens there, or choose another port (listen.ldap, listen.ldaps, ops.http)`;
    case 'EACCES':
      return `cannot listen on${where}: not permitted. Ports below 1024 need privileges; choose a higher one (listen.ldap, listen.ldaps)`;
    case 'EADDRNOTAVAIL':
      return `cannot listen on${where}: this machine has no such address (listen.ldap, listen.ldaps, ops.http)`;
    default:
      return `cannot start: ${error.message}`;
  }
}
