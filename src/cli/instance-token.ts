// The token that a running instance has made for itself: it names the file, and this user may read it or not.
import { readTokenFile } from '../ops/http/token-file.js';
import { ask } from './ask.js';

/** The instance has a token, and this user cannot read it. */
export class TokenError extends Error {}

/**
 * What has to be shown at the ops port to act there: `configured` if there is one, else the instance's own; undefined if it wants none, or
 * one that it does not name. Throws TokenError, and an Error if nothing answers.
 */
export async function instanceToken(url: string, configured: string | undefined): Promise<string | undefined> {
  if (configured !== undefined) return configured;
  // Nothing that matters is sent as long as there is no token.
  const { status, body } = await ask(`${url.replace(/\/$/, '')}/purge`, 'POST');
  const path = status === 401 ? tokenFileIn(body) : undefined;
  if (path === undefined) return undefined;
  try {
    return readTokenFile(path, Number(new URL(url).port || 80));
  } catch (error) {
    const remedy = 'Run this as the user of the instance or as root, or set ops.tokenFile';
    throw new TokenError(`its token cannot be read: ${(error as Error).message}. ${remedy}`);
  }
}

function tokenFileIn(body: string): string | undefined {
  try {
    const { tokenFile } = JSON.parse(body) as { tokenFile?: unknown };
    return typeof tokenFile === 'string' ? tokenFile : undefined;
  } catch {
    return undefined;
  }
}
