// Where a running instance's ops port is and what it asks for, by file and environment alone: to ask must not need the secrets that a
// whole configuration does, nor the time that it takes to read one.
import { readFileSync } from 'node:fs';
import type { Tree } from '../config/sources.js';
import type { CliIo } from './io.js';

/** The keys below `ops`, the environment's before the file's. */
async function opsSettings(file: string | undefined, { env }: CliIo): Promise<Tree[]> {
  const fromEnvironment = {
    http: env.JUMPGATE_OPS_HTTP,
    token: env.JUMPGATE_OPS_TOKEN,
    tokenFile: env.JUMPGATE_OPS_TOKEN_FILE,
  };
  const name = file ?? env.JUMPGATE_CONFIG;
  if (name === undefined || name === '') return [fromEnvironment];
  const { readYaml } = await import('../config/sources.js');
  return [fromEnvironment, (readYaml(name).ops ?? {}) as Tree];
}

/** The ops port's URL. Throws ConfigError for a file that cannot be read. */
export async function opsUrl(file: string | undefined, io: CliIo): Promise<string> {
  const settings = await opsSettings(file, io);
  const address = settings.map(({ http }) => http).find((http) => http !== undefined) ?? '127.0.0.1:9389';
  return `http://${String(address)}`;
}

/** The ops port's token: from --token-file, else as it is configured; undefined if none is set. Throws an Error for an unreadable file. */
export async function opsToken(
  tokenFile: string | undefined,
  file: string | undefined,
  io: CliIo,
): Promise<string | undefined> {
  if (tokenFile !== undefined) return readToken(tokenFile);
  for (const { token, tokenFile: configured } of await opsSettings(file, io)) {
    if (typeof token === 'string') return token;
    if (typeof configured === 'string') return readToken(configured);
  }
  return undefined;
}

function readToken(file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new Error(`the token cannot be read: ${(error as Error).message}`);
  }
}
