// The files that a configuration names: why one cannot be read, whose business its content is, and what of its name may be shown.
import { type Stats, statSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import { MOST, PATIENCE, readBounded } from './bounded-read.js';
import type { ConfigFault } from './fault.js';

type Told = Pick<ConfigFault, 'message' | 'remedy'>;

/** Others may not read it, nor the group change it. */
const LOOSE = 0o027;

/**
 * The bytes of a file, or why there are none. The text does not show the name, which may be a secret in the wrong place. `patience`: how many
 * milliseconds to wait for a pipe.
 */
export function readNamedFile(file: string, patience = PATIENCE): Buffer | Told {
  try {
    return readBounded(file, patience);
  } catch (error) {
    return whyUnread(file, (error as NodeJS.ErrnoException).code ?? 'unknown');
  }
}

function whyUnread(file: string, code: string): Told {
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return { message: 'cannot be read: there is no such file', remedy: 'Give the path of a file.' };
    case 'EISDIR':
      return {
        message: 'cannot be read: it is a folder',
        remedy: 'Give the path of a file. Docker creates a folder if the file to mount does not exist.',
      };
    case 'EACCES':
    case 'EPERM':
    case 'ERR_ACCESS_DENIED': {
      const stat = statOf(file);
      const whose = stat === undefined ? '' : ` (it is ${stat.uid}:${stat.gid}, mode ${octal(stat)})`;
      return {
        message: `cannot be read: not permitted for user ${process.geteuid?.() ?? '?'}${whose}`,
        remedy: `chown it to that user.${otherUser(stat)} ${secretsOfPlatforms()}`,
      };
    }
    case 'EFBIG':
      return {
        message: `is larger than ${MOST / 1024 / 1024} MiB`,
        remedy: 'Give the path of the right file.',
      };
    case 'ETIMEDOUT':
      return {
        message: 'is a pipe that was empty or was not closed in time',
        remedy:
          'Write to it and close it, or give the path of a file. A pipe cannot be read a second time, as a reload does.',
      };
    default:
      return { message: `cannot be read: ${code}`, remedy: 'Give the path of a file that this user may read.' };
  }
}

/** For a file that a container has from its host: it keeps its owner there, also as a secret of Compose. Root's file takes no process as root. */
function otherUser(stat: Stats | undefined): string {
  if (stat === undefined || stat.uid === 0 || stat.uid === process.geteuid?.()) return '';
  return ` In a container: run it as the owner, --user ${stat.uid}:${stat.gid}, in Compose user: "${stat.uid}:${stat.gid}".`;
}

/** How a secret comes to be readable, and closed to others, where the platform writes the file: with the numbers of this process. */
function secretsOfPlatforms(): string {
  const [user, group] = [process.geteuid?.() ?? 65_532, process.getegid?.() ?? 65_532];
  return `From a Kubernetes secret: defaultMode: 0440 and securityContext.fsGroup: ${group}. From a Docker Swarm secret: uid: "${user}" and mode: 0400 in the long form.`;
}

/** Undefined if a file is closed to those whom it does not concern. Kubernetes' 0440 is: its group is the pod's own. */
export function looseness(file: string): Told | undefined {
  const stat = process.platform === 'win32' ? undefined : statOf(file);
  if (stat === undefined || (stat.mode & LOOSE) === 0) return undefined;
  return {
    message: `is open to others (mode ${octal(stat)})`,
    remedy: `chmod 640 ${file}, or 600. ${secretsOfPlatforms()}`,
  };
}

/**
 * Whether a value that should be the path of a secret's file may be shown: if it begins with a folder that is there, from `base` where it is
 * relative. Anything else may be the secret itself.
 */
export function looksLikePath(value: string, base: string): boolean {
  const [, folder] = /^([/\\]?[^/\\]+)[/\\]/.exec(value) ?? [];
  if (folder === undefined) return false;
  return statOf(/^[A-Za-z]:$/.test(folder) ? folder + sep : resolve(base, folder))?.isDirectory() ?? false;
}

function statOf(file: string): Stats | undefined {
  try {
    return statSync(file);
  } catch {
    return undefined;
  }
}

function octal({ mode }: Stats): string {
  return (mode & 0o777).toString(8).padStart(4, '0');
}
