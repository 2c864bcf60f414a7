// The refresh loop: swaps whole snapshots, keeps the old one through failures, and is soon back.
import { mock } from 'node:test';
import t from 'tap';
import { NO_GATES } from '../../src/directory/gates.js';
import { Mirror, type MirrorEvent } from '../../src/directory/mirror.js';
import { ReadError, type UpstreamImage } from '../../src/directory/reader.js';
import { Snapshot } from '../../src/directory/snapshot.js';
import { eventually } from '../support/proxy.js';

const IMAGE: UpstreamImage = { gates: new Map(), everyone: true, users: [], groups: [] };

function make(read: () => Promise<UpstreamImage>, refresh = 20) {
  const events: MirrorEvent[] = [];
  let serial = 0;
  const mirror = new Mirror({
    reader: { read },
    build: () => new Snapshot([], ++serial),
    refresh,
    doubt: 0,
    now: () => 0,
    random: () => 0.5,
    log: (event) => void events.push(event),
  });
  t.teardown(() => mirror.stop());
  return { mirror, events };
}

t.test(
  'a failed or partial read keeps the old snapshot and is said once, and so is the recovery (R79, R93)',
  async (t) => {
    let failure: Error | undefined;
    const { mirror, events } = make(() => (failure === undefined ? Promise.resolve(IMAGE) : Promise.reject(failure)));
    await mirror.start();
    const first = mirror.snapshot;
    t.equal(first?.takenAt, 1);
    failure = new ReadError('partial', 'ended with code 4');
    await eventually(() => mirror.state().failures >= 2);
    const kept = mirror.snapshot;
    t.ok((kept?.takenAt ?? 0) >= 1, 'there is a snapshot still');
    t.equal(mirror.snapshot, kept);
    t.match(mirror.state().lastError, { cause: 'partial' });
    const since = mirror.state().failingSince;
    t.type(since, 'number');
    await eventually(() => mirror.state().failures >= 3);
    t.equal(mirror.state().failingSince, since, 'since the first of them');
    t.equal(events.filter(({ kind }) => kind === 'failed').length, 1, 'one line for one kind of failure');
    t.match(
      events.find(({ kind }) => kind === 'failed'),
      { cause: 'partial', error: 'ended with code 4', keepsSnapshot: true },
    );
    failure = undefined;
    await eventually(() => mirror.state().failures === 0);
    t.ok(events.some(({ kind }) => kind === 'recovered'));
    t.not(mirror.snapshot, kept);
    t.equal(mirror.state().lastError, undefined);
    t.equal(mirror.state().failingSince, undefined);
  },
);

t.test('a read asked for while one runs begins after it, and is shared by all who ask meanwhile', async (t) => {
  const running: ((image: UpstreamImage) => void)[] = [];
  const { mirror } = make(() => new Promise((resolve) => running.push(resolve)), 60_000);
  const first = mirror.start();
  const later = [mirror.refreshNow(), mirror.refreshNow()];
  t.equal(running.length, 1);
  running[0]?.(IMAGE);
  await first;
  await eventually(() => running.length === 2);
  running[1]?.(IMAGE);
  t.same(await Promise.all(later), [true, true]);
  t.equal(running.length, 2);
});

t.test('a smaller directory, and the loss of a group, are accepted when the doubt has lasted (R92, R93)', async (t) => {
  let time = 0;
  let next: number | ReadError['kind'] = 10;
  const events: MirrorEvent[] = [];
  const mirror = new Mirror({
    reader: {
      read: () => (typeof next === 'string' ? Promise.reject(new ReadError(next, next)) : Promise.resolve(IMAGE)),
    },
    build: () => ({ memberCount: next, entries: [], gates: NO_GATES }) as unknown as Snapshot,
    refresh: 3_600_000,
    doubt: 60_000,
    now: () => time,
    random: () => 0.5,
    log: (event) => void events.push(event),
  });
  t.teardown(() => mirror.stop());
  const readAt = async (at: number, found: typeof next) => {
    time = at;
    next = found;
    await mirror.refreshNow();
    return mirror.snapshot?.memberCount;
  };
  t.equal(await readAt(0, 10), 10);
  t.equal(await readAt(1000, 5), 5, 'half of them may go immediately');
  t.equal(await readAt(2000, 2), 5, 'a larger loss is not accepted');
  t.match(mirror.state().lastError, { cause: 'shrunk' });
  t.equal(await readAt(61_000, 2), 5);
  t.equal(await readAt(62_000, 2), 2, 'until it has lasted');
  t.equal(await readAt(63_000, 'no-group'), 2);
  t.equal(await readAt(64_000, 2), 2, 'it was a moment only');
  for (const cause of ['no-group', 'empty-group'] as const) {
    t.equal(await readAt(time + 1000, cause), 2);
    t.equal(await readAt(time + 59_000, cause), 2);
    t.equal(await readAt(time + 1000, cause), undefined, `${cause}: nobody is known to be a member`);
    t.match(events.at(-1), { kind: 'gave-up', cause });
    t.equal(await readAt(time + 1000, 2), 2);
  }
  t.equal(await readAt(time + 1000, 'unreachable'), 2);
  t.equal(await readAt(time + 600_000, 'unreachable'), 2, 'an outage takes nobody away');
});

