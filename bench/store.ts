// The store of a fleet: a real Redis or Valkey on loopback with its default settings, without persistence.
import type { ChildProcess } from 'node:child_process';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort } from '../test/support/ports.js';
import { launch, until } from './processes.js';

/** Milliseconds within which it must answer. */
const PATIENCE = 5000;
export const STORE_PROGRAM = process.env.JUMPGATE_TEST_STORE ?? 'redis-server';

/** Whether the program is installed. */
export function hasStore(program = STORE_PROGRAM): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
}

/** What a contestant needs to use it. */
export interface StorePlace {
  readonly url: string;
  readonly keyFile: string;
}

/** Starts an empty one; resolves when it accepts connections. It ends with the benchmark. */
export async function startStore(folder: string): Promise<StorePlace & { readonly child: ChildProcess }> {
  const port = await freePort();
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder];
  const child = launch(STORE_PROGRAM, options);
  await until(STORE_PROGRAM, child, () => takesConnections(port), 'does not accept connections', PATIENCE);
  const keyFile = join(folder, 'fleet.key');
  writeFileSync(keyFile, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
  return { url: `redis://127.0.0.1:${port}`, keyFile, child };
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
