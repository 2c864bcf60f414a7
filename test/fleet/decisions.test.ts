// Decisions of several instances by one store: the product's own scripts, run by a real server whose clock the test turns.
import { randomBytes } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import t from 'tap';
import type { Limits } from '../../src/fleet/check.js';
import { type DecisionOptions, Decisions } from '../../src/fleet/decisions.js';
import { FleetNames } from '../../src/fleet/names.js';
import { type Purge, Purges } from '../../src/fleet/purges.js';
import { Seal } from '../../src/fleet/seal.js';
import { type Health, type Link, type Script, type Store, StoreError, script } from '../../src/fleet/store.js';
import type { Permit, SharedDecision, SharedDecisions, SharedQuestion } from '../../src/gate/ports.js';
import { eventually } from '../support/proxy.js';
import { contentsOf, TestRedis } from '../support/redis.js';

const KEY = Buffer.alloc(32, 1);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const LIMITS: Limits = { perAccount: 3, accountWindow: 30 * MINUTE, perAddress: 1000, window: MINUTE };
const FLIGHT = 20_000;

/** The store by the test's clock, and away when the test says so. */
class TurnedStore implements Store {
  health: Health = 'well';
  trouble = undefined;
  /** Answers that do not arrive: the script has run. */
  deafTo = 0;
  private readonly listeners = new Set<(health: Health) => void>();
  private readonly heard = new Map<string, (message: Buffer) => void>();
  private readonly turned = new Map<string, Script>();

  constructor(
    private readonly link: Link,
    private readonly fleet: TurnedStore[],
  ) {
    fleet.push(this);
  }

  async run(of: Script, keys: readonly string[], args: readonly (string | Buffer | number)[]): Promise<unknown> {
    if (this.health !== 'well') throw new StoreError('away', 'the test says so');
    let turned = this.turned.get(of.digest);
    if (turned === undefined) {
      turned = script(of.text.replace("redis.call('TIME')", "{ redis.call('GET', 'seconds'), 0 }"));
      this.turned.set(of.digest, turned);
    }
    const answer = await this.link.run(turned, keys, args);
    if (this.deafTo > 0 && this.deafTo-- > 0) throw new StoreError('slow', 'the test says so');
    return answer;
  }

  get(): Promise<Buffer | undefined> {
    throw new Error('not asked for');
  }

  subscribe(channel: string, heard: (message: Buffer) => void): () => void {
    void this.link.subscribe(channel, (message) => {
      if (this.health === 'well') this.heard.get(channel)?.(message);
    });
    this.heard.set(channel, heard);
    return () => {
      this.heard.delete(channel);
    };
  }

  publish(): Promise<void> {
    throw new Error('not asked for');
  }

  onHealth(changed: (health: Health) => void): () => void {
    this.listeners.add(changed);
    return () => this.listeners.delete(changed);
  }

  turn(health: Health): void {
    this.health = health;
    for (const listener of this.listeners) listener(health);
  }

  async close(): Promise<void> {
    this.fleet.splice(this.fleet.indexOf(this), 1);
  }
}

/** Everything that decides at present. */
const living = new Set<Decisions>();

class Site {
  now = 1_800_000_000_000;
  private readonly stores: TurnedStore[] = [];

  constructor(
    readonly link: Link,
    readonly names = new FleetNames(KEY, 'test'),
  ) {}

  async begin(): Promise<this> {
    for (const each of living) each.close();
    living.clear();
    await this.link.run(script("redis.call('FLUSHALL')"), [], []);
    await this.turnClock(0);
    return this;
  }

  async turnClock(ms: number): Promise<void> {
    this.now += ms;
    await this.link.run(script("redis.call('SET', 'seconds', ARGV[1])"), [], [this.now / 1000]);
  }

  /** `skew`: milliseconds by which its clock is before the store's. */
  async instance(skew = 0, more: Partial<DecisionOptions> = {}, heard: (purge: Purge) => void = () => {}) {
    const store = new TurnedStore(this.link, this.stores);
    const { names } = this;
    const known = { store, names, realm: 'o=org', random: randomBytes };
    const purges = new Purges({ ...known, seal: new Seal(KEY, 'purges'), heard, stuck: () => {} });
    const decisions = new Decisions({
      ...{ ...known, purges, seal: new Seal(KEY, 'verdicts'), clock: () => this.now + skew },
      ...{
        decisionTime: 5000,
        flight: FLIGHT,
        refusedTtl: MINUTE,
        equalTime: 0,
        acceptedTtl: 0,
        grace: 0,
        took: () => {},
      },
      ...more,
    });
    living.add(decisions);
    await eventually(() => decisions.isTogether);
    return { store, purges, decisions, app: decisions.forApp('default', () => LIMITS) };
  }
}

