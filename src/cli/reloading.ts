// Reads the configuration again, by SIGHUP or when one of its files has changed, and hands it to the running product.
import { type StatsListener, unwatchFile, watchFile } from 'node:fs';
import type { App } from '../app.js';
import type { Config } from '../config/config.js';
import { faultText } from '../config/fault.js';
import type { Logger } from '../ops/log/log.js';

/** Milliseconds from one look at the files to the next. Looking works where watching does not: mounts, symbolic links, editors' swaps. */
const LOOK = 2000;
/** Milliseconds to wait after a change: a certificate and its key are seldom written at the same time. */
const SETTLE = 300;
/** Milliseconds from a configuration that could not be read with to the next attempt; each further pause is twice as long, up to the longest. */
const AGAIN = 30_000;
const LONGEST = 10 * 60_000;

type ReloadedApp = Pick<App, 'reload'> & {
  readonly readiness: () => { readonly upstream: { readonly reachable: boolean } };
};

/**
 * Reloads from now on; returns how to end that. `load` throws an Error that says every fault.
 *
 * A configuration with which JumpCloud could not be read is tried again if the present one cannot read either, now or at some later time: in an
 * outage, or when a new password was written here before it was changed in the console. Otherwise the fault is its own, and another attempt
 * would only be one more wrong password.
 */
export function reloadOnChange(
  app: ReloadedApp,
  first: Pick<Config, 'files'>,
  load: () => Config,
  log: Pick<Logger, 'info' | 'warn' | 'error'>,
): () => void {
  const reload = async (why: string) => {
    retry.stop();
    try {
      const config = load();
      files.watch(config.files);
      const outcome = await app.reload(config);
      if (outcome.kind === 'unchanged') return log.info({ why }, 'configuration: unchanged');
      if (outcome.kind === 'kept') {
        retry.start();
        return log.error({ why, 'error.message': outcome.why }, 'configuration: the old one is kept');
      }
      for (const warning of config.warnings) log.warn(faultText(warning));
      log.info({ why, keys: outcome.keys }, 'configuration: changed');
      if (outcome.waiting.length > 0) log.warn({ keys: outcome.waiting }, 'configuration: restart for these keys');
    } catch (error) {
      log.error({ why, 'error.message': (error as Error).message }, 'configuration: the old one is kept');
    }
  };
  const retry = new Retry(
    () => !app.readiness().upstream.reachable,
    () => void reload('the last attempt could not read JumpCloud'),
  );
  const changed = (why: string) => {
    retry.reset();
    void reload(why);
  };
  const files = new WatchedFiles(() => changed('a file has changed'));
  const onSignal = () => changed('SIGHUP');
  process.on('SIGHUP', onSignal);
  files.watch(first.files);
  return () => {
    process.removeListener('SIGHUP', onSignal);
    retry.close();
    files.close();
  };
}

/** Another attempt after a pause, once JumpCloud cannot be read with the present configuration either. Each further pause is twice as long. */
class Retry {
  private timer: NodeJS.Timeout | undefined;
  private pause = AGAIN;
  private isClosed = false;

  constructor(
    private readonly isTroubled: () => boolean,
    private readonly attempt: () => void,
  ) {}

  /** The present configuration may be in trouble now, or get into it at any later time. */
  start(): void {
    this.wait(this.isTroubled());
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  /** The next pause is the shortest again. */
  reset(): void {
    this.pause = AGAIN;
  }

  /** Nothing is attempted from now on. */
  close(): void {
    this.isClosed = true;
    this.stop();
  }

  private wait(wasTroubled: boolean): void {
    this.stop();
    if (this.isClosed) return;
    this.timer = setTimeout(() => {
      if (!wasTroubled && !this.isTroubled()) return this.wait(false);
      this.pause = Math.min(2 * this.pause, LONGEST);
      this.attempt();
    }, this.pause).unref();
  }
}

/** The files of a configuration: `changed` is called a moment after one or several of them have changed. */
class WatchedFiles {
  private files: readonly string[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly changed: () => void) {}

  /** These and no others from now on. */
  watch(files: readonly string[]): void {
    for (const file of this.files) if (!files.includes(file)) unwatchFile(file, this.look);
    for (const file of files)
      if (!this.files.includes(file)) watchFile(file, { interval: LOOK, persistent: false }, this.look);
    this.files = files;
  }

  close(): void {
    clearTimeout(this.timer);
    this.watch([]);
  }

  private readonly look: StatsListener = (now, before) => {
    if (now.mtimeMs === before.mtimeMs && now.ino === before.ino && now.size === before.size) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(this.changed, SETTLE);
  };
}
