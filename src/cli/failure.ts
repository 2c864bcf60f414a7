// How a command ends: its exit code, and its complaint on stderr.
import { ConfigError } from '../config/fault.js';
import type { CliIo } from './io.js';

/** Exit codes: done; failed; wrong usage or configuration. */
export const OK = 0;
export const FAILED = 1;
export const USAGE = 2;

/** Invalid arguments; the message names them and says what is valid. */
export class UsageError extends Error {}

/** Runs a command to its exit code. What it throws becomes a complaint, and an exit code that tells usage and configuration from the rest. */
export async function guarded(run: () => Promise<number>, io: CliIo): Promise<number> {
  try {
    return await run();
  } catch (error) {
    io.stderr.write(`jumpgate: ${error instanceof Error ? error.message : String(error)}\n`);
    if (error instanceof UsageError) io.stderr.write('See jumpgate --help.\n');
    return error instanceof UsageError || error instanceof ConfigError ? USAGE : FAILED;
  }
}
