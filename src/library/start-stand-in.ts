// Starts the embedded JumpCloud for the tests of other programs, or says what to install for it.
import { DEMO_PACKAGES, isMissingPackage } from '../demo/packages.js';
import type { StandIn } from '../demo/stand-in.js';
import type { UpstreamConfig } from './jumpgate-config.js';
import type {
  AccountState,
  JumpCloudStandIn,
  Received,
  StandInFault,
  StandInOptions,
  StandInPerson,
} from './stand-in.js';
import { groupsOf, personOf } from './stand-in-people.js';

/**
 * Starts a stand-in for JumpCloud on loopback. It needs packages that Jumpgate does not bring; the error names the command that installs them.
 *
 * @throws an Error if those packages are missing, two people have one name, or the port is taken
 *
 * @example
 * ```ts
 * const jumpcloud = await startStandIn({ people: [{ uid: 'ada.lovelace', password: 'engine-1843', groups: ['wayk-users'] }] });
 * jumpcloud.setState('ada.lovelace', { locked: true });
 * await jumpcloud.stop();
 * ```
 */
export async function startStandIn(options: StandInOptions = {}): Promise<JumpCloudStandIn> {
  const { StandIn } = await load();
  const { people, port = 0, latency = 0, pushDelay = 2000, lockoutThreshold = 0, api = false } = options;
  const server = await StandIn.start({
    ...{ port, latency, pushDelay, lockoutThreshold, console: api },
    ...(people === undefined ? {} : { people: people.map(personOf), groups: groupsOf(people) }),
  });
  return new StandInFacade(server);
}

async function load(): Promise<typeof import('../demo/stand-in.js')> {
  try {
    return await import('../demo/stand-in.js');
  } catch (error) {
    if (!isMissingPackage(error)) throw error;
    const command = `npm install --save-dev ${DEMO_PACKAGES.join(' ')}`;
    throw new Error(`the stand-in needs packages that do not come with Jumpgate. Run: ${command}`, { cause: error });
  }
}

class StandInFacade implements JumpCloudStandIn {
  constructor(private readonly server: StandIn) {}

  get url(): string {
    return this.server.url;
  }

  get ca(): string {
    return this.server.caPem;
  }

  get orgId(): string {
    return this.server.orgId;
  }

  get baseDN(): string {
    return this.server.baseDN;
  }

  get usersDN(): string {
    return this.server.usersDN;
  }

  get reader(): { readonly dn: string; readonly password: string } {
    return this.server.reader;
  }

  get upstream(): UpstreamConfig {
    const { url, orgId, reader, api } = this.server;
    const asked = api && {
      api: { clientId: api.access.clientId, clientSecret: api.access.clientSecret, urls: api.urls },
    };
    return { urls: [url], orgId, reader, ...asked };
  }

  get received(): Received {
    return { ...this.server.counters, bindNames: [...this.server.bindNames] };
  }

  get latency(): number {
    return this.server.latency;
  }

  set latency(milliseconds: number) {
    this.server.latency = milliseconds;
  }

  get fault(): StandInFault {
    return this.server.fault;
  }

  set fault(fault: StandInFault) {
    this.server.fault = fault;
  }

  dn(uid: string): string {
    return this.server.dnOf(uid);
  }

  addPerson(person: StandInPerson): void {
    this.server.addPerson(personOf(person, this.server.people.length));
    for (const group of person.groups ?? []) this.addToGroup(group, person.uid);
  }

  removePerson(uid: string): void {
    this.server.removePerson(uid);
  }

  setState(uid: string, state: AccountState): void {
    this.server.setState(uid, state);
  }

  setPassword(uid: string, password: string): void {
    this.server.setPassword(uid, password, true);
  }

  addToGroup(group: string, uid: string): void {
    if (!this.server.groups.some(({ name }) => name === group)) this.server.addGroup({ name: group, members: [] });
    this.server.addToGroup(group, uid);
  }

  removeFromGroup(group: string, uid: string): void {
    this.server.removeFromGroup(group, uid);
  }

  dropConnections(): void {
    this.server.dropConnections();
  }

  stop(): Promise<void> {
    return this.server.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
