// `jumpgate serve`: the proxy until a signal ends it.
import { type App, startApp } from '../app.js';
import type { AppConfig, Config } from '../config/config.js';
import { faultText } from '../config/fault.js';
import { listenersOf, urlsOf } from '../config/listeners.js';
import { tokenFolders } from '../ops/http/token-file.js';
import { type Audit, openAudit } from '../ops/log/audit.js';
import { createLog, type Log, type Logger } from '../ops/log/log.js';
import { letYoungGenerationGrow } from '../runtime/young-generation.js';
import { inheritedText } from '../server/inherited-sockets.js';
import { exitOnDefect } from './exit-on-defect.js';
import { type CliIo, outliveOutput } from './io.js';
import { tooFewFiles } from './open-files.js';
import { reloadOnChange } from './reloading.js';
import { surviveReloads, untilSignal } from './signals.js';
import { startFault } from './start-fault.js';

export interface ServeOptions {
  /** Reads the configuration; called again at each change. Throws ConfigError. */
  readonly load: () => Config;
  /** Milliseconds within which the first snapshot has to be there; undefined: as long as it takes. */
  readonly wait: number | undefined;
}

/** Runs until SIGTERM or SIGINT; exit code 0 after an orderly end, 1 if it could not start or was not ready in time. */
export async function serve({ load, wait }: ServeOptions, io: CliIo): Promise<number> {
  surviveReloads();
  const config = load();
  outliveOutput(io);
  const written = await createLog(config.log, io.stdout, io.env);
  const { log, lines } = written;
  exitOnDefect(written, io);
  // Before anything is open: a signal that comes during the start ends it in order behind it.
  const ended = untilSignal();
  process.once('exit', () => log.flush());
  const fewFiles = tooFewFiles(config);
  for (const warning of [...config.warnings, ...(fewFiles === undefined ? [] : [fewFiles])])
    log.warn(faultText(warning));
  let audit: Audit | undefined;
  try {
    audit = auditOf(config, log);
    const app = await startApp(config, log, {
      audit,
      lines,
      tokenFolders: tokenFolders(io.env),
      firstReadIsOver: letYoungGenerationGrow,
    });
    // Before the log says that it listens: a signal without a handler would end the process.
    const endReloading = reloadOnChange(app, config, load, log);
    const endLeveling = talkMoreOnSignal(log);
    log.info(
      {
        ldap: app.ldapUrl,
        ldaps: app.ldapsUrl,
        ldapi: app.ldapiUrl,
        ops: app.opsUrl,
        ops_token_file: app.opsTokenFile,
        ...inheritedBy(config),
        upstream: config.upstream.urls,
        ...whoGetsIn(config),
      },
      'listening',
    );
    const isLate = wait !== undefined && (await Promise.race([ended.then(() => false), isNotReadyIn(wait, app)]));
    if (isLate) {
      const { lastError = 'no answer yet' } = app.readiness().upstream;
      log.error({ 'error.message': lastError }, 'not ready in time (--wait)');
    } else {
      const signal = await ended;
      log.info({ signal }, 'stopping: a second signal ends immediately');
    }
    endReloading();
    endLeveling();
    await app.stop();
    log.info('stopped');
    return isLate ? 1 : 0;
  } catch (error) {
    io.stderr.write(`jumpgate: ${startFault(error, config)}\n`);
    return 1;
  } finally {
    audit?.close();
    await endLog(written);
  }
}

/** What systemd has passed, where it has. */
function inheritedBy(config: Config): object {
  const sockets = listenersOf(config).flatMap(({ listen }) => listen.inherited);
  return sockets.length === 0 ? {} : { inherited: sockets.map(inheritedText) };
}

/** The group; or the apps, where there are several or they have names: who gets in, and where. */
function whoGetsIn({ apps, listen, group }: Config): object {
  if (apps.length === 1 && apps.every(({ isNamed }) => !isNamed)) return { group: group.name };
  const gate = ({ name, everyone, groups, listen: own }: AppConfig) => ({
    name,
    ...(everyone ? { everyone } : { groups }),
    listeners: urlsOf(own === 'shared' ? listen : own),
  });
  return { apps: apps.map(gate) };
}

/** Milliseconds that the end waits for a reader of the log. */
const LAST_LINES = 1000;

/** Writes the pending lines. If nobody reads them, the process still ends: otherwise Node would wait for the reader. */
export async function endLog({ drain }: Log): Promise<void> {
  if (await drain(LAST_LINES)) return;
  // In a moment: the exit code is not set yet.
  setTimeout(() => process.exit(), 100).unref();
}

/** The audit stream of the configuration; SIGHUP reopens its file. */
function auditOf({ log: { audit: file } }: Config, log: Logger): Audit | undefined {
  if (file === undefined) return undefined;
  const failed = (what: string, error: Error) => log.error({ 'error.message': error.message, file }, `audit: ${what}`);
  try {
    const audit = openAudit(file, failed);
    process.on('SIGHUP', () => audit.reopen());
    // Also at an end by a defect.
    process.once('exit', () => audit.flush());
    return audit;
  } catch (error) {
    throw new Error(`log.audit: ${(error as Error).message}. Name a file in a folder that this user may write to`);
  }
}

/** SIGUSR2 changes between the level of the configuration and debug; returns how to end that. */
function talkMoreOnSignal(log: Logger): () => void {
  let before: string | undefined;
  const change = () => {
    [log.level, before] = before === undefined ? ['debug', log.level] : [before, undefined];
    log[before === undefined ? 'warn' : 'info']({ level_now: log.level }, 'log level: changed by SIGUSR2');
  };
  process.on('SIGUSR2', change);
  return () => void process.removeListener('SIGUSR2', change);
}

const LOOK = 50;

/** Resolves with false as soon as the product is ready, with true if it is not within `time` ms. */
async function isNotReadyIn(time: number, app: App): Promise<boolean> {
  const late = Date.now() + time;
  while (!app.readiness().ready) {
    if (Date.now() >= late) return true;
    await new Promise((resolve) => setTimeout(resolve, LOOK));
  }
  return false;
}
