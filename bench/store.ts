// The store of a fleet: a real Redis or Valkey on loopback with its default settings, without persistence.
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort } from '../test/support/ports.js';
import { STORE_PROGRAM, storeArguments } from '../test/support/store-program.js';
import { launch, until } from './processes.js';

/** Milliseconds within which it must answer. */
const PATIENCE = 5000;

/** What a contestant needs to use it. */
export interface StorePlace {
  readonly url: string;
  readonly keyFile: string;
}

/** Starts an empty one; resolves when it accepts connections. It ends with the benchmark. */
export async function startStore(folder: string): Promise<StorePlace & { readonly child: ChildProcess }> {
  const port = await freePort();
  const child = launch(STORE_PROGRAM, storeArguments(port, folder));
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