t.test('after its stop a mirror neither reads nor changes', async (t) => {
  let finish: (image: UpstreamImage) => void = () => {};
  let reads = 0;
  const { mirror } = make(() => {
    reads++;
    return new Promise((resolve) => {
      finish = resolve;
    });
  });
  const started = mirror.start();
  mirror.stop();
  finish(IMAGE);
  await started;
  t.equal(mirror.snapshot, undefined);
  await new Promise((resolve) => setTimeout(resolve, 60));
  t.equal(reads, 1);
});

t.test('a fault that lasts is tried again at each refresh, then more seldom; any other one soon', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.teardown(() => mock.timers.reset());
  const refresh = 30_000;
  let cause: ReadError['kind'] = 'size-limit';
  let reads = 0;
  const { mirror } = make(() => {
    reads++;
    return Promise.reject(new ReadError(cause, cause));
  }, refresh);
  const readsAfter = async (ms: number) => {
    const before = reads;
    mock.timers.tick(ms);
    for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
    return reads - before;
  };
  await mirror.start();
  const kinds: ReadError['kind'][] = ['size-limit', 'admin-limit', 'time-limit', 'too-large'];
  for (const [i, times] of [1, 2, 4, 8, 10, 10].entries()) {
    t.equal(mirror.isWithoutList, true, cause);
    t.equal(await readsAfter(refresh * times - 1000), 0, `${cause}: not sooner than after ${times} refreshes`);
    cause = kinds[i % kinds.length]!;
    t.equal(await readsAfter(1000), 1, `${cause}: but then`);
  }
  for (cause of ['partial', 'unreachable', 'refused', 'no-group', 'unseen', 'failed'] as const) {
    await readsAfter(refresh * 10);
    t.equal(mirror.isWithoutList, cause === 'partial', cause);
    t.equal(await readsAfter(1500), 1, cause);
  }
});

t.test('one line says that the directory is read in parts, until it is read whole again', async (t) => {
  let limit: UpstreamImage['searchLimit'] = { code: 4, entries: 500 };
  const { mirror, events } = make(
    () => Promise.resolve(limit === undefined ? IMAGE : { ...IMAGE, searchLimit: limit }),
    3_600_000,
  );
  const lines = () => events.filter(({ kind }) => kind === 'in-parts').length;
  for (let i = 0; i < 3; i++) await mirror.refreshNow();
  t.equal(lines(), 1);
  t.match(
    events.find(({ kind }) => kind === 'in-parts'),
    { limit: /at 500 entries/ },
  );
  limit = undefined;
  await mirror.refreshNow();
  t.equal(mirror.state().searchLimit, undefined);
  limit = { code: 11, entries: 0 };
  await mirror.refreshNow();
  t.equal(lines(), 2);
});

t.test(
  'a defect in a read is reported as one, even if the reader has wrapped it, and an upstream error is not',
  async (t) => {
    const own = new RangeError('Maximum call stack size exceeded');
    for (const [thrown, told] of [
      [own, own],
      [new ReadError('failed', 'a defect of this program', { cause: own }), own],
      [new ReadError('unreachable', 'no way', { cause: new Error('ECONNREFUSED') }), undefined],
    ] as const) {
      const defects: unknown[] = [];
      const mirror = new Mirror({
        reader: { read: () => Promise.reject(thrown) },
        build: () => new Snapshot([], 1),
        refresh: 60_000,
        doubt: 0,
        now: () => 0,
        random: () => 0.5,
        log: () => {},
        defect: (error) => void defects.push(error),
      });
      await mirror.start();
      mirror.stop();
      t.same(defects, told === undefined ? [] : [told]);
      t.equal(mirror.state().lastError?.cause, told === undefined ? 'unreachable' : 'failed');
    }
  },
);
