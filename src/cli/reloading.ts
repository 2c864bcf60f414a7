// Reads the configuration again, by SIGHUP or when one of its files has changed, and hands it to the running product.
import { type StatsListener, unwatchFile, watchFile } from 'node:fs';
import type { App } from '../app.js';
import type { Config } from '../config/config.js';
import { faultText } from '../config/fault.js';
import type { Logger } from '../ops/log/log.js';

/** Milliseconds from one look at the files to the next. Looking works where watching does not: mounts, symbolic links, editors' swaps. */
const LOOK = 2000;
/** Milliseconds after a change: a certificate and its key are seldom written in the same moment. */
const SETTLE = 300;

/** Reloads from now on; returns how to end that. `load` throws an Error that says every fault. */
export function reloadOnChange(app: App, first: Config, load: () => Config, log: Logger): () => void {
  let watched: readonly string[] = [];
  let timer: NodeJS.Timeout | undefined;
  const reload = async (why: string) => {
    try {
      const config = load();
      watch(config.files);
      const outcome = await app.reload(config);
      if (outcome.kind === 'unchanged') return log.info({ why }, 'configuration: unchanged');
      if (outcome.kind === 'kept')
        return log.error({ why, 'error.message': outcome.why }, 'configuration: the old one is kept');
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
    timer = setTimeout(() => void reload('a file has changed'), SETTLE);
  };
  const watch = (files: readonly string[]) => {
    for (const file of watched) if (!files.includes(file)) unwatchFile(file, changed);
    for (const file of files) {
      if (!watched.includes(file)) watchFile(file, { interval: LOOK, persistent: false }, changed);
    }
    watched = files;
  };
  const onSignal = () => void reload('SIGHUP');
  process.on('SIGHUP', onSignal);
  watch(first.files);
  return () => {
    process.removeListener('SIGHUP', onSignal);
    clearTimeout(timer);
    watch([]);
  };
}
