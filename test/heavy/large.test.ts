// Costly requests to a product with a large directory: what they ask for is answered or refused, and meanwhile nobody else waits.
// JUMPGATE_LARGE=100000 sets the number of members (`.ci/run` does not: it takes minutes). Every figure is printed.
import { readFileSync } from 'node:fs';
import t from 'tap';
import { keyPaths } from '../../src/config/schema.js';
import { Scope } from '../../src/ldap/message.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { AttackClient, type Outcome } from '../support/attack-client.js';
import { ANSWERED, ATTACKS, type Attack } from '../support/attacks.js';
import { Bystander } from '../support/bystander.js';
import { Client, simpleBind } from '../support/client.js';
import { PASSWORD, uidOf } from '../support/large-upstream.js';
import { type Product, startProduct } from '../support/product.js';
import { BASE, eventually, userDN } from '../support/proxy.js';

const MEMBERS = Number(process.env.JUMPGATE_LARGE ?? 20_000);
/** Milliseconds that one turn of the event loop may take. */
const LONGEST_TURN = MEMBERS > 20_000 ? 50 : 25;
/**
 * MiB that one attack may cost while it lasts, and all of them together afterwards: gigabytes of messages pass, and an idle process does not
 * collect what they left (a client that goes on finds it at 100 to 170 MiB again and again).
 */
const MOST_MEMORY = 160;
const MOST_LEFT = 1024;
/** Each attack is repeated for this time (ms), in which others must be served at least this number of times. */
const SHORTEST = 700;
const LEAST_SERVED = 5;
/** Milliseconds after which an attack without an answer is given up. */
const LONGEST = 6_000;
/** Milliseconds after which a product that reports nothing any more is given up as well. */
const LONGEST_SILENCE = 15_000;
/** The machine may be busy with something else: a turn that is too long is measured again, unless it is hopeless. */
const TRIES = 6;
const HOPELESS = 500;
/** Descriptors that the connections upstream and the operator's port may hold. */
const WARM = 32 + 8;

const ATTACKER = '127.0.0.66';
const ALICE = userDN(uidOf(7));
let salt = 0;
/** Rows by a pattern, when something is looked into. */
const only = new RegExp(process.env.JUMPGATE_ATTACK ?? '');

interface Figures {
  /** Binds with a search of somebody else meanwhile; why not, if one of them was answered wrongly. */
  served: number;
  wrong: string | undefined;
  slowest: number;
  /** MiB more than before at the most. */
  memory: number;
  /** Milliseconds, by the product's own metric, and by a finer look from within. */
  turn: number;
  finer: number;
  collection: number;
  /** Milliseconds that the product stood in line for a CPU. */
  waited: number;
  outcomes: Set<Outcome>;
  codes: Map<string, number>;
  took: number;
}

const bystander = await Bystander.start({ members: MEMBERS });
const { upstream } = bystander;
t.teardown(() => bystander.stop());
// Where the product does not behave.
t.setTimeout(900_000);

/** The server's own time limit for a search, where it has one: no test should have to wait for the default. */
const hasSearchTime = keyPaths().some((path) => path.join('.') === 'listen.limits.searchTime');

function start(users: Attack['users']): Promise<Product> {
  return startProduct({
    upstream,
    folder: t.testdir({}),
    startTime: 60_000,
    program: ['--import=./test/support/loop-probe.mjs', 'dist/main.js'],
    set: [
      `local.search.users=${users}`,
      'directory.refresh=30m',
      'directory.membershipAge=1h',
      'binds.cache.ttl=0s',
      'binds.failuresPerAccount=100000',
      'binds.failuresPerAddress=1000000',
      ...(hasSearchTime ? ['listen.limits.searchTime=5s'] : []),
    ],
  });
}

/** What the attackers are bound as. */
const NAMES = { reader: upstream.reader, member: { dn: userDN(uidOf(8)), password: PASSWORD }, nobody: undefined };

async function attackers(product: Product, { by, connections }: Attack): Promise<AttackClient[]> {
  const all: AttackClient[] = [];
  while (all.length < connections) {
    const batch = Array.from({ length: Math.min(100, connections - all.length) }, () =>
      AttackClient.open(product.url, ATTACKER),
    );
    all.push(...(await Promise.all(batch)));
  }
  const who = NAMES[by];
  if (who === undefined) return all;
  for (const client of all) {
    client.write(encodeMessage({ messageID: 1, op: simpleBind(nameOf(who.dn), who.password) }));
    const outcome = await client.until(1, performance.now() + LONGEST);
    if (outcome !== 'answered' || client.codes.get('0') !== 1) throw new Error(`an attacker is ${outcome}, not bound`);
    client.codes.clear();
  }
  return all;
}

