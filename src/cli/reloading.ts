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
  let watched: readonly string[] = [];
  let timer: NodeJS.Timeout | undefined;
  let again: NodeJS.Timeout | undefined;
  let pause = AGAIN;
  let isOver = false;
  const isTroubled = () => !app.readiness().upstream.reachable;
  const waitForTrouble = (wasTroubled: boolean) => {
    clearTimeout(again);
    if (isOver) return;
    again = setTimeout(() => {
      if (!wasTroubled && !isTroubled()) return waitForTrouble(false);
      pause = Math.min(2 * pause, LONGEST);
      void reload('the last attempt could not read JumpCloud');
    }, pause).unref();
  };
  const reloadAnew = (why: string) => {
    pause = AGAIN;
    return reload(why);
  };
  const reload = async (why: string) => {
    clearTimeout(again);
    try {
      const config = load();
      watch(config.files);
      const outcome = await app.reload(config);
      if (outcome.kind === 'unchanged') return log.info({ why }, 'configuration: unchanged');
      if (outcome.kind === 'kept') {
        waitForTrouble(isTroubled());
        return log.error({ why, 'error.message': outcome.why }, 'configuration: the old one is kept');
      }
      for (const warning of config.warnings) log.warn(faultText(warning));
      log.info({ why, keys: outcome.keys }, 'configuration: changed');
      if (outcome.waiting.length > 0) log.warn({ keys: outcome.waiting }, 'configuration: restart for these keys');
    } catch (error) {
      log.error({ why, 'error.message': (error as Error).message }, 'configuration: the old one is kept');
    }
  };
  const changed: StatsListener = (now, before) => {
    if (now.mtimeMs === before.mtimeMs && now.ino === before.ino && now.size === before.size) return;
    clearTimeout(timer);
    timer = setTimeout(() => void reloadAnew('a file has changed'), SETTLE);
  };
  const watch = (files: readonly string[]) => {
    for (const file of watched) if (!files.includes(file)) unwatchFile(file, changed);
    for (const file of files) {
      if (!watched.includes(file)) watchFile(file, { interval: LOOK, persistent: false }, changed);
    }
    watched = files;
  };
  const onSignal = () => void reloadAnew('SIGHUP');
  process.on('SIGHUP', onSignal);
  watch(first.files);
  return () => {
    isOver = true;
    process.removeListener('SIGHUP', onSignal);
    clearTimeout(timer);
    clearTimeout(again);
    watch([]);
  };
}
