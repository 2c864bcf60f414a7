// Who is here: addresses are found again, few are kept without a connection, and strangers make room for each other.
import t from 'tap';
import { Stranger } from '../../src/server/client-address.js';
import type { Client } from '../../src/server/connection-options.js';
import type { Limits } from '../../src/server/limits.js';
import { type Guest, Roster } from '../../src/server/roster.js';

const limits = { connections: 4, connectionsPerAddress: 3, unboundPerAddress: 2 } as Limits;

class Visitor implements Guest {
  place = -1;
  stranger: Stranger | undefined;
  isDisplaced = false;

  constructor(readonly client: Client) {}

  displace(): void {
    this.isDisplaced = true;
  }
}

function house(most: Partial<Limits> = {}) {
  const roster = new Roster<Visitor>(() => ({ ...limits, ...most }));
  const enter = (address: string): Visitor => {
    const visitor = new Visitor({ id: 1, address, origin: roster.originOf(address), port: 1, channel: 'clear' });
    roster.enter(visitor, new Stranger(visitor));
    return visitor;
  };
  return { roster, enter };
}

t.test('an address whose connections have left finds its own again; few such are kept', async (t) => {
  const { roster, enter } = house();
  const first = enter('192.0.2.1');
  roster.closed(first);
  t.equal(roster.originOf('192.0.2.1'), first.client.origin);
  t.equal(roster.size, 0);
  const here = enter('192.0.2.2');
  for (let i = 0; i < 100; i++) roster.closed(enter(`198.51.100.${i}`));
  t.not(roster.originOf('192.0.2.1'), first.client.origin, 'forgotten');
  t.equal(roster.originOf('192.0.2.2'), here.client.origin, 'in use');
  const kept = (roster as unknown as { origins: Map<string, unknown> }).origins.size;
  t.ok(kept <= 66, `${kept} addresses`);
});

t.test('a name that left and came back is in use, however often it was seen leaving', async (t) => {
  const { roster, enter } = house();
  for (let i = 0; i < 40; i++) roster.closed(enter('192.0.2.1'));
  const here = enter('192.0.2.1');
  for (let i = 0; i < 100; i++) roster.closed(enter(`198.51.100.${i}`));
  t.equal(roster.originOf('192.0.2.1'), here.client.origin);
  t.equal(here.client.origin.connections, 1);
});

t.test(
  'who has proved no identity makes room, the oldest first; who waits for an answer does not for its address',
  async (t) => {
    const { roster, enter } = house();
    const [one, two] = [enter('192.0.2.1'), enter('192.0.2.1')];
    roster.asks(one);
    const three = enter('192.0.2.1');
    t.same(
      [one, two, three].map(({ isDisplaced }) => isDisplaced),
      [false, false, false],
    );
    t.equal(roster.refusal(one.client.origin), 'too many connections from this address');
    roster.fails(one);
    roster.closed(three);
    enter('192.0.2.1');
    t.same(
      [one, two].map(({ isDisplaced }) => isDisplaced),
      [false, true],
      'who failed is the youngest again',
    );
  },
);

t.test('a full house has room where a stranger is, and no more when all have an identity', async (t) => {
  const { roster, enter } = house();
  const all = [1, 2, 3, 4].map((i) => enter(`192.0.2.${i}`));
  const next = roster.originOf('192.0.2.9');
  for (const one of all.slice(1)) roster.bound(one);
  t.equal(roster.refusal(next), undefined);
  t.same(
    all.map(({ isDisplaced }) => isDisplaced),
    [true, false, false, false],
  );
  t.equal(roster.refusal(next), 'too many connections', 'until it has left');
  roster.closed(all[0]!);
  t.equal(roster.refusal(next), undefined);
});

t.test('the last that leaves ends the wait for all', async (t) => {
  const { roster, enter } = house();
  let empty = 0;
  roster.onEmpty = () => empty++;
  const [one, two] = [enter('192.0.2.1'), enter('192.0.2.2')];
  roster.closed(one);
  t.equal(empty, 0);
  roster.closed(two);
  t.equal(empty, 1);
});
