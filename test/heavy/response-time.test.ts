// What the time of a refusal tells: nothing, whichever of a look-up and a bind upstream is slower (R3, R117).
import { performance } from 'node:perf_hooks';
import t from 'tap';
import { Client } from '../support/client.js';
import { type Product, startProduct } from '../support/product.js';
import { userDN } from '../support/proxy.js';
import { SmallUpstream } from '../support/small-upstream.js';

t.setTimeout(180_000);

/** Samples of each kind. With this number, more than 60 % of guesses about equal distributions are right once in a million runs. */
const SAMPLES = 240;
const MOST_RIGHT = 0.6;
/** Measured until one of them shows nothing. */
const ROUNDS = ['two', 'three', 'four'] as const;
const CLIENTS = 6;

/** How many guesses the best threshold gets right: 0.5 where the times show nothing. */
function bestGuess(some: readonly number[], others: readonly number[]): number {
  const all = [...some.map((ms) => ({ ms, of: 1 })), ...others.map((ms) => ({ ms, of: -1 }))].sort(
    (a, b) => a.ms - b.ms,
  );
  let distance = 0;
  let most = 0;
  for (const { of } of all) {
    distance += of / (of === 1 ? some.length : others.length);
    most = Math.max(most, Math.abs(distance));
  }
  return 0.5 + most / 2;
}

t.test('the measure itself', async (t) => {
  const [low, high] = [
    [1, 2, 3, 4],
    [5, 6, 7, 8],
  ] as const;
  t.equal(bestGuess(low, high), 1);
  t.equal(bestGuess(low, low), 0.5 + 0.25 / 2, 'equal values are taken one by one');
});

const people = Array.from({ length: 2 * SAMPLES }, (_, i) => ({
  uid: `person${i}`,
  password: `secret-${i}`,
  isMember: i < SAMPLES,
}));

/** Milliseconds that each kind of refusal took, all kinds by turns. */
async function measure(product: Product, kinds: Readonly<Record<string, (i: number) => [string, string]>>) {
  const took = new Map(Object.keys(kinds).map((kind) => [kind, [] as number[]]));
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => Client.open(product.url)));
  await Promise.all(
    clients.map(async (client, which) => {
      for (let i = which; i < SAMPLES; i += CLIENTS) {
        for (const [kind, request] of Object.entries(kinds)) {
          const [name, password] = request(i);
          const since = performance.now();
          const { code } = await client.bind(userDN(name), password);
          if (code !== 49) throw new Error(`${kind}: ${code}`);
          took.get(kind)?.push(performance.now() - since);
        }
      }
      client.destroy();
    }),
  );
  return took;
}

for (const [what, bindTime, searchTime] of [
  ['a look-up slower than a bind', 15, 30],
  ['a bind slower than a look-up', 30, 5],
  ['both at the same time', 0, 0],
] as const) {
  t.test(`${what}: no threshold tells who is a member (R117)`, async (t) => {
    const upstream = await SmallUpstream.start(people);
    t.teardown(() => upstream.stop());
    const product = await startProduct({
      upstream,
      folder: t.testdir(),
      set: [
        'binds.failuresPerAddress=1000000',
        'binds.failuresPerAccount=100',
        'directory.refresh=10m',
        'directory.membershipAge=10m',
      ],
    });
    t.teardown(() => product.stop());
    const after = (ms: number) => (ms === 0 ? undefined : new Promise<void>((resolve) => setTimeout(resolve, ms)));
    upstream.instead = { untilBind: () => after(bindTime), until: () => after(searchTime) };
    const kinds = (round: string) => ({
      member: (i: number): [string, string] => [`person${i}`, `wrong ${round}`],
      unknown: (i: number): [string, string] => [`nobody${i}-${round}`, 'wrong'],
      outsider: (i: number): [string, string] => [`person${SAMPLES + i}`, `wrong ${round}`],
      'asked before': (i: number): [string, string] => [`person${i}`, `wrong ${round}`],
    });
    // The first refusals after the start show what the upstream takes.
    await measure(product, kinds('one'));
    const guesses = async (round: string) => {
      const took = await measure(product, kinds(round));
      return ['member', 'outsider', 'asked before'].map((kind) => ({
        kind,
        right: bestGuess(took.get(kind)!, took.get('unknown')!),
      }));
    };
    // Other work on this machine that comes or goes in the middle makes times unlike; what the product tells, it tells each time.
    for (const round of ROUNDS) {
      const guessed = await guesses(round);
      for (const { kind, right } of guessed)
        t.comment(`${kind} or unknown: ${(100 * right).toFixed(1)} % of guesses are right`);
      const told = guessed.filter(({ right }) => right > MOST_RIGHT);
      if (told.length > 0 && round !== ROUNDS.at(-1)) continue;
      for (const { kind, right } of guessed) t.ok(right <= MOST_RIGHT, `${kind} or unknown`);
      break;
    }
  });
}
