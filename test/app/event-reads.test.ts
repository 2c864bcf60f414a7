// Reads after events: immediately, again when LDAP may have caught up, and no more of them for many events than for one.
import t from 'tap';
import { EventReads } from '../../src/app/event-reads.js';
import { eventually } from '../support/proxy.js';

/** With a read counted, and times that are short enough to wait for. */
function make(after: readonly number[], between: number, clock = () => performance.now()) {
  const made: number[] = [];
  return { made, reads: new EventReads({ clock, after, between, read: () => made.push(clock()) }) };
}

t.test('each of the reads that follow an event is made, and none when it is stopped', async (t) => {
  // With a stopped clock no read is late enough to merge with the next, however busy the machine is.
  const { made, reads } = make([0, 20, 40], 1, () => 0);
  reads.soon();
  await eventually(() => made.length === 3);
  const stopped = make([0, 1, 2], 1);
  stopped.reads.soon();
  stopped.reads.stop();
  reads.soon();
  await eventually(() => made.length === 6);
  t.equal(stopped.made.length, 0);
});

t.test('many events cause one immediate read, and their later reads are those of the last', async (t) => {
  const { made, reads } = make([0, 60_000], 1);
  for (let i = 0; i < 1000; i++) reads.soon();
  await eventually(() => made.length === 1);
  for (let i = 0; i < 1000; i++) reads.soon();
  await eventually(() => made.length === 2);
  reads.stop();
  t.equal(made.length, 2);
});

t.test('a stream of events does not put off the first read', async (t) => {
  const { made, reads } = make([0, 60_000], 30);
  reads.soon();
  await eventually(() => made.length === 1);
  const stream = setInterval(() => reads.soon(), 1);
  t.teardown(() => clearInterval(stream));
  await eventually(() => made.length >= 3);
  t.pass('it is made');
  reads.stop();
});
