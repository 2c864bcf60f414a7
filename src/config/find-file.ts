// Which file holds the configuration: the one that is named, else the one that is in a usual place.
import { lstatSync, type Stats, statSync } from 'node:fs';
import { resolve } from 'node:path';
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
 * `given` (--config), else JUMPGATE_CONFIG, else jumpgate.yaml in the working folder, else the system's. A file that nobody has named is
 * taken only from its owner's hands: throws ConfigError for one in the working folder that another user wrote, or may write.
 */
export function findConfigFile(given: string | undefined, env: NodeJS.ProcessEnv): FoundFile {
  const named = given ?? variableText('JUMPGATE_CONFIG', env.JUMPGATE_CONFIG).text;
  if (named !== '') return { file: named, source: named };
  const here = statOf(HERE);
  if (here?.isFile()) {
    refuseForeign(here);
    // Whoever owns a symbolic link decides what is read.
    refuseForeign(lstatSync(HERE));
    return { file: HERE, source: resolve(HERE) };
  }
  if (statOf(ELSEWHERE)?.isFile()) return { file: ELSEWHERE, source: ELSEWHERE };
  const source = `no file: --config and JUMPGATE_CONFIG name none, and there is neither ${resolve(HERE)} nor ${ELSEWHERE}`;
  return { file: undefined, source };
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
  const remedy = `Nobody has named this file. If it is yours: --config ${HERE}`;
  throw new ConfigError([{ path: resolve(HERE), message, remedy }]);
}

function statOf(file: string): Stats | undefined {
  try {
    return statSync(file);
  } catch {
    return undefined;
  }
}
