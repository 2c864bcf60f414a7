// What a configuration is refused for.
import { ConfigError } from '../../src/config/fault.js';

/** The faults of the ConfigError that `run` throws; none if it throws nothing. Throws any other error on. */
export function faultsOf(run: () => unknown) {
  try {
    run();
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}