/** A name of the upstream's as it is here. */
const nameOf = (dn: string) => dn.replace(/,.*/, `,ou=Users,${BASE}`);

function drip(client: AttackClient, octets: Buffer): Promise<void> {
  return new Promise((resolve) => {
    let at = 0;
    const step = () => {
      client.write(octets.subarray(at, ++at));
      if (at < octets.length && !client.isClosed) setImmediate(step);
      else resolve();
    };
    step();
  });
}

/** Sends the whole attack, again and again for a while, and waits for all answers. */
async function send(attack: Attack, clients: readonly AttackClient[], figures: Figures): Promise<void> {
  const began = performance.now();
  let late = began + LONGEST;
  do {
    const { octets, answers } = attack.octets(`${++salt}`);
    const awaited = clients.map((client) => client.answers + answers);
    if (attack.isDripped === true) {
      await Promise.all(clients.map((client) => drip(client, octets)));
      late = performance.now() + LONGEST;
    } else for (const client of clients) client.write(octets);
    const outcomes = await Promise.all(clients.map((client, index) => client.until(awaited[index]!, late)));
    for (const outcome of outcomes) figures.outcomes.add(outcome);
  } while (performance.now() - began < SHORTEST && ![...figures.outcomes].some((outcome) => outcome !== 'answered'));
  figures.took = performance.now() - began;
  for (const { codes } of clients)
    for (const [code, count] of codes) figures.codes.set(code, (figures.codes.get(code) ?? 0) + count);
}

/** Nanoseconds that the main thread stood in line for a CPU so far, as milliseconds. */
const waitedFor = (pid: number) =>
  Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6;

/** What the probe says since the last time. */
async function probe(product: Product): Promise<{ turn: number; collection: number }> {
  const lines = () => product.errors().match(/^probe .*$/gm) ?? [];
  const before = lines().length;
  process.kill(product.pid, 'SIGUSR2');
  await eventually(() => lines().length > before || !product.isAlive());
  return JSON.parse(lines().at(-1)?.slice(6) ?? '{}') as { turn: number; collection: number };
}

async function endure(product: Product, attack: Attack): Promise<Figures> {
  const figures: Figures = {
    ...{ served: 0, wrong: undefined, slowest: 0, memory: 0, turn: Infinity, finer: 0, collection: 0, waited: 0 },
    ...{ outcomes: new Set(), codes: new Map(), took: 0 },
  };
  const clients = await attackers(product, attack);
  await product.longestTurn();
  await probe(product);
  const before = { memory: product.memory(), waited: waitedFor(product.pid) };
  const look = () => {
    if (product.isAlive()) figures.memory = Math.max(figures.memory, product.memory() - before.memory);
  };
  const timer = setInterval(look, 20);
  try {
    const asked = { url: product.url, name: ALICE, password: PASSWORD };
    Object.assign(figures, await bystander.during(() => send(attack, clients, figures), asked));
  } catch (error) {
    figures.wrong = error instanceof Error ? error.message : String(error);
  }
  clearInterval(timer);
  if (product.isAlive()) {
    look();
    // Twice: a turn that ends with this question in it is recorded behind the answer.
    const seen = async () => {
      const first = await product.longestTurn();
      await new Promise((resolve) => setTimeout(resolve, 50));
      const turn = Math.max(first, await product.longestTurn());
      const finer = await probe(product);
      return { turn, finer: finer.turn, collection: finer.collection };
    };
    const isSilent = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), LONGEST_SILENCE));
    Object.assign(figures, await Promise.race([seen().catch(() => undefined), isSilent]));
    if (product.isAlive()) figures.waited = waitedFor(product.pid) - before.waited;
  }
  for (const client of clients) client.destroy();
  return figures;
}

function told({ served, slowest, memory, turn, finer, collection, waited, outcomes, codes, took }: Figures): string {
  const ms = (time: number) => `${time.toFixed(0)} ms`;
  return [
    `turn ${ms(turn)} (by 1 ms timer ${ms(finer)}, GC ${ms(collection)}, waited for a CPU ${ms(waited)} in all)`,
    `${memory.toFixed(0)} MiB`,
    `others ${served} times, slowest ${ms(slowest)}`,
    `${[...outcomes].join(' and ')} ${JSON.stringify(Object.fromEntries(codes))} in ${ms(took)}`,
  ].join('; ');
}

