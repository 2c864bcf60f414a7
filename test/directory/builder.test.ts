// Snapshots from one read after the other: the same one for the same image, and never for another.
import t from 'tap';
import { SnapshotBuilder } from '../../src/directory/builder.js';
import type { UpstreamImage } from '../../src/directory/reader.js';
import { buildSnapshot } from '../../src/directory/snapshot.js';
import { attribute, image, renamed } from '../layout/image.js';

function make() {
  let time = 0;
  let pauses = 0;
  const builder = new SnapshotBuilder({
    layout: renamed,
    now: () => time++,
    pause: () => Promise.resolve(void pauses++),
  });
  return { builder, pauses: () => pauses };
}

/** The same image in other buffers, as the next read brings it. */
function copied({ gates, everyone, users, groups }: UpstreamImage): UpstreamImage {
  const entry = ({ dn, attributes }: UpstreamImage['users'][number]) => ({
    dn,
    attributes: attributes.map(({ type, values }) => ({ type, values: values.map((value) => Buffer.from(value)) })),
  });
  const copies = new Map([...gates].map(([name, group]) => [name, entry(group)]));
  return { gates: copies, everyone, users: users.map(entry), groups: groups.map(entry) };
}

t.test('an image that says the same is the same snapshot, confirmed', async (t) => {
  const { builder, pauses } = make();
  const first = await builder.build(image);
  t.same(first.entries, buildSnapshot(image, renamed, 0).entries, 'slices give the same result as one go');
  t.ok(pauses() > 10, 'others had their turn');
  const { takenAt } = first;
  t.equal(await builder.build(copied(image)), first);
  t.ok(first.takenAt > takenAt);
});

t.test('whatever changes in it makes another one', async (t) => {
  const { users, groups, gates } = image;
  const group = gates.get('wayk-users')!;
  const [one, two, ...more] = users;
  const changed: UpstreamImage[] = [
    { ...image, users: [one!, ...more] },
    { ...image, users: [two!, one!, ...more] },
    { ...image, users: [{ ...one!, attributes: [...one!.attributes, attribute('title', 'Mate')] }, two!, ...more] },
    { ...image, users: [{ ...one!, attributes: one!.attributes.slice(1) }, two!, ...more] },
    { ...image, groups: groups.slice(1) },
    { ...image, gates: new Map([['wayk-users', { ...group, attributes: group.attributes.slice(0, -1) }]]) },
    { ...image, gates: new Map([['other', group]]) },
    { ...image, gates: new Map([...gates, ['other', group]]) },
    { ...image, everyone: true },
    { ...image, users: [{ ...one!, attributes: [attribute('cn', 'a', 'b')] }, two!, ...more] },
    { ...image, users: [{ ...one!, attributes: [attribute('cn', 'ab', '')] }, two!, ...more] },
    { ...image, users: [{ ...one!, attributes: [attribute('cn', 'ab')] }, two!, ...more] },
  ];
  const { builder } = make();
  const seen = new Set([await builder.build(image)]);
  for (const next of changed) seen.add(await builder.build(next));
  t.equal(seen.size, changed.length + 1);
});
