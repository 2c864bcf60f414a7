// How a server comes to listen: at an address, on a socket file, or on a socket that was inherited.
import { lstatSync, unlinkSync } from 'node:fs';
import { type AddressInfo, connect, type Server } from 'node:net';
import { type InheritedSocket, inheritedText } from './inherited-sockets.js';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface SocketFile {
  readonly path: string;
  /** Of the file: who may connect. */
  readonly mode: number;
}

const BACKLOG = 4096;

/** Port 0 takes a free one. Rejects with the system's error (e.g. EADDRINUSE), as all of these do. */
export async function listenAt({ host, port }: Endpoint, server: Server): Promise<AddressInfo> {
  await listening(server, () => server.listen({ host, port, backlog: BACKLOG }));
  return server.address() as AddressInfo;
}

/**
 * The socket file has its mode from its first moment on. A socket that nobody listens to any more is taken over. Rejects with an Error also for a
 * path that is taken by anything else, which is left as it is.
 */
export async function listenOnFile({ path, mode }: SocketFile, server: Server): Promise<void> {
  await removeStale(path);
  await listening(server, () => {
    const before = process.umask(0o777 & ~mode);
    try {
      server.listen({ path, backlog: BACKLOG });
    } finally {
      process.umask(before);
    }
  });
}

/** Somebody else has opened the socket and keeps it: what waits there outlives this process. Undefined: a socket file. */
export async function listenOnInherited(socket: InheritedSocket, server: Server): Promise<AddressInfo | undefined> {
  try {
    await listening(server, () => server.listen({ fd: socket.descriptor, backlog: BACKLOG }));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`nothing can be accepted on the inherited socket ${inheritedText(socket)}: ${code}`);
  }
  return (server.address() as AddressInfo | null) ?? undefined;
}

function listening(server: Server, listen: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => {
      server.removeListener('error', reject);
      resolve();
    });
    listen();
  });
}

/** Removes a socket file that a dead process left behind; one that answers stays, and listening on it then fails. */
async function removeStale(path: string): Promise<void> {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined) return;
  if (!there.isSocket())
    throw new Error(`listen.ldapi.path: ${path} exists and is not a socket. Remove it, or choose another path`);
  const isStale = await new Promise<boolean>((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
  if (isStale) unlinkSync(path);
}
