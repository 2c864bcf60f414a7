// The token of an instance whose configuration has none: made at the start, in a file that its user and root alone can read.
import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

export interface TokenFile {
  readonly path: string;
  /** The token's bytes, as they are in the file. */
  readonly token: Buffer;
  /** Writes the file again if something has removed it, as programs do that clear folders for temporary files. */
  restore(): void;
  /** The file is also removed automatically when the process ends. */
  remove(): void;
}

const OCTETS = 32;
/** That many bytes in base64url. */
const TOKEN = /^[A-Za-z0-9_-]{43}$/;
const LENGTH = 43;

/**
 * Where the file may be, the best first: the service's or the user's own folder, then those that every process may write to. The last is
 * there in containers whose file system is read-only.
 */
export function tokenFolders({ RUNTIME_DIRECTORY = '', XDG_RUNTIME_DIR = '' }: NodeJS.ProcessEnv = {}): string[] {
  // systemd lists several with colons.
  const own = [RUNTIME_DIRECTORY.split(':')[0]!, XDG_RUNTIME_DIR];
  return [...own, tmpdir(), '/dev/shm'].filter((folder) => folder !== '');
}

/** A new token for the ops port `port`, in the first folder that takes it. Throws the last folder's Error if none does. */
export function writeTokenFile(port: number, folders: readonly string[]): TokenFile {
  const token = Buffer.from(randomBytes(OCTETS).toString('base64url'));
  const name = `jumpgate-ops-${port}-${randomBytes(4).toString('hex')}.token`;
  let failure = new Error('no folder was given');
  for (const folder of folders) {
    const path = join(folder, name);
    try {
      writeToken(path, token);
      return kept(path, token);
    } catch (error) {
      failure = error as Error;
    }
  }
  throw failure;
}

/** Nobody can have put a file or a link there before: 'wx' is O_CREAT and O_EXCL. */
function writeToken(path: string, token: Buffer): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeSync(file, token);
  } finally {
    closeSync(file);
  }
}

function kept(path: string, token: Buffer): TokenFile {
  let isRemoved = false;
  const restore = () => {
    if (isRemoved) return;
    try {
      writeToken(path, token);
    } catch {
      // It is there, as nearly always; or it cannot be written, and then the command line says that it cannot be read.
    }
  };
  const remove = () => {
    isRemoved = true;
    process.removeListener('exit', remove);
    try {
      unlinkSync(path);
    } catch {
      // Somebody was faster.
    }
  };
  process.once('exit', remove);
  return { path, token, restore, remove };
}

/**
 * The token in a file that the ops port `port` has named. Any program that listens there may name any file, so a file is not read if it is
 * not such a token, is a link, or is open to others. Throws an Error that says why not.
 */
export function readTokenFile(path: string, port: number): string {
  if (!new RegExp(`^jumpgate-ops-${port}-[0-9a-f]{8}\\.token$`).test(basename(path)))
    throw new Error(`${path} is not the token file of port ${port}`);
  const file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  try {
    const stat = fstatSync(file);
    if (!stat.isFile() || stat.size !== LENGTH) throw new Error(`${path} holds no token`);
    if (process.platform !== 'win32' && (stat.mode & 0o077) !== 0) throw new Error(`${path} is open to others`);
    const token = readFileSync(file, 'latin1');
    if (!TOKEN.test(token)) throw new Error(`${path} holds no token`);
    return token;
  } finally {
    closeSync(file);
  }
}
