// The token of the ops port, for commands that ask a running instance.
import { readFileSync } from 'node:fs';
import { readEnvironment, readYaml, type Tree } from '../config/sources.js';
import type { CliIo } from './io.js';

/** From --token-file, else from environment and file as `ops.token` comes; undefined if none is set. Throws an Error for an unreadable file. */
export function opsToken(tokenFile: string | undefined, file: string | undefined, io: CliIo): string | undefined {
  if (tokenFile !== undefined) return readToken(tokenFile);
  const name = file ?? io.env.JUMPGATE_CONFIG;
  const written = name === undefined || name === '' ? {} : readYaml(name);
  for (const tree of [readEnvironment(io.env, []), written]) {
    const { token, tokenFile: inFile } = (tree.ops ?? {}) as Tree;
    if (typeof token === 'string') return token;
    if (typeof inFile === 'string') return readToken(inFile);
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
