// Starts Jumpgate within a program, with nothing of the process touched.
import { startApp } from '../app.js';
import type { Config } from '../config/config.js';
import { type Audit, openAudit } from '../ops/log/audit.js';
import type { Jumpgate } from './jumpgate.js';
import type { JumpgateConfig } from './jumpgate-config.js';
import { type LibraryLog, openLog } from './library-log.js';
import { loadSettings } from './load-settings.js';
import type { LogTarget } from './log-record.js';
import { RunningJumpgate } from './running-jumpgate.js';

/** What {@link start} is given. */
export interface StartOptions {
  /** The configuration; `upstream.orgId` and `upstream.reader` have no defaults. */
  readonly config: JumpgateConfig;
  /** Certificate authorities to trust upstream, in PEM, in place of those of `upstream.caFile` and of Node.js. */
  readonly ca?: string | undefined;
  /** Where the log goes: to a function, line by line, or as text to a stream such as `process.stdout`. Without it nothing is logged. */
  readonly log?: LogTarget | undefined;
  /** Stops it when it is aborted, as {@link Jumpgate.stop} does; during the start, {@link start} then rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Starts Jumpgate in this process. Resolves as soon as its ports are open, even while JumpCloud is down: see {@link Jumpgate.ready}.
 *
 * It touches nothing that belongs to the process: no signals, no exit code, no environment variables but `HTTPS_PROXY` and `NO_PROXY` (only
 * where `upstream.api` is set), no V8 flags, no output.
 *
 * @throws {@link ConfigError} with every problem of the configuration; the system's Error (`code` is `EADDRINUSE`, …) if a port cannot be opened
 *
 * @example
 * ```ts
 * const jumpgate = await start({
 *   config: {
 *     upstream: { orgId: '5f1c0a9e7b3d4c2a8e6f9d10', reader: { user: 'ldap-reader', passwordFile: '/run/secrets/reader' } },
 *     group: 'wayk-users',
 *     listen: { ldap: '127.0.0.1:0' },
 *   },
 * });
 * await jumpgate.ready({ signal: AbortSignal.timeout(10_000) });
 * console.log(jumpgate.addresses.ldap);
 * await jumpgate.stop();
 * ```
 */
export async function start({ config: settings, ca, log: target, signal }: StartOptions): Promise<Jumpgate> {
  signal?.throwIfAborted();
  const load = (config: JumpgateConfig) => loadSettings(config, { ca, isLogged: target !== undefined });
  const config = load(settings);
  const written = await openLog(target, config.log);
  const running = await open(config, load, written, signal);
  running.warn(config);
  if (signal?.aborted !== true) return running;
  await running.stop();
  throw signal.reason;
}

/** Opens everything, or leaves nothing open and throws. */
async function open(
  config: Config,
  load: (config: JumpgateConfig) => Config,
  written: LibraryLog,
  signal: AbortSignal | undefined,
): Promise<RunningJumpgate> {
  let audit: Audit | undefined;
  try {
    audit = auditOf(config, written);
    const { log, lines } = written;
    // What throws behind the log has lost its line: there is no other place for it here.
    const app = await startApp(config, log, { audit, lines, elsewhere: () => {} });
    return new RunningJumpgate(app, load, { ...written, audit }, signal);
  } catch (error) {
    audit?.close();
    await written.close();
    throw error;
  }
}

/** The audit stream of the configuration. Throws the system's Error. */
function auditOf({ log: { audit: file } }: Config, { log }: LibraryLog): Audit | undefined {
  if (file === undefined) return undefined;
  return openAudit(file, (what, error) => log.error({ 'error.message': error.message, file }, `audit: ${what}`));
}
