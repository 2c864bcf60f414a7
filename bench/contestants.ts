// Who is compared: Jumpgate with several settings, OpenLDAP's proxies and load balancer, and the floor: the least that Node.js needs. Each is tried before it is measured.
import type { ChildProcess } from 'node:child_process';
import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../test/support/ports.js';
import { bindAnswer, bound, Entries } from './answers.js';
import { askBind, Client } from './client.js';
import { configureLloadd, launchLloadd } from './lloadd.js';
import { localDN, MEMBERS, passwordOf, uidOf, upstreamDN } from './people.js';
import { end, launchOwn, until } from './processes.js';
import { launchProduct, logFile, type ProductSettings } from './product.js';
import { bindAs, memberSearches, type Request, serviceBind } from './requests.js';
import { configurePeer, launchPeer, type PeerKind } from './slapd.js';
import type { StorePlace } from './store.js';
import { type Decided, fleetOf } from './togetherness.js';

/**
 * `jumpgate` caches verdicts, as it does by default; `jumpgate-forwarding` sends every bind upstream; `jumpgate-silent` does so too and
 * logs errors only. `-fleet` and `-fleet-remembering`: as `-silent` and `jumpgate`, with a store that other instances could share.
 */
export const PRODUCTS = [
  'jumpgate',
  'jumpgate-forwarding',
  'jumpgate-silent',
  'jumpgate-fleet',
  'jumpgate-fleet-remembering',
] as const;
const SERVERS = ['back-ldap', 'back-ldap-logging', 'pcache'] as const satisfies readonly PeerKind[];
/** `lloadd`: OpenLDAP's balancer (lloadd.ts). `floor`: forwards binds and does nothing else (floor.ts). */
export const PEERS = [...SERVERS, 'lloadd', 'floor'] as const;
export type ContestantName = (typeof PRODUCTS)[number] | (typeof PEERS)[number];

/** The rival of a contestant: one that logs every operation is compared with the peer that does so too. With its cache, Jumpgate must beat the silent peer. */
export function rivalOf(name: ContestantName): ContestantName {
  switch (name) {
    case 'jumpgate-forwarding':
      return 'back-ldap-logging';
    // The cost of the store: compared with Jumpgate without one.
    case 'jumpgate-fleet':
      return 'jumpgate-silent';
    case 'jumpgate-fleet-remembering':
      return 'jumpgate';
    default:
      return 'back-ldap';
  }
}

/** Whether it maps names. If it does not, clients send the upstream's names. */
export const mapsNames = (name: ContestantName) => name !== 'lloadd';
/** Whether it answers searches. */
const findsEntries = (name: ContestantName) => name !== 'lloadd' && name !== 'floor';

export interface Surroundings {
  readonly folder: string;
  readonly upstreamPort: number;
  readonly caFile: string;
  readonly bindConnections: number | undefined;
  readonly profile: string | undefined;
  readonly allocations?: string | undefined;
  /** The program lloadd, where there is one. */
  readonly lloadd?: string | undefined;
  /** The store of those with a fleet. */
  readonly store?: StorePlace | undefined;
  /** The number of Jumpgate processes side by side, each on a port of its own. */
  readonly processes: number;
}

export interface Contestant {
  readonly name: ContestantName;
  /** One per process. */
  readonly ports: readonly number[];
  readonly pids: readonly number[];
  /** Milliseconds from its start to the first successful bind that went upstream. */
  readonly startTime: number;
  /** With a fleet: how its passwords were decided since its start. */
  decided(): Promise<Decided | undefined>;
  /** Empties its log, which would otherwise grow with every bind of the benchmark. */
  tidy(): void;
  stop(): Promise<void>;
}

/** Milliseconds within which a contestant must be ready. */
const PATIENCE = 30_000;
const nameFor = (name: ContestantName) => (mapsNames(name) ? localDN : upstreamDN)(uidOf(1));
const outsider = bindAs(localDN(uidOf(MEMBERS + 1)), passwordOf(MEMBERS + 1));

const isServer = (name: ContestantName): name is PeerKind => SERVERS.some((server) => server === name);
const isProduct = (name: ContestantName) => PRODUCTS.some((product) => product === name);