function question(account: string, address: string, password: string, version = 'v', person = ''): SharedQuestion {
  const octets = Buffer.from(password);
  return { account, person, address, password: octets, isOneTime: false, keepsRefusal: true, version };
}

function ask(app: SharedDecisions, asked: SharedQuestion): Promise<SharedDecision> {
  return new Promise((resolve) => {
    const decision = app.decide(asked, resolve);
    if (decision !== undefined) resolve(decision);
  });
}

async function permitOf(app: SharedDecisions, asked: SharedQuestion): Promise<Permit> {
  const decision = await ask(app, asked);
  if (decision.kind !== 'allowed' && decision.kind !== 'alone') throw new Error(decision.kind);
  return decision.permit;
}

const kindOf = async (app: SharedDecisions, asked: SharedQuestion) => (await ask(app, asked)).kind;

t.test('decisions of several instances', async (t) => {
  const redis = await TestRedis.start(t);
  const link = await redis.link(t);
  const site = () => new Site(link).begin();
  const settledThere = async (token = 0) => {
    // A settle gets no answer: the store has it when it answers the next question.
    await eventually(() => [...living].every(({ isIdle }) => isIdle));
    await link.ping();
    return token;
  };

  t.test(
    'wrong passwords count, wherever they are tried; a right one elsewhere resets the account’s count',
    async (t) => {
      const there = await site();
      const [one, two, three] = [await there.instance(), await there.instance(), await there.instance()];
      for (const [i, { app }] of [one, two, three].entries())
        (await permitOf(app, question('ada', `10.0.0.${i}`, `wrong ${i}`))).settled('wrong');
      await settledThere();
      for (const { app } of [one, two, three])
        t.equal(await kindOf(app, question('ada', '10.0.0.9', 'anything')), 'account');
      t.equal(await kindOf(two.app, question('ben', '10.0.0.9', 'anything')), 'allowed', 'another account');
      t.equal(await kindOf(three.app, question('ada', '10.0.0.9', 'wrong 0')), 'refused', 'refused at the first one');
      await there.turnClock(LIMITS.accountWindow);
      const right = await permitOf(three.app, question('ada', '10.0.0.9', 'right'));
      right.settled('right');
      await settledThere();
      for (let i = 0; i < 3; i++) (await permitOf(one.app, question('ada', 'elsewhere', `bad ${i}`))).settled('wrong');
      await settledThere();
      t.equal(await kindOf(two.app, question('ada', 'elsewhere', 'one more')), 'account');
      const known = await permitOf(two.app, question('ada', '10.0.0.9', 'one more'));
      t.equal(
        await kindOf(three.app, question('ada', '10.0.0.9', 'two more')),
        'account',
        'one more where it logged in',
      );
      known.settled('wrong');
      await settledThere();
      t.equal(await kindOf(one.app, question('ada', '10.0.0.9', 'two more')), 'account');
      (await permitOf(one.app, question('cyn', 'a', 'right'))).settled('right');
      for (let i = 0; i < 3; i++) (await permitOf(one.app, question('cyn', 'a', `bad ${i}`))).settled('wrong');
      await settledThere();
      t.equal(
        await kindOf(one.app, question('cyn', 'a', 'one more')),
        'account',
        'its own failures are not those of others',
      );
    },
  );

  t.test(
    'what is under way counts before it is answered, and longer than a window where its instance died',
    async (t) => {
      const there = await site();
      const [one, two] = [await there.instance(), await there.instance()];
      const asked = Array.from({ length: 20 }, (_, i) =>
        ask((i % 2 === 0 ? one : two).app, question('ada', 'a', `p${i}`)),
      );
      const kinds = (await Promise.all(asked)).map(({ kind }) => kind);
      t.equal(kinds.filter((kind) => kind === 'allowed').length, 3);
      t.equal(kinds.filter((kind) => kind === 'account').length, 17);
      await there.turnClock(LIMITS.accountWindow + FLIGHT - 1000);
      t.equal(await kindOf(one.app, question('ada', 'a', 'again')), 'account', 'nobody has said what became of them');
      await there.turnClock(1000);
      t.equal(await kindOf(one.app, question('ada', 'a', 'again')), 'allowed');
    },
  );

  t.test(
    'a right password forgives what failed before it was sent, and nothing that failed while it was on its way',
    async (t) => {
      const there = await site();
      const [one, two] = [await there.instance(), await there.instance()];
      (await permitOf(one.app, question('ada', 'a', 'before'))).settled('wrong');
      await settledThere();
      await there.turnClock(1000);
      const right = await permitOf(one.app, question('ada', 'a', 'right'));
      await there.turnClock(1000);
      (await permitOf(two.app, question('ada', 'b', 'meanwhile'))).settled('wrong');
      await settledThere();
      right.settled('right');
      await settledThere();
      for (const password of ['x', 'y']) t.equal(await kindOf(two.app, question('ada', 'b', password)), 'allowed');
      t.equal(await kindOf(two.app, question('ada', 'b', 'z')), 'account', 'the one that failed meanwhile counts');
    },
  );

  t.test('failures before a right password was sent are forgiven, even when they are reported later', async (t) => {
    const there = await site();
    const [one, two] = [await there.instance(), await there.instance()];
    one.store.turn('away');
    const guess = async (i: number) => (await permitOf(one.app, question('ada', 'a', `p${i}`))).settled('wrong');
    for (let i = 0; i < 3; i++) await guess(i);
    await there.turnClock(1000);
    (await permitOf(two.app, question('ada', 'a', 'right'))).settled('right');
    await settledThere();
    await there.turnClock(1000);
    for (let i = 3; i < 5; i++) await guess(i);
    one.store.turn('well');
    await eventually(() => one.decisions.isTogether && one.decisions.isIdle);
    t.equal(await kindOf(two.app, question('ada', 'b', 'x')), 'allowed', 'two since then');
    t.equal(await kindOf(two.app, question('ada', 'b', 'y')), 'account', 'and one on its way');
  });

  t.test(
    'a refused password is asked about again after a pause, immediately when the account has changed',
    async (t) => {
      const there = await site();
      const [one, two] = [await there.instance(), await there.instance()];
      (await permitOf(one.app, question('ada', 'a', 'old'))).settled('wrong');
      await settledThere();
      t.equal(await kindOf(two.app, question('ada', 'b', 'old')), 'refused');
      t.equal(await kindOf(two.app, question('ada', 'b', 'old', 'changed')), 'allowed');
      await there.turnClock(MINUTE);
      const second = await permitOf(two.app, question('ada', 'b', 'old'));
      second.settled('wrong');
      await settledThere();
      await there.turnClock(5 * MINUTE);
      t.equal(await kindOf(one.app, question('ada', 'b', 'old')), 'refused', 'the pauses grow for all');
      const once = { ...question('ada', 'b', 'old'), isOneTime: true };
      t.not(await kindOf(one.app, once), 'refused', 'a code is not recalled');
    },
  );

  t.test('an accepted password is shared where that is wanted, until it is revoked', async (t) => {
    const there = await site();
    const shared = { acceptedTtl: 30_000 };
    const [one, two, cautious] = [
      await there.instance(0, shared),
      await there.instance(0, shared),
      await there.instance(),
    ];
    (await permitOf(one.app, question('ada', 'a', 'right'))).settled('right');
    await settledThere();
    t.equal(await kindOf(two.app, question('ada', 'b', 'right')), 'accepted');
    t.equal(await kindOf(cautious.app, question('ada', 'b', 'right')), 'allowed', 'not where it is off');
    t.equal(await kindOf(two.app, { ...question('ada', 'b', 'right'), isOneTime: true }), 'allowed');
    two.purges.announce({ kind: 'revoke', account: 'ada' });
    await settledThere();
    t.equal(await kindOf(one.app, question('ada', 'b', 'right')), 'allowed');

    const before = await permitOf(one.app, question('ben', 'a', 'right'));
    two.purges.announce({ kind: 'revokeAll' });
    before.settled('right');
    await settledThere();
    t.equal(await kindOf(one.app, question('ben', 'b', 'right')), 'allowed', 'it was sent before all was revoked');
    await there.turnClock(30_000);
    (await permitOf(one.app, question('cyn', 'a', 'right'))).settled('right');
    await settledThere();
    await there.turnClock(30_000);
    t.equal(await kindOf(two.app, question('cyn', 'a', 'right')), 'allowed', 'after its time');
  });

  t.test('what is shared of the password of an account is not said of another that has its name later', async (t) => {
    const there = await site();
    const shared = { acceptedTtl: 30_000 };
    const [one, two] = [await there.instance(0, shared), await there.instance(0, shared)];
    const asked = (person: string, password: string) => question('ada', 'b', password, 'v', person);
    (await permitOf(one.app, asked('first', 'right'))).settled('right');
    (await permitOf(one.app, asked('first', 'wrong'))).settled('wrong');
    await settledThere();
    t.equal(await kindOf(two.app, asked('first', 'right')), 'accepted');
    t.equal(await kindOf(two.app, asked('first', 'wrong')), 'refused');
    t.equal(await kindOf(two.app, asked('second', 'right')), 'allowed');
    t.equal(await kindOf(two.app, asked('second', 'wrong')), 'allowed');
  });

  t.test('a right password that is reported late brings back none that was accepted or refused since', async (t) => {
    const there = await site();
    const shared = { acceptedTtl: 10 * MINUTE };
    const late = await there.instance(0, shared);
    const two = await there.instance(0, shared);
    const changed = await permitOf(late.app, question('ada', 'a', 'old'));
    const refused = await permitOf(late.app, question('ben', 'a', 'old'));
    late.store.turn('away');
    changed.settled('right');
    refused.settled('right');
    await there.turnClock(2000);
    (await permitOf(two.app, question('ada', 'b', 'new'))).settled('right');
    (await permitOf(two.app, question('ben', 'b', 'old'))).settled('wrong');
    await settledThere();
    await there.turnClock(2000);
    late.store.turn('well');
    await eventually(() => late.decisions.isTogether && late.decisions.isIdle);
    t.equal(await kindOf(two.app, question('ada', 'b', 'new')), 'accepted');
    t.equal(await kindOf(two.app, question('ada', 'b', 'old')), 'allowed', 'the upstream is asked');
    t.equal(await kindOf(two.app, question('ben', 'b', 'old')), 'refused');
  });

  t.test(
    'a password refused before another was accepted is asked about again, even if it is reported late',
    async (t) => {
      const there = await site();
      const [late, two] = [await there.instance(), await there.instance()];
      const early = await permitOf(late.app, question('ada', 'a', 'new'));
      late.store.turn('away');
      early.settled('wrong');
      await there.turnClock(2000);
      (await permitOf(two.app, question('ada', 'b', 'new'))).settled('right');
      await settledThere();
      late.store.turn('well');
      await eventually(() => late.decisions.isTogether && late.decisions.isIdle);
      t.equal(await kindOf(two.app, question('ada', 'b', 'new')), 'allowed');
    },
  );

  t.test('a password let through by a store that was emptied since is not accepted in its name', async (t) => {
    for (const isNoticed of [true, false]) {
      const there = await site();
      const shared = { acceptedTtl: 10 * MINUTE };
      const [one, two] = [await there.instance(0, shared), await there.instance(0, shared)];
      const early = await permitOf(one.app, question('ada', 'a', 'old'));
      two.purges.announce({ kind: 'revoke', account: 'ada' });
      await settledThere();
      await eventually(() => two.purges.last === 1);
      await link.run(script("redis.call('FLUSHALL')"), [], []);
      await there.turnClock(1);
      if (!isNoticed) early.settled('right');
      await settledThere();
      t.equal(await kindOf(one.app, question('ben', 'a', 'x')), 'alone');
      await eventually(() => one.decisions.isTogether && two.decisions.isTogether);
      if (isNoticed) early.settled('right');
      await settledThere();
      t.equal(await kindOf(two.app, question('ada', 'b', 'old')), 'allowed', 'it was revoked while it was on its way');
    }
  });

  t.test('a store whose clock goes back counts on, and a right password forgives what it has', async (t) => {
    const there = await site();
    const [one, two] = [await there.instance(), await there.instance()];
    // Of the store alone: an instance's never does.
    const turnStore = (ms: number) => link.run(script("redis.call('INCRBY', 'seconds', ARGV[1])"), [], [ms / 1000]);
    (await permitOf(one.app, question('ada', 'a', 'right'))).settled('right');
    for (let i = 0; i < 2; i++) (await permitOf(one.app, question('ben', 'a', `p${i}`))).settled('wrong');
    const sharing = await there.instance(0, { acceptedTtl: MINUTE });
    (await permitOf(sharing.app, question('cyn', 'a', 'right'))).settled('right');
    await settledThere();
    t.equal(await kindOf(sharing.app, question('cyn', 'a', 'right')), 'accepted');
    await turnStore(-HOUR);
    t.equal(await kindOf(sharing.app, question('cyn', 'a', 'right')), 'allowed', 'for its time, not an hour longer');
    for (let i = 0; i < 3; i++) (await permitOf(one.app, question('ada', 'b', `p${i}`))).settled('wrong');
    (await permitOf(two.app, question('ben', 'a', 'right'))).settled('right');
    await settledThere();
    t.equal(await kindOf(two.app, question('ada', 'b', 'x')), 'account', 'three have failed since');
    for (const password of ['x', 'y', 'z']) t.equal(await kindOf(two.app, question('ben', 'b', password)), 'allowed');
    const begun = there.instance(0, { grace: 1000 });
    let isTogether = false;
    void begun.then(() => {
      isTogether = true;
    });
    let passed = 0;
    for (; !isTogether && passed < HOUR; passed += 1000) {
      await turnStore(1000);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await begun;
    t.ok(passed < HOUR, 'after its grace, not when the clock has caught up');
  });

  t.test('write access to the store cannot make a wrong password right', async (t) => {
    const there = await site();
    const shared = { acceptedTtl: 30_000 };
    const [one, two] = [await there.instance(0, shared), await there.instance(0, shared)];
    (await permitOf(one.app, question('ada', 'a', 'right'))).settled('right');
    (await permitOf(one.app, question('ada', 'a', 'guess'))).settled('wrong');
    await settledThere();
    // The guess takes the place of the right one, under the right one's signature.
    const account = there.names.of('account', there.names.id('account o=org', 'ada'));
    const forged = await link.run(
      script(`local a = redis.call('HGET', KEYS[1], 'a')
        local guess
        for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do if string.sub(field, 1, 1) == 'r' then guess = string.sub(field, 2) end end
        redis.call('HDEL', KEYS[1], 'r' .. guess)
        redis.call('HSET', KEYS[1], 'a', (string.gsub(a, '^%S+', function() return guess end)))
        return guess`),
      [account],
      [],
    );
    t.type(forged, 'string');
    t.equal(await kindOf(two.app, question('ada', 'b', 'guess')), 'allowed', 'it is asked upstream');
  });

  t.test('what somebody has spoilt in the store is decided by each instance, and nothing else is', async (t) => {
    const there = await site();
    const heard: Purge[] = [];
    const one = await there.instance(0, {}, (purge) => heard.push(purge));
    const two = await there.instance();
    const accountOf = (account: string) => there.names.of('account', there.names.id('account o=org', account));
    const spoilt: [string, string, string][] = [
      ['another type', 'ada', "redis.call('DEL', KEYS[1]) redis.call('SET', KEYS[1], 'x')"],
      ['a line break', 'ben', "redis.call('HSET', KEYS[1], 'g', '1\\n1')"],
      ['no number', 'cyn', "redis.call('HSET', KEYS[1], 'oX', 'x')"],
    ];
    for (const [what, account, how] of spoilt) {
      const permit = await permitOf(two.app, question(account, 'a', 'before'));
      await link.run(script(how), [accountOf(account)], []);
      permit.settled('wrong');
      const [first, second] = [ask(two.app, question(account, 'a', 'x')), ask(two.app, question('dan', 'a', what))];
      const decision = await first;
      t.equal(decision.kind, 'alone', what);
      t.equal((await second).kind, 'allowed', 'of the same moment');
      if ('permit' in decision) decision.permit.settled('wrong');
      await settledThere();
      two.store.turn('away');
      two.store.turn('well');
      await eventually(() => two.decisions.isTogether);
      two.purges.announce({ kind: 'forget', account });
    }
    await eventually(() => heard.length === spoilt.length);
    t.equal(await kindOf(two.app, question('ada', 'a', 'y')), 'allowed', 'purged');
    t.equal(await kindOf(two.app, question('ben', 'a', 'y')), 'allowed', 'purged');
    t.equal(await kindOf(two.app, question('cyn', 'a', 'y')), 'alone', 'attempts on their way are not purged');

    const window = there.names.of('address', there.names.id('window', 'default', Buffer.from('b')));
    const permit = await permitOf(two.app, question('eve', 'b', 'x'));
    two.store.turn('away');
    const alone = await permitOf(two.app, question('fay', 'b', 'x'));
    alone.settled('wrong');
    await link.run(script("redis.call('SET', KEYS[1], 'x')"), [window], []);
    two.store.turn('well');
    await eventually(() => two.decisions.isTogether);
    permit.settled('wrong');
    await settledThere();
    t.equal(await kindOf(one.app, question('eve', 'b', 'x')), 'refused');
    t.equal(await kindOf(one.app, question('fay', 'b', 'x')), 'refused');
    t.equal(
      (await contentsOf(link)).find((text) => text.startsWith('ENDLESS')),
      undefined,
    );
  });

  t.test('what is decided without the store is reported to it later, once', async (t) => {
    const there = await site();
    const [one, two] = [await there.instance(), await there.instance()];
    one.store.turn('away');
    for (let i = 0; i < 3; i++) {
      const decision = await ask(one.app, question('ada', 'a', `p${i}`));
      t.equal(decision.kind, 'alone');
      if ('permit' in decision) decision.permit.settled('wrong');
    }
    t.equal(await kindOf(two.app, question('ada', 'b', 'x')), 'allowed', 'the other knows nothing of it yet');
    one.store.turn('well');
    await eventually(() => one.decisions.isTogether);
    t.equal(await kindOf(two.app, question('ada', 'b', 'y')), 'account');
    t.same({ ...one.decisions.counts }, { store: 0, local: 3 });
  });

  t.test('an answer that came too late has counted, and is taken back by what becomes of it', async (t) => {
    const there = await site();
    const [one, two] = [await there.instance(), await there.instance()];
    for (let i = 0; i < 6; i++) {
      one.store.deafTo = 1;
      const decision = await ask(one.app, question('ada', 'a', `p${i}`));
      t.equal(decision.kind, 'alone');
      if ('permit' in decision) decision.permit.settled('undecided');
      await settledThere();
    }
    t.equal(await kindOf(two.app, question('ada', 'a', 'x')), 'allowed', 'six would have been too many');
  });

  for (const isEmptied of [false, true])
    t.test(
      `logins while the store is away push out nothing that counts, however many they are${isEmptied ? ', and it comes back empty' : ''}`,
      async (t) => {
        const there = await site();
        const [one, two] = [await there.instance(), await there.instance()];
        const underWay = await Promise.all([1, 2, 3].map(() => permitOf(one.app, question('ada', 'a', 'right'))));
        one.store.turn('away');
        for (const permit of underWay) permit.settled('right');
        for (let i = 0; i < 3; i++) (await permitOf(one.app, question('ben', 'a', `wrong ${i}`))).settled('wrong');
        for (let i = 0; i < 2; i++) (await permitOf(one.app, question('cyn', 'a', `wrong ${i}`))).settled('wrong');
        await there.turnClock(10);
        (await permitOf(one.app, question('cyn', 'a', 'right'))).settled('right');
        (await permitOf(one.app, question('wiki', 'a', 'wrong'))).settled('wrong');
        await there.turnClock(10);
        for (let i = 0; i < 21_000; i++) {
          const who = i % 2 === 0 ? 'wiki' : `person ${i}`;
          (await permitOf(one.app, question(who, 'a', 'right'))).settled(i % 4 === 3 ? 'undecided' : 'right');
        }
        if (isEmptied) await there.link.run(script("redis.call('FLUSHALL')"), [], []);
        await there.turnClock(0);
        one.store.turn('well');
        if (isEmptied) two.store.turn('well');
        await eventually(() => [one, two].every(({ decisions }) => decisions.isTogether && decisions.isIdle));
        for (let i = 0; i < 3; i++)
          t.equal(await kindOf(two.app, question('ada', 'b', `p${i}`)), 'allowed', 'none is on its way any more');
        t.equal(await kindOf(two.app, question('ben', 'b', 'one more')), 'account');
        for (let i = 0; i < 3; i++)
          t.equal(await kindOf(two.app, question('cyn', 'b', `p${i}`)), 'allowed', 'forgiven');
        await one.decisions.reported();
        const last = 'person 20997';
        for (let i = 0; i < 3; i++) (await permitOf(two.app, question(last, 'b', `wrong ${i}`))).settled('wrong');
        await settledThere();
        t.equal(await kindOf(two.app, question(last, 'c', 'x')), 'account');
        t.equal(
          await kindOf(two.app, question(last, 'a', 'x')),
          'allowed',
          'where it logged in while the store was away',
        );
      },
    );

  t.test('each instance reports what it has seen recently to a store that was emptied', async (t) => {
    const there = await site();
    const heard: Purge[] = [];
    const one = await there.instance();
    const two = await there.instance(0, {}, (purge) => heard.push(purge));
    for (let i = 0; i < 3; i++) (await permitOf(one.app, question('ada', 'a', `p${i}`))).settled('wrong');
    for (let i = 0; i < 3; i++) (await permitOf(two.app, question('eve', 'a', `p${i}`))).settled('wrong');
    await settledThere();
    await there.link.run(script("redis.call('FLUSHALL')"), [], []);
    await there.turnClock(0);
    t.equal(await kindOf(one.app, question('ada', 'a', 'x')), 'alone', 'it is another store');
    await eventually(() => one.decisions.isTogether);
    // The other has decided nothing since, and has still reported what it has seen.
    await eventually(() => two.decisions.isTogether && two.decisions.isIdle);
    for (const asker of [two, one]) {
      t.equal(await kindOf(asker.app, question('ada', 'b', 'y')), 'account');
      t.equal(await kindOf(asker.app, question('eve', 'b', 'y')), 'account', 'what only the other has seen');
    }
    t.same(heard, [{ kind: 'revokeAll' }], 'purges may be among what is gone');
  });

  t.test(
    'what a right password or an operator has forgiven does not come back with a store that was emptied',
    async (t) => {
      const there = await site();
      const [one, two] = [await there.instance(), await there.instance()];
      const guess = async ({ app }: typeof one, account: string, i: number) => {
        (await permitOf(app, question(account, 'a', `p${i}`))).settled('wrong');
        await settledThere();
        await there.turnClock(1000);
      };
      for (let i = 0; i < 3; i++) await guess(one, 'ben', i);
      two.purges.announce({ kind: 'forget', account: 'ben' });
      await eventually(() => one.purges.last === 1);
      for (let i = 0; i < 2; i++) await guess(one, 'ada', i);
      // It is the other instance that the right one comes to.
      (await permitOf(two.app, question('ada', 'a', 'right'))).settled('right');
      await settledThere();
      await there.turnClock(1000);
      for (let i = 2; i < 4; i++) await guess(one, 'ada', i);
      for (let times = 0; times < 3; times++) {
        await link.run(script("redis.call('FLUSHALL')"), [], []);
        await there.turnClock(0);
        await ask(one.app, question('eve', 'a', 'x'));
        await eventually(() => [one, two].every(({ decisions }) => decisions.isTogether && decisions.isIdle));
        t.equal(await kindOf(two.app, question('ben', 'b', 'x')), 'allowed');
        t.equal(await kindOf(two.app, question('ada', 'b', 'x')), 'allowed', 'two since then');
        t.equal(await kindOf(two.app, question('ada', 'b', 'y')), 'account', 'and one on its way');
      }
      two.store.turn('away');
      for (let i = 3; i < 6; i++) await guess(two, 'ben', i);
      one.purges.announce({ kind: 'forget', account: 'ben' });
      await settledThere();
      two.store.turn('well');
      await eventually(() => two.decisions.isTogether && two.decisions.isIdle);
      for (const password of ['y', 'z']) t.equal(await kindOf(two.app, question('ben', 'b', password)), 'allowed');
    },
  );

  t.test('a purge reaches those who listen, and later those who were cut off; names are in none of it', async (t) => {
    const there = await site();
    const heard: [string, Purge][] = [];
    const [one, two, late] = [
      await there.instance(0, {}, (purge) => heard.push(['one', purge])),
      await there.instance(0, {}, (purge) => heard.push(['two', purge])),
      await there.instance(0, {}, (purge) => heard.push(['late', purge])),
    ];
    late.store.turn('away');
    for (let i = 0; i < 3; i++) (await permitOf(one.app, question('ada', 'a', `p${i}`))).settled('wrong');
    await settledThere();
    one.purges.announce({ kind: 'forget', account: 'ada' });
    await eventually(() => heard.length > 0);
    t.same(heard, [['two', { kind: 'forget', account: 'ada' }]]);
    t.equal(await kindOf(two.app, question('ada', 'a', 'p0')), 'allowed', 'forgotten in the store as well');
    late.store.turn('well');
    await eventually(() => late.decisions.isTogether);
    t.same(heard[1], ['late', { kind: 'forget', account: 'ada' }]);
    await there.instance(0, {}, (purge) => heard.push(['fresh', purge]));
    t.same(
      heard.slice(2),
      [['fresh', { kind: 'revoke', account: 'ada' }]],
      'it may have let people in without the store',
    );
    // While it is away, purges wait here.
    late.store.turn('away');
    late.purges.announce({ kind: 'renew', account: 'ben' });
    late.store.turn('well');
    await eventually(() => heard.filter(([, { kind }]) => kind === 'renew').length === 3);
    t.same(new Set(heard.slice(3).map(([who]) => who)), new Set(['one', 'two', 'fresh']));
  });

  t.test('too many purges to be kept are one of everything', async (t) => {
    const there = await site();
    const heard: Purge[] = [];
    const one = await there.instance();
    const late = await there.instance(0, {}, (purge) => heard.push(purge));
    late.store.turn('away');
    for (let i = 0; i < 4200; i++) {
      one.purges.announce({ kind: 'revoke', account: `user ${i}` });
      if (i % 500 === 0) await settledThere();
    }
    await settledThere();
    late.store.turn('well');
    await eventually(() => late.decisions.isTogether);
    t.same(heard, [{ kind: 'revokeAll' }]);
  });

  t.test('a wrong password that is kept for an emptied store does not keep the bind', async (t) => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const there = await site();
    const { app, store } = await there.instance();
    const binds: WeakRef<object>[] = [];
    const guess = async (i: number) => {
      const bind = { decision: undefined as SharedDecision | undefined };
      binds.push(new WeakRef(bind));
      const decision = await new Promise<SharedDecision>((resolve) => {
        const decided = (made: SharedDecision) => {
          bind.decision = made;
          resolve(made);
        };
        const made = app.decide(question(`user ${i}`, 'a', 'p'), decided);
        if (made !== undefined) decided(made);
      });
      if ('permit' in decision) decision.permit.settled('wrong');
    };
    for (let i = 0; i < 20; i++) await guess(i);
    await settledThere();
    store.turn('away');
    for (let i = 20; i < 40; i++) await guess(i);
    await eventually(() => {
      collect();
      return binds.every((bind) => bind.deref() === undefined);
    });
    t.equal(binds.length, 40);
  });

  t.test('addresses are counted by app, and only what failed', async (t) => {
    const there = await site();
    const { decisions } = await there.instance();
    const few = () => ({ ...LIMITS, perAddress: 5 });
    const [gitlab, jira] = [decisions.forApp('gitlab', few), decisions.forApp('jira', few)];
    for (let i = 0; i < 5; i++) {
      (await permitOf(gitlab, question(`right ${i}`, 'a', 'p'))).settled('right');
      (await permitOf(gitlab, question(`user ${i}`, 'a', 'p'))).settled('wrong');
    }
    await settledThere();
    t.equal(await kindOf(gitlab, question('user 9', 'a', 'p')), 'address');
    t.equal(await kindOf(jira, question('user 9', 'a', 'p')), 'allowed');
    t.equal(await kindOf(gitlab, question('right 1', 'a', 'q')), 'allowed', 'it logged in there');
  });

  t.test('nothing that a client sent is in the store', async (t) => {
    const there = await site();
    const one = await there.instance(0, { acceptedTtl: 30_000 });
    const marks = ['MARKaccount', 'MARKaddress', 'MARKpassword', 'MARKversion', 'MARKapp', 'MARKpurged'];
    const app = one.decisions.forApp('MARKapp', () => LIMITS);
    for (const outcome of ['wrong', 'right', 'undecided'] as const)
      (await permitOf(app, question('MARKaccount', 'MARKaddress', `MARKpassword ${outcome}`, 'MARKversion'))).settled(
        outcome,
      );
    await permitOf(app, question('MARKaccount', 'MARKaddress', 'MARKpassword open', 'MARKversion'));
    one.purges.announce({ kind: 'renew', account: 'MARKpurged' });
    await settledThere();
    const all = await contentsOf(link);
    t.ok(all.length > 15);
    const encoded = marks.flatMap((mark) => [
      mark,
      Buffer.from(mark).toString('base64').slice(0, -3),
      Buffer.from(mark).toString('hex'),
    ]);
    for (const text of all) {
      for (const mark of encoded) t.notOk(text.includes(mark), text);
      t.notOk(text.startsWith('ENDLESS'), text);
    }
  });

  t.test(
    'whatever happens in whatever order, no more wrong passwords reach the upstream than with one instance',
    async (t) => {
      const action = fc.oneof(
        {
          weight: 8,
          arbitrary: fc.record({
            kind: fc.constant('try' as const),
            by: fc.nat(2),
            from: fc.nat(2),
            password: fc.nat(9),
          }),
        },
        { weight: 4, arbitrary: fc.record({ kind: fc.constant('judge' as const), which: fc.nat(9) }) },
        {
          weight: 5,
          arbitrary: fc.record({ kind: fc.constant('settle' as const), which: fc.nat(9), isTrouble: fc.boolean() }),
        },
        { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const), by: fc.nat(2) }) },
        { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(20 * MINUTE) }) },
      );
      let mostSeen = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(action, { minLength: 10, maxLength: 80 }), async (actions) => {
          const there = await site();
          const skews = [0, 5 * MINUTE, -5 * MINUTE];
          const instances = await Promise.all(skews.map((skew) => there.instance(skew)));
          /** On their way upstream and back: the upstream has judged some of them. */
          let open: { by: number; permit: Permit; isRight: boolean; isJudged: boolean }[] = [];
          /** The upstream's own count: wrong passwords since the last right one. */
          let failures: number[] = [];
          const judge = (one: (typeof open)[number]) => {
            if (one.isJudged) return;
            one.isJudged = true;
            if (one.isRight) failures = [];
            else failures.push(there.now);
          };
          for (const action of actions) {
            switch (action.kind) {
              case 'try': {
                const { app } = instances[action.by]!;
                const isRight = action.password === 9;
                const password = isRight ? 'right' : `wrong ${action.password}`;
                const decision = await ask(app, question('ada', `address ${action.from}`, password));
                if (decision.kind === 'allowed')
                  open.push({ by: action.by, permit: decision.permit, isRight, isJudged: false });
                else if (!['account', 'refused'].includes(decision.kind)) throw new Error(decision.kind);
                break;
              }
              case 'judge': {
                const one = open[action.which % Math.max(1, open.length)];
                if (one !== undefined) judge(one);
                break;
              }
              case 'settle': {
                const [one] = open.splice(action.which % Math.max(1, open.length), 1);
                if (one === undefined) break;
                const isTrouble = !one.isJudged && action.isTrouble;
                if (!isTrouble) judge(one);
                one.permit.settled(isTrouble ? 'undecided' : one.isRight ? 'right' : 'wrong');
                await settledThere();
                break;
              }
              case 'crash': {
                // What it had sent is judged, and nobody says so.
                for (const one of open) if (one.by === action.by) judge(one);
                open = open.filter(({ by }) => by !== action.by);
                instances[action.by]!.decisions.close();
                instances[action.by] = await there.instance(skews[action.by]);
                break;
              }
              case 'wait':
                // Nothing is on its way for longer than a bind may take.
                await there.turnClock(open.length === 0 ? action.ms : Math.min(action.ms, 100));
                break;
            }
            const lately = failures.filter((at) => at > there.now - LIMITS.accountWindow).length;
            mostSeen = Math.max(mostSeen, lately);
            if (lately > LIMITS.perAccount + 1) return false;
          }
          for (const { decisions } of instances) decisions.close();
          return true;
        }),
        { numRuns: 150 },
      );
      t.ok(mostSeen >= LIMITS.perAccount, `the limit was reached: ${mostSeen}`);
    },
  );
});
