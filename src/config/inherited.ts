// Listeners on sockets that systemd has passed: they take the place of the addresses that are configured.
import { type InheritedSocket, inheritedText, schemeOf } from '../server/inherited-sockets.js';
import type { PlacedApp } from './app-conflicts.js';
import type { Checks } from './checks.js';
import type { AppListen } from './config.js';
import { isTree } from './sources.js';

/** Below one key. `owner`: the app's name, for listeners that one app has for itself. */
export interface Section {
  readonly key: string;
  readonly owner: string | undefined;
}

/** The sockets that are for the listeners of one section. Those of another kind than their name says are faults. */
export function inheritedFor({ key, owner }: Section, checks: Checks): readonly InheritedSocket[] {
  const { inherited, settings } = checks.surroundings;
  return inherited.sockets.filter((socket) => {
    const scheme = schemeOf(socket);
    if (scheme === undefined || ownerOf(socket) !== owner) return false;
    // A client that connects to a socket file is taken for a program of this machine.
    if ((scheme === 'ldapi') !== (socket.at === undefined)) {
      const remedy = 'ldapi is for ListenStream= with a path, ldap and ldaps are for an address or a port.';
      checks.fault('LISTEN_FDNAMES', `has a socket that does not fit its name, ${inheritedText(socket)}`, remedy);
    }
    if (owner === undefined && isOff(isTree(settings.listen) ? settings.listen[scheme] : undefined)) {
      const remedy = `Disable the socket unit, or leave ${key}.${scheme} out.`;
      checks.fault(`${key}.${scheme}`, 'is false, and systemd passes a socket for it', remedy, inheritedText(socket));
    }
    return true;
  });
}

function ownerOf({ name }: InheritedSocket): string | undefined {
  const dot = name.lastIndexOf('.');
  return dot < 0 ? undefined : name.slice(0, dot);
}

function isOff(written: unknown): boolean {
  return written === false || written === 'false';
}

/** The address of the first one of a scheme, else the configured one. */
export function addressOr(
  configured: AppListen['ldap'],
  scheme: 'ldap' | 'ldaps',
  inherited: readonly InheritedSocket[],
): AppListen['ldap'] {
  return inherited.find((socket) => schemeOf(socket) === scheme)?.at ?? configured;
}

/** Each has to be for a listener: where nobody accepts, a client would wait for ever. */
export function checkAllUsed(placed: readonly PlacedApp[], checks: Checks): void {
  const { inherited } = checks.surroundings;
  checks.add(...inherited.faults);
  for (const { path, message, remedy } of inherited.warnings) checks.warn(path, message, remedy);
  const owners = placed.map(({ app }) => (app.listen === 'shared' ? undefined : app.name));
  for (const socket of inherited.sockets) {
    if (schemeOf(socket) !== undefined && owners.includes(ownerOf(socket))) continue;
    const names = [...new Set(owners.flatMap((owner) => namesOf(owner)))].join(', ');
    const remedy = `FileDescriptorName= in its unit must be the name of a listener: ${names}.`;
    checks.fault(
      'LISTEN_FDNAMES',
      `has a socket for a listener that is not configured, ${inheritedText(socket)}`,
      remedy,
    );
  }
}

function namesOf(owner: string | undefined): readonly string[] {
  return ['ldap', 'ldaps', 'ldapi'].map((scheme) => (owner === undefined ? scheme : `${owner}.${scheme}`));
}
