// Who is compared: Jumpgate in two settings, and the proxies of OpenLDAP. Each is started as its user would start it, and tried first.
import type { ChildProcess } from 'node:child_process';
import { truncateSync } from 'node:fs';
import { freePort } from '../test/support/ports.js';
import { bindAnswer, bound, Entries } from './answers.js';
import { askBind, Client } from './client.js';
import { localDN, MEMBERS, passwordOf, uidOf } from './people.js';
import { end, until } from './processes.js';
import { launchProduct, logFile, type ProductSettings } from './product.js';
import { bindAs, memberSearches, serviceBind } from './requests.js';
import { configurePeer, launchPeer, type PeerKind } from './slapd.js';

/** `jumpgate` remembers verdicts, as it does by default; `jumpgate-forwarding` sends every bind upstream. */
export const PRODUCTS = ['jumpgate', 'jumpgate-forwarding'] as const;
export const PEERS = ['back-ldap', 'pcache'] as const satisfies readonly PeerKind[];
export type ContestantName = (typeof PRODUCTS)[number] | (typeof PEERS)[number];

export interface Surroundings {
  readonly folder: string;
  readonly upstreamPort: number;
  readonly caFile: string;
  readonly bindConnections: number | undefined;
  readonly profile: string | undefined;
  /** So many of Jumpgate side by side, each on a port of its own. */
  readonly processes: number;
}

export interface Contestant {
  readonly name: ContestantName;
  /** One for each process. */
  readonly ports: readonly number[];
  readonly pids: readonly number[];
  /** Milliseconds from its start until it had answered a right bind, through the upstream, with success. */
  readonly startTime: number;
  /** Empties its log, which would else grow with every bind of the benchmark. */
  tidy(): void;
  stop(): Promise<void>;
}

/** Milliseconds within which a contestant has to be ready. */
const PATIENCE = 30_000;
const member = bindAs(localDN(uidOf(1)), passwordOf(1));
const memberMistaken = bindAs(localDN(uidOf(1)), 'not the password');
const outsider = bindAs(localDN(uidOf(MEMBERS + 1)), passwordOf(MEMBERS + 1));

const isPeer = (name: ContestantName): name is PeerKind => PEERS.some((peer) => peer === name);

/** Starts one and resolves when all its processes serve. Throws an Error if it lets in whom it should not. */
export async function startContestant(name: ContestantName, around: Surroundings): Promise<Contestant> {
  const started: Started[] = [];
  for (let i = 0; i < (isPeer(name) ? 1 : around.processes); i++) started.push(await startProcess(name, i, around));
  return {
    name,
    ports: started.map(({ port }) => port),
    pids: started.map(({ child }) => child.pid ?? 0),
    startTime: started[0]!.startTime,
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
}

async function startProcess(name: ContestantName, index: number, around: Surroundings): Promise<Started> {
  const port = await freePort();
  const { folder, upstreamPort, caFile } = around;
  const settings: ProductSettings = { ...around, name: `${name}-${index}`, port, remembers: name === 'jumpgate' };
  const file = isPeer(name) ? configurePeer(name, folder, upstreamPort, caFile) : '';
  const launchedAt = performance.now();
  const child = isPeer(name) ? launchPeer(file, port) : launchProduct(settings);
  const letsIn = async () => (await askBind(port, member, bindAnswer)) === 0;
  await until(name, child, letsIn, 'does not answer a right bind with success', PATIENCE);
  const startTime = performance.now() - launchedAt;
  await until(name, child, () => findsMember(port), 'does not answer a search with its entry', PATIENCE);
  await expectRefusal(name, port, memberMistaken, 'a wrong password');
  if (isPeer(name)) return { port, child, startTime, log: undefined };
  await expectRefusal(name, port, outsider, 'somebody outside the group');
  return { port, child, startTime, log: logFile(settings) };
}

/** Jumpgate lets people in before it has read the directory that it answers searches from. */
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

async function expectRefusal(name: string, port: number, request: typeof member, who: string): Promise<void> {
  const code = await askBind(port, request, bindAnswer);
  if (code !== 49) throw new Error(`${name} answers ${who} with ${code ?? 'nothing'} in place of 49`);
}