/** Too long a turn by what may have been something else on this machine. */
const isWorthAnother = ({ turn, outcomes }: Figures) =>
  turn > LONGEST_TURN && turn < HOPELESS && !outcomes.has('unanswered');

/** One member's own entry, and one that the reader looks for: the same before and after. */
async function ordinary(product: Product): Promise<unknown> {
  const client = await Client.open(product.url);
  await client.bind(ALICE, PASSWORD);
  const own = await client.search({ base: ALICE, scope: Scope.baseObject });
  await client.bind(nameOf(upstream.reader.dn), upstream.reader.password);
  const found = await client.search({ base: BASE, filter: `(uid=${uidOf(9)})` });
  client.destroy();
  return [own, found];
}

interface House {
  readonly product: Product;
  readonly answers: unknown;
  readonly memory: number;
  readonly descriptors: number;
}

async function open(users: Attack['users']): Promise<House> {
  const product = await start(users);
  try {
    return await settled(product);
  } catch (error) {
    await product.stop();
    throw error;
  }
}

/**
 * What the runtime needs once, for itself: everything is read a few times, and many log in. The keys of every attribute are made, which the
 * mirror keeps from then on (about 5 KB a member): they are not what an attack costs.
 */
async function settled(product: Product): Promise<House> {
  const answers = await ordinary(product);
  const client = await Client.open(product.url);
  await client.bind(nameOf(upstream.reader.dn), upstream.reader.password);
  for (let i = 0; i < 3; i++) await client.search({ base: BASE, attributes: ['uid'] });
  await client.search({ base: BASE, filter: '(:caseIgnoreMatch:=nobody)', attributes: ['1.1'] });
  client.destroy();
  const asked = { url: product.url, name: ALICE, password: PASSWORD };
  await bystander.during(() => new Promise((resolve) => setTimeout(resolve, 500)), asked);
  return { product, answers, memory: product.memory(), descriptors: product.descriptors() };
}

for (const users of ['self', 'all'] as const) {
  let house: House | undefined;
  t.teardown(() => house?.product.stop());
  for (const attack of ATTACKS.filter((one) => one.users === users && only.test(one.name))) {
    t.test(`${attack.name} (R107, R108)`, { timeout: 300_000 }, async (t) => {
      house ??= await open(users);
      const { product, answers, descriptors, memory } = house;
      // Taken up again only when this row has come to its end and the product owes it nothing.
      house = undefined;
      t.teardown(async () => {
        if (house !== undefined) return;
        if (product.isAlive()) process.kill(product.pid, 'SIGKILL');
        await product.stop();
      });
      const tries: Figures[] = [];
      do {
        tries.push(await endure(product, attack));
        t.comment(told(tries.at(-1)!));
      } while (tries.length < TRIES && isWorthAnother(tries.at(-1)!));
      const turn = Math.min(...tries.map((one) => one.turn));
      const grown = Math.max(...tries.map((one) => one.memory));
      const right = [...ANSWERED, ...(attack.codes ?? [])].map(String);
      const codes = tries.flatMap((one) => [...one.codes.keys()]);
      t.ok(product.isAlive(), 'the process lives');
      t.ok(turn <= LONGEST_TURN, `no turn above ${LONGEST_TURN} ms: ${turn.toFixed(1)} ms`);
      const most = attack.memory ?? MOST_MEMORY;
      t.ok(grown <= most, `at most ${most} MiB more: ${grown.toFixed(0)} MiB`);
      for (const { served, wrong, outcomes } of tries) {
        t.equal(wrong, undefined, 'others are answered rightly');
        t.ok(served >= LEAST_SERVED, `others are served ${LEAST_SERVED} times or more meanwhile: ${served}`);
        t.notOk(outcomes.has('unanswered'), 'all of it is answered, or the connection closed');
      }
      t.strictSame(
        codes.filter((code) => !right.includes(code) && !code.startsWith('notice')),
        [],
        'with a code that fits',
      );
      const owes = tries.some(({ outcomes }) => outcomes.has('unanswered'));
      if (product.isAlive() && !owes) {
        t.strictSame(await ordinary(product), answers, 'afterwards answers are as before');
        await eventually(() => product.descriptors() <= descriptors + WARM);
        await eventually(() => product.memory() <= memory + MOST_LEFT).catch(() => {});
        t.ok(product.memory() <= memory + MOST_LEFT, `${(product.memory() - memory).toFixed(0)} MiB stay`);
      }
      if (product.isAlive() && !owes && product.memory() <= memory + MOST_LEFT)
        house = { product, answers, descriptors, memory };
    });
  }
}
