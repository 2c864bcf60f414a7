// `jumpgate hash`: from a password on standard input to the hash for local.serviceAccounts.
import { hashPassword } from '../config/password-hash.js';
import { OK, USAGE } from './failure.js';
import type { CliIo } from './io.js';
import { readPassword } from './password.js';

/** `jumpgate hash`. Resolves with the exit code: 0, or 2 without a password on standard input. */
export async function hash(io: CliIo): Promise<number> {
  const password = await readPassword(io);
  if (password.length === 0) {
    io.stderr.write('jumpgate: no password came on standard input. Try: echo -n "$PASSWORD" | jumpgate hash\n');
    return USAGE;
  }
  io.stdout.write(`${await hashPassword(password)}\n`);
  return OK;
}
