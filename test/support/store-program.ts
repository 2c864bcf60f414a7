// The store of a fleet as a program: redis-server, or valkey-server where JUMPGATE_TEST_STORE names it. Tests and the benchmark start it alike.
import { spawnSync } from 'node:child_process';

export const STORE_PROGRAM = process.env.JUMPGATE_TEST_STORE ?? 'redis-server';

/** Whether the program is there. */
export function hasStore(program = STORE_PROGRAM): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
}

/** Its arguments: on loopback, with nothing in it and nothing kept. `portOption`: `--tls-port` for TLS alone. */
export function storeArguments(port: number, folder: string, portOption = '--port'): string[] {
  const plain = portOption === '--port' ? [] : ['--port', '0'];
  return [...plain, portOption, String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder];
}