/** Starts one and resolves when all its processes serve. Throws an Error if it accepts a bind that it should refuse. */
export async function startContestant(name: ContestantName, around: Surroundings): Promise<Contestant> {
  const started: Started[] = [];
  for (let i = 0; i < (isProduct(name) ? around.processes : 1); i++) started.push(await startProcess(name, i, around));
  return {
    name,
    ports: started.map(({ port }) => port),
    pids: started.map(({ child }) => child.pid ?? 0),
    startTime: started[0]!.startTime,
    decided: async () => {
      const all = await Promise.all(
        started.flatMap(({ opsPort }) => (opsPort === undefined ? [] : [fleetOf(opsPort)])),
      );
      const sum = (by: keyof Decided) => all.reduce((before, one) => before + one[by], 0);
      return all.length === 0 ? undefined : { store: sum('store'), local: sum('local') };
    },
    tidy: () => {
      for (const { log } of started) if (log !== undefined) truncateSync(log);
    },
    stop: async () => {
      await Promise.all(started.map(({ child }) => end(child)));
    },
  };
}

interface Started {
  readonly port: number;
  readonly child: ChildProcess;
  readonly startTime: number;
  readonly log: string | undefined;
  /** Of one with a fleet. */
  readonly opsPort: number | undefined;
}

async function startProcess(name: ContestantName, index: number, around: Surroundings): Promise<Started> {
  const port = await freePort();
  const { launch, log, opsPort } = await prepare(name, index, port, around);
  const launchedAt = performance.now();
  const child = launch();
  const member = bindAs(nameFor(name), passwordOf(1));
  const letsIn = async () => (await askBind(port, member, bindAnswer)) === 0;
  await until(name, child, letsIn, 'does not answer a right bind with success', PATIENCE);
  const startTime = performance.now() - launchedAt;
  if (findsEntries(name))
    await until(name, child, () => findsMember(port), 'does not answer a search with its entry', PATIENCE);
  await expectRefusal(name, port, bindAs(nameFor(name), 'not the password'), 'a wrong password');
  if (isProduct(name)) await expectRefusal(name, port, outsider, 'somebody outside the group');
  if (opsPort !== undefined)
    await until(name, child, async () => (await fleetOf(opsPort)).together, 'does not decide with its store', PATIENCE);
  return { port, child, startTime, log, opsPort };
}

interface Prepared {
  readonly launch: () => ChildProcess;
  /** The file that grows with every operation, if one does. */
  readonly log: string | undefined;
  readonly opsPort?: number | undefined;
}

/** Writes its configuration beforehand, so that only its start is timed. */
async function prepare(name: ContestantName, index: number, port: number, around: Surroundings): Promise<Prepared> {
  const { folder, upstreamPort, caFile } = around;
  if (name === 'floor')
    return { launch: () => launchOwn('floor.ts', [port, upstreamPort, caFile].map(String)), log: undefined };
  if (name === 'lloadd') {
    const file = configureLloadd(folder, upstreamPort, caFile, around.bindConnections);
    return { launch: () => launchLloadd(around.lloadd ?? name, file, port), log: undefined };
  }
  if (isServer(name)) {
    const file = configurePeer(name, folder, upstreamPort, caFile);
    const log = name === 'back-ldap-logging' ? join(folder, `${name}-${upstreamPort}.log`) : undefined;
    return { launch: () => launchPeer(file, port, log), log };
  }
  const behaviour = {
    caches: name === 'jumpgate' || name === 'jumpgate-fleet-remembering',
    logs: name !== 'jumpgate-silent' && name !== 'jumpgate-fleet',
  };
  const store = name.startsWith('jumpgate-fleet') ? around.store : undefined;
  const opsPort = store && (await freePort());
  const settings: ProductSettings = { ...around, ...behaviour, store, name: `${name}-${index}`, port, opsPort };
  return { launch: () => launchProduct(settings), log: logFile(settings), opsPort };
}

/** Jumpgate answers binds before it has read the directory, but searches only after. */
function findsMember(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const isFound = (client: Client) => {
      client.close();
      resolve(true);
    };
    Client.open(
      port,
      (client) => {
        const find = () => client.send(memberSearches[0]!, new Entries().one(1), () => isFound(client));
        client.send(serviceBind, bound, find);
      },
      () => resolve(false),
    );
  });
}

async function expectRefusal(name: string, port: number, request: Request, who: string): Promise<void> {
  const code = await askBind(port, request, bindAnswer);
  if (code !== 49) throw new Error(`${name} answers ${who} with ${code ?? 'nothing'} in place of 49`);
}
