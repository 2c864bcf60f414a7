// A fleet of whole processes over one store and one upstream, with the real HAProxy in front of it, and clients from addresses of their own.
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type t from 'tap';
import type { FleetAnswer } from '../../src/ops/http/fleet-route.js';
import { askSocket } from './ask-socket.js';
import { Client } from './client.js';
import { startDaemon } from './daemon.js';
import { freePort } from './ports.js';
import { type Product, type ProductOptions, startProduct } from './product.js';

type Teardown = Pick<typeof t, 'teardown'>;

export const HAPROXY = '/usr/sbin/haproxy';
const CONFIG = 'deploy/haproxy.cfg';

export interface FleetOptions {
  readonly upstream: ProductOptions['upstream'];
  /** Of the store, for each instance by its number. */
  readonly url: (index: number) => string;
  readonly count?: number;
  /** Settings as `--set` takes them. */
  readonly set?: readonly string[];
  readonly key?: string;
  readonly program?: (index: number) => readonly string[] | undefined;
  readonly runtime?: (index: number) => string | undefined;
  /** Milliseconds until each has to be ready. */
  readonly startTime?: number;
}

/** A fleet's key, as `openssl rand -hex 32` makes one. */
export const someKey = () => randomBytes(32).toString('hex');

/** All at the same time, each ready. They are `gate-0`, `gate-1` and so on, and trust the PROXY protocol of this machine. */
export async function startFleet(test: Teardown, options: FleetOptions): Promise<Product[]> {
  const { upstream, url, count = 3, set = [], key = someKey(), program, runtime, startTime } = options;
  const root = mkdtempSync(join(tmpdir(), 'jumpgate-fleet-'));
  test.teardown(() => rmSync(root, { recursive: true, force: true }));
  const start = async (index: number) => {
    const folder = join(root, String(index));
    mkdirSync(folder);
    const [itsProgram, itsRuntime] = [program?.(index), runtime?.(index)];
    const product = await startProduct({
      ...{ upstream, folder },
      set: [
        `fleet.url=${url(index)}`,
        `fleet.key=${key}`,
        `fleet.instance=gate-${index}`,
        'listen.proxyProtocol=127.0.0.1',
        ...set,
      ],
      ...(itsProgram === undefined ? {} : { program: itsProgram }),
      ...(itsRuntime === undefined ? {} : { runtime: itsRuntime }),
      ...(startTime === undefined ? {} : { startTime }),
    });
    test.teardown(() => product.stop());
    return product;
  };
  const started = await Promise.allSettled(Array.from({ length: count }, (_, index) => start(index)));
  return started.map((each) => {
    if (each.status === 'rejected') throw each.reason;
    return each.value;
  });
}

/** What an instance says of its part. */
export async function fleetOf({ opsUrl }: Pick<Product, 'opsUrl'>): Promise<FleetAnswer['fleet']> {
  return ((await (await fetch(`${opsUrl}/fleet`)).json()) as FleetAnswer).fleet;
}

/** True once each decides by the store. */
export async function areTogether(products: readonly Product[]): Promise<boolean> {
  return (await Promise.all(products.map(fleetOf))).every(({ together }) => together);
}

/** Its metrics, by name and labels as they are there. */
export async function metricsOf({ opsUrl }: Pick<Product, 'opsUrl'>): Promise<ReadonlyMap<string, number>> {
  const lines = (await (await fetch(`${opsUrl}/metrics`)).text()).split('\n');
  const samples = lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => /^(.*) (\S+)$/.exec(line)!);
  return new Map(samples.map(([, name, value]) => [name!, Number(value)]));
}

/** `deploy/haproxy.cfg` with as many servers as there are instances; its port. Waits until all are up by its own checks. */
export async function balance(test: Teardown, products: readonly Product[]): Promise<number> {
  // The path of a socket has a hundred characters at most.
  const folder = mkdtempSync(join(tmpdir(), 'jumpgate-lb-'));
  test.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const servers = products.map(({ url }, index) => `  server gate-${index} ${new URL(url).host}`).join('\n');
  const text = readFileSync(CONFIG, 'utf8')
    .replace(/^ {2}server one "\$\{JUMPGATE_ONE-.*\n {2}server two .*$/m, servers)
    .replace(/^frontend ldaps\n[\s\S]*?\n\n/m, '')
    .replace(/^backend jumpgate-tls\n[\s\S]*$/m, '');
  const [file, stats, port] = [join(folder, 'haproxy.cfg'), join(folder, 'stats'), await freePort()];
  writeFileSync(file, text);
  const env = { JUMPGATE_LDAP: `127.0.0.1:${port}`, JUMPGATE_STATS: stats };
  const haproxy = startDaemon(test, HAPROXY, ['-db', '-f', file], { env });
  await haproxy.until(async () => {
    const rows = (await askSocket(stats, 'show stat').catch(() => '')).split('\n').map((line) => line.split(','));
    const checked = rows.filter(([, name = '']) => name.startsWith('gate-'));
    return checked.length === products.length && checked.every((row) => row[17] === 'UP' && row[36] === 'L7OK');
  });
  return port;
}

/** A client with an address of 127.0.0.0/8 as its own. */
export async function clientFrom(address: string, port: number): Promise<Client> {
  return Client.open(await opened({ port, localAddress: address }));
}

/** A client of any address by the PROXY protocol of version 1, as a load balancer has it, at the instance itself. */
export async function clientBehind(address: string, { url }: Pick<Product, 'url'>): Promise<Client> {
  const socket = await opened({ port: Number(new URL(url).port) });
  const [family, here] = address.includes(':') ? ['TCP6', '::1'] : ['TCP4', '127.0.0.1'];
  socket.write(`PROXY ${family} ${address} ${here} 40000 389\r\n`);
  return Client.open(socket);
}

function opened(options: { port: number; localAddress?: string }): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', ...options }, () => resolve(socket));
    socket.once('error', reject);
  });
}
