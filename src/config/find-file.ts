// Which file holds the configuration: the one that is named, else the one that is in a usual place.
import { lstatSync, type Stats, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ConfigError } from './fault.js';
import { variableText } from './variable-text.js';

const HERE = './jumpgate.yaml';
const ELSEWHERE = '/etc/jumpgate/jumpgate.yaml';

export interface FoundFile {
  /** Undefined: flags and environment are all there is. */
  readonly file: string | undefined;
  /** The file, or in words where none was found. */
  readonly source: string;
}

/**
 * `given` (--config), else JUMPGATE_CONFIG, else jumpgate.yaml in the working folder, else the system's (`elsewhere`). A file that nobody has named is
 * taken only from its owner's hands: throws ConfigError for one in the working folder that another user wrote, or may write.
 */
export function findConfigFile(given: string | undefined, env: NodeJS.ProcessEnv, elsewhere = ELSEWHERE): FoundFile {
  const named = given ?? variableText('JUMPGATE_CONFIG', env.JUMPGATE_CONFIG).text;
  if (named !== '') return { file: named, source: named };
  const here = statOf(HERE);
  if (here?.isFile()) {
    refuseForeign(here);
    // The owner of a symbolic link decides what is read.
    refuseForeign(lstatSync(HERE));
    return { file: HERE, source: resolve(HERE) };
  }
  if (statOf(elsewhere)?.isFile()) return { file: elsewhere, source: elsewhere };
  const none = `no file: --config and JUMPGATE_CONFIG are not set, and there is`;
  // The package's folder is closed to others: who forgets sudo is not to be sent looking for a missing file.
  const source = isHidden(elsewhere)
    ? `${none} no ${resolve(HERE)}; user ${process.geteuid?.() ?? '?'} may not read ${dirname(elsewhere)}: try sudo, or --config`
    : `${none} neither ${resolve(HERE)} nor ${elsewhere}`;
  return { file: undefined, source };
}

/** True if this user may not even see whether it is there. */
function isHidden(file: string): boolean {
  try {
    statSync(file);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES';
  }
}

function refuseForeign(stats: Stats): void {
  const { uid, mode } = stats;
  const isLink = stats.isSymbolicLink();
  const mine = process.geteuid?.();
  const isForeign = mine !== undefined && uid !== mine && uid !== 0;
  // The mode of a symbolic link says nothing.
  const isOpen = mine !== undefined && !isLink && (mode & 0o002) !== 0;
  if (!isForeign && !isOpen) return;
  const message = isForeign ? `belongs to user ${uid}, and this is user ${mine}` : 'can be changed by every user';
  const remedy = `It was only found in this folder. If it is yours: --config ${HERE}`;
  throw new ConfigError([{ path: resolve(HERE), message, remedy }]);
}

function statOf(file: string): Stats | undefined {
  try {
    return statSync(file);
  } catch {
    return undefined;
  }
}
