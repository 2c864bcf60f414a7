// The soak: the built product under load for minutes, while everything that can go wrong on the way upstream does, at random.
import { randomInt } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { readArguments, wholeNumber } from '../../fuzz/arguments.js';
import { Random } from '../../fuzz/random.js';
import { makeAuthority } from '../../src/demo/certificate.js';
import { StandIn } from '../../src/demo/stand-in.js';
import { Client } from '../support/client.js';
import { BASE, eventually, userDN } from '../support/proxy.js';
import { MODES, type Mode, Relay } from '../support/relay.js';
import { begin } from './product.js';

const HELP = `npm run soak -- [--minutes 10] [--seed N] [--clients 16]

Runs the built product in front of two relays that do harm at random, under load, and counts what became of every operation.
Ends with 0 if nothing was lost, nothing was answered wrongly, and memory, connections and descriptors stayed level; else with 1.`;

const values = readArguments(HELP, {
  minutes: { type: 'string', default: '10' },
  seed: { type: 'string' },
  clients: { type: 'string', default: '16' },
});

const PEOPLE = ['quillon.varrek 5001', 'mirelle.oskand 5002', 'tavian.bruskel 5003', 'svenja.ulmarik 5012'].map(
  (line) => {
    const [uid = '', number = ''] = line.split(' ');
    return { uid, password: `user-secret-${number}` };
  },
);
/** Milliseconds: of the product's configuration, and for a client that waits for longer than these allow. */
const CONNECT_TIME = 1000;
const OPERATION_TIME = 1000;
const TOO_LONG = CONNECT_TIME + OPERATION_TIME + 3000;
/** Milliseconds for which one fault lasts at most, and what is in order between two. */
const LONGEST_FAULT = 3000;

const minutes = wholeNumber('minutes', values.minutes, 10);
const seed = wholeNumber('seed', values.seed, randomInt(2 ** 31));
const clients = wholeNumber('clients', values.clients, 16);
const chance = new Random(seed);
/** From 0 to below 1. */
const random = () => chance.next() / 2 ** 32;
const folder = mkdtempSync(join(tmpdir(), 'jumpgate-soak-'));
const authority = await makeAuthority();
const upstream = await StandIn.start({ latency: 5 });
const [first, second] = [await Relay.start(upstream, authority), await Relay.start(upstream, authority)];
writeFileSync(join(folder, 'ca.pem'), authority.caPem);
const config = join(folder, 'jumpgate.yaml');
writeFileSync(
  config,
  JSON.stringify({
    listen: { ldap: '127.0.0.1:0' },
    upstream: {
      urls: [first.url, second.url],
      caFile: join(folder, 'ca.pem'),
      orgId: upstream.orgId,
      reader: { dn: upstream.reader.dn, password: upstream.reader.password },
      connectTime: `${CONNECT_TIME}ms`,
      operationTime: `${OPERATION_TIME}ms`,
    },
    directory: { refresh: '2s' },
    local: { baseDN: BASE },
    binds: {
      cache: { ttl: '500ms' },
      refusedTtl: '500ms',
      failuresPerAccount: 1_000_000,
      failuresPerAddress: 1_000_000,
    },
    ops: { http: '127.0.0.1:0' },
  }),
);
const product = await begin(config);

const count = { operations: 0, accepted: 0, refused: 0, trouble: 0, searches: 0, left: 0, wrong: 0, unanswered: 0 };
const complaints: string[] = [];
let slowest = 0;
let isOver = false;

function complain(text: string): void {
  count.wrong++;
  if (complaints.length < 20) complaints.push(text);
}

async function within<T>(promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, TOO_LONG, undefined);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function oneBind(client: Client): Promise<void> {
  const { uid, password } = chance.pick(PEOPLE);
  const isRight = random() < 0.7;
  const startedAt = performance.now();
  const result = await within(client.bind(userDN(uid), isRight ? password : `wrong ${chance.below(1000)}`));
  slowest = Math.max(slowest, performance.now() - startedAt);
  if (result === undefined) {
    count.unanswered++;
    return;
  }
  if (result.code === 0) count.accepted++;
  else if (result.code === 49) count.refused++;
  else count.trouble++;
  if (result.code === (isRight ? 49 : 0))
    complain(`${isRight ? 'the right' : 'a wrong'} password of ${uid} got ${result.code}`);
}

async function oneSearch(client: Client): Promise<void> {
  const { uid } = chance.pick(PEOPLE);
  const found = await within(client.search({ base: BASE, filter: `(uid=${uid})` }));
  if (found === undefined) {
    count.unanswered++;
    return;
  }
  count.searches++;
  if (found.result.code !== 0 || found.entries.length !== 1)
    complain(`a search got ${found.result.code} with ${found.entries.length} entries`);
}

