// Sockets that systemd listens on and hands to this process (socket activation, sd_listen_fds(3)): they outlive a restart, and so do the
// connections that wait there.
import { fstatSync } from 'node:fs';
import { Socket } from 'node:net';

/** What a socket may be for; in its name, behind the name of an app where that one has listeners of its own: `ldaps`, `wiki.ldap`. */
export const SCHEMES = ['ldap', 'ldaps', 'ldapi'] as const;
export type Scheme = (typeof SCHEMES)[number];

export interface InheritedSocket {
  /** FileDescriptorName= of its unit. Several sockets of one unit have one name. */
  readonly name: string;
  readonly descriptor: number;
  /** Undefined: a socket file. */
  readonly at: { readonly host: string; readonly port: number } | undefined;
}

/** What is wrong with it, by the variable that says it. */
export interface InheritanceFault {
  readonly path: string;
  readonly message: string;
  readonly remedy: string;
  readonly value?: string;
}

export interface Inheritance {
  readonly sockets: readonly InheritedSocket[];
  readonly faults: readonly InheritanceFault[];
  /** What was passed to another process is none of ours, and mostly a mistake. */
  readonly warnings: readonly InheritanceFault[];
}

export const NO_INHERITANCE: Inheritance = { sockets: [], faults: [], warnings: [] };

const VARIABLES = ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES', 'LISTEN_PIDFDID'];
/** SD_LISTEN_FDS_START. */
const FIRST = 3;
/** Of one process: each app has three listeners, and each of those may have some addresses. */
const MOST = 1024;
const NUMBER = /^[0-9]{1,9}$/;

const NAMING =
  'Set FileDescriptorName= in each socket unit: ldap, ldaps, ldapi, or those behind the name of an app, as in wiki.ldaps.';

/**
 * The sockets that were passed to the process `pid`, with their names and addresses. Removes the variables from `env`: what is started from
 * here inherits nothing. Nothing is accepted before somebody listens on the descriptors.
 */
export function takeInheritance(env: NodeJS.ProcessEnv, pid = process.pid): Inheritance {
  const [toWhom = '', count = '', names] = VARIABLES.map((name) => env[name]);
  for (const name of VARIABLES) delete env[name];
  if (count === '' || toWhom === '') return NO_INHERITANCE;
  const fault = (path: string, message: string, remedy: string, value: string) => ({
    ...NO_INHERITANCE,
    faults: [{ path, message, remedy, value }],
  });
  const unset = 'systemd sets it. Unset it if no socket is passed.';
  if (!NUMBER.test(toWhom)) return fault('LISTEN_PID', 'is not the number of a process', unset, toWhom);
  if (Number(toWhom) !== pid) return { ...NO_INHERITANCE, warnings: [passedToAnother(toWhom, pid)] };
  if (!NUMBER.test(count) || Number(count) > MOST)
    return fault('LISTEN_FDS', `is not a number of descriptors from 0 to ${MOST}`, unset, count);
  if (Number(count) === 0) return NO_INHERITANCE;
  const listed = names?.split(':') ?? [];
  if (names === undefined) {
    const message = 'is missing, so it is unknown what each socket is for';
    return { ...NO_INHERITANCE, faults: [{ path: 'LISTEN_FDNAMES', message, remedy: NAMING }] };
  }
  if (listed.length !== Number(count))
    return fault('LISTEN_FDNAMES', `names ${listed.length} descriptors, and LISTEN_FDS says ${count}`, NAMING, names);
  return taken(listed);
}

function passedToAnother(toWhom: string, pid: number): InheritanceFault {
  const message = `names another process (${pid}), so this one does not use the sockets`;
  return { path: 'LISTEN_PID', message, remedy: 'If a shell starts Jumpgate, use exec.', value: toWhom };
}

function taken(names: readonly string[]): Inheritance {
  const sockets: InheritedSocket[] = [];
  const faults: InheritanceFault[] = [];
  for (const [i, name] of names.entries()) {
    const descriptor = FIRST + i;
    const at = addressOf(descriptor);
    if (typeof at === 'string') faults.push(notListening(name, descriptor, at));
    else sockets.push({ name, descriptor, at });
  }
  return { sockets, faults, warnings: [] };
}

function notListening(name: string, descriptor: number, what: string): InheritanceFault {
  const remedy = 'Write ListenStream= and no Accept=yes into the socket unit.';
  return { path: 'LISTEN_FDS', message: `descriptor ${descriptor} (${name}) is ${what}`, remedy };
}

/**
 * Where it listens; undefined for a socket file; or what else it is. The probe is never closed, because that would close the descriptor: it and
 * the server that listens later are two handles of one descriptor, and this one does nothing. (Node tells an address by a handle alone.)
 */
function addressOf(descriptor: number): InheritedSocket['at'] | string {
  let probe: Socket;
  try {
    if (!fstatSync(descriptor).isSocket()) return 'not a socket';
    probe = new Socket({ fd: descriptor, readable: false, writable: false });
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EBADF' ? 'not open' : 'no stream socket';
  }
  if (probe.remoteAddress !== undefined) return 'a connection';
  const address = probe.address();
  return 'port' in address ? { host: address.address, port: address.port } : undefined;
}

/** The last part of its name; undefined for any other. */
export function schemeOf({ name }: InheritedSocket): Scheme | undefined {
  return SCHEMES.find((scheme) => scheme === name.slice(name.lastIndexOf('.') + 1));
}

/** As log and `check` have it. */
export function inheritedText({ name, descriptor, at }: InheritedSocket): string {
  if (at === undefined) return `${name}: a socket file (descriptor ${descriptor})`;
  const host = at.host.includes(':') ? `[${at.host}]` : at.host;
  return `${name}: ${host}:${at.port} (descriptor ${descriptor})`;
}
