// Why a start failed, in words that name the key and the remedy.
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Config } from '../config/config.js';
import { listenersOf } from '../config/listeners.js';

type ListenError = NodeJS.ErrnoException & {
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;
};

/** `config`: whose listeners were being opened; `choice`: how to choose other ports, where no key does. */
export function startFault(error: unknown, config: Config, choice?: string): string {
  if (!(error instanceof Error)) return String(error);
  const { code, address = '', port, syscall, hostname } = error as ListenError;
  if (syscall === 'getaddrinfo')
    return `cannot listen on ${hostname ?? '?'}: no such name is known (${code}). Write an address of this machine (${keyOf(config, hostname ?? '', undefined)})`;
  if (syscall !== 'listen' && syscall !== 'bind' && port === undefined) return `cannot start: ${error.message}`;
  const socket = listenersOf(config).find(({ listen }) => address !== '' && listen.ldapi.path === address);
  if (socket !== undefined) return socketFault(code, address, `(${socket.key}.ldapi.path)`);
  const key = keyOf(config, address, port);
  const where = `${address.includes(':') ? `[${address}]` : address}:${port ?? ''}`;
  const other = choice ?? `choose another port (${key})`;
  switch (code) {
    case 'EADDRINUSE':
      return `cannot listen on ${where}: the address is in use. Stop what listens there (ss -ltnp 'sport = :${port}'), or ${other}`;
    case 'EACCES':
      return `cannot listen on ${where}: not permitted. Ports below 1024 need privileges; ${choice ?? `choose a higher one (${key})`}`;
    case 'EADDRNOTAVAIL':
      return `cannot listen on ${where}: this machine has no such address (${key})`;
    default:
      return `cannot listen on ${where}: ${error.message} (${key})`;
  }
}

function socketFault(code: string | undefined, path: string, key: string): string {
  const cannot = `cannot make the socket file ${path}`;
  // The system says EACCES for either.
  switch (existsSync(dirname(path)) ? code : 'ENOENT') {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return `${cannot}: user ${process.geteuid?.() ?? '?'} may not write to ${dirname(path)}. Change that, or choose another folder ${key}`;
    case 'ENOENT':
    case 'ENOTDIR':
      return `${cannot}: there is no folder ${dirname(path)}. Make it, or choose another ${key}`;
    case 'EADDRINUSE':
      return `${cannot}: somebody listens on it. Stop that, or choose another ${key}`;
    default:
      return `${cannot}: ${code ?? 'unknown'} ${key}`;
  }
}

/** Of the listener with this address, by the app's name where it is an app's own; all of them where none has it. */
function keyOf(config: Config, address: string, port: number | undefined): string {
  const listeners = [
    ...listenersOf(config).flatMap(({ key, listen }) => [
      { key: `${key}.ldap`, at: listen.ldap },
      { key: `${key}.ldaps`, at: listen.ldaps },
    ]),
    { key: 'ops.http', at: config.ops.http },
  ];
  const own = listeners.filter(({ at }) => at?.port === port || (port === undefined && at?.host === address));
  const exact = own.filter(({ at }) => at?.host === address);
  const found = exact.length > 0 ? exact : own;
  return (found.length > 0 ? found : listeners).map(({ key }) => key).join(', ');
}