/** Logs in, searches, leaves; some leave in the middle of a bind. */
async function client(): Promise<void> {
  while (!isOver) {
    const connection = await Client.open(product.ldap);
    const service = await Client.open(product.ldap);
    await service.bind(upstream.reader.dn.replace(/^(uid=[^,]+),.*$/, `$1,ou=Users,${BASE}`), upstream.reader.password);
    for (let i = 0; i < 40 && !isOver; i++) {
      count.operations += 2;
      await oneBind(connection);
      await oneSearch(service);
      await new Promise((resolve) => setTimeout(resolve, random() * 20));
    }
    if (random() < 0.3) {
      count.left++;
      connection.bind(userDN(PEOPLE[0]!.uid), 'never mind').catch(() => {});
    }
    connection.destroy();
    service.destroy();
  }
}

async function harm(): Promise<void> {
  while (!isOver) {
    const relay = random() < 0.7 ? first : second;
    const mode: Mode = chance.pick(MODES);
    await relay.become(mode);
    if (random() < 0.3) await (relay === first ? second : first).become(chance.pick(MODES));
    await new Promise((resolve) => setTimeout(resolve, 200 + random() * LONGEST_FAULT));
    await first.become('pass');
    await second.become('pass');
    await new Promise((resolve) => setTimeout(resolve, random() * 2000));
  }
}

interface Sample {
  readonly rss: number;
  readonly descriptors: number;
}
const samples: Sample[] = [];
const startedAt = Date.now();
const end = startedAt + minutes * 60_000;
process.stdout.write(`soak: ${minutes} min, seed ${seed}, ${clients} clients\n`);
const work = [harm(), ...Array.from({ length: clients }, () => client())];
const interrupted = new Promise<void>((resolve) => void process.once('SIGINT', resolve));
while (Date.now() < end && !product.hasEnded()) {
  const pause = new Promise<'on'>((resolve) => void setTimeout(resolve, Math.min(5000, end - Date.now()), 'on'));
  if ((await Promise.race([pause, interrupted])) !== 'on') break;
  samples.push(product.measure());
  const seconds = Math.round((Date.now() - startedAt) / 1000);
  const { rss, descriptors } = samples.at(-1)!;
  process.stdout.write(
    `${seconds} s  ${count.operations} operations  ${(rss / 1024).toFixed(0)} MiB  ${descriptors} descriptors\n`,
  );
}
isOver = true;
await Promise.all(work);

/** The middle one of a part of the samples. */
function median(of: readonly Sample[], what: keyof Sample): number {
  return of.map((sample) => sample[what]).sort((a, b) => a - b)[Math.floor(of.length / 2)] ?? 0;
}
const warm = samples.slice(Math.floor(samples.length / 4), Math.floor(samples.length / 2));
const last = samples.slice(-Math.max(1, Math.floor(samples.length / 4)));
const growth = (median(last, 'rss') - median(warm, 'rss')) / 1024;

let isSettled = true;
try {
  await eventually(async () => {
    const connection = await Client.open(product.ldap);
    const { code } = await connection.bind(userDN(PEOPLE[0]!.uid), PEOPLE[0]!.password);
    connection.destroy();
    return code === 0;
  });
  await eventually(async () => {
    const { connections, binds } = await product.readiness();
    return connections === 0 && binds.waiting === 0 && binds.open === binds.idle;
  });
} catch {
  isSettled = false;
}
const exitCode = await product.stop();
await Promise.all([first.stop(), second.stop(), upstream.stop()]);
const defects = readFileSync(product.logFile, 'utf8')
  .split('\n')
  .filter((line) => line.includes('"level":"error"')).length;
rmSync(folder, { recursive: true });

const faults = [
  ...complaints,
  ...(count.unanswered > 0 ? [`${count.unanswered} operations were not answered`] : []),
  ...(isSettled ? [] : ['connections or waiting binds were left over, or service did not come back']),
  ...(exitCode === 0 ? [] : [`the product ended with ${exitCode}`]),
  ...(defects > 0 ? [`${defects} lines at level error in the log`] : []),
  ...(growth > 24 ? [`${growth.toFixed(1)} MiB more in the last quarter than in the second`] : []),
];
process.stdout.write(
  `${JSON.stringify({ seed, minutes, ...count, slowestMs: Math.round(slowest), growthMiB: Number(growth.toFixed(1)), rssMiB: Math.round(median(last, 'rss') / 1024), descriptors: median(last, 'descriptors') })}\n`,
);
for (const fault of faults) process.stdout.write(`fault: ${fault}\n`);
process.stdout.write(faults.length === 0 ? 'soak: nothing lost\n' : 'soak: failed\n');
process.exit(faults.length === 0 ? 0 : 1);
