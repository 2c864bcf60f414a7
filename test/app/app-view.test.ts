// The snapshots of apps over those of the mirror: a reader of the mirror's newest snapshot sees every app's newest.
import t from 'tap';
import { AppView, AppViews } from '../../src/app/app-view.js';
import { LargeValues } from '../../src/directory/apps/app-snapshot.js';
import { buildSnapshot } from '../../src/directory/snapshot.js';
import { JUMPCLOUD_FACE } from '../../src/layout/face.js';
import { BASE_LAYOUT } from '../directory/apps/organisation.js';
import { person } from '../layout/image.js';

const shape = {
  ...{ layout: BASE_LAYOUT, face: JUMPCLOUD_FACE, derived: [], dropped: [] },
  schema: { attributeTypes: [], objectClasses: [] },
};
const viewOf = () => new AppView('everyone', shape, new LargeValues());
const base = (uid: string) =>
  buildSnapshot({ gates: new Map(), everyone: true, users: [person(uid)], groups: [] }, BASE_LAYOUT, 0);

t.test('a read that begins before a new configuration and ends behind it is shown to the new apps', async (t) => {
  const views = new AppViews();
  const [before, after] = [viewOf(), viewOf()];
  const [first, second] = [base('brim.tolvane'), base('selka.ruvane')];
  views.use([before]);
  await views.build(first);
  let shown = first;
  // The mirror shows what it has read once all views are there; meanwhile a configuration comes.
  const read = views.build(second).then(() => {
    shown = second;
  });
  await views.prepare([after], () => shown);
  views.use([after]);
  await read;
  t.equal(shown, second);
  t.ok(after.of(shown), 'nobody sees a gap');
});

t.test(
  'a read that begins while a configuration is prepared is built for both, and for the one that stays',
  async (t) => {
    const views = new AppViews();
    const [before, after] = [viewOf(), viewOf()];
    views.use([before]);
    const first = base('brim.tolvane');
    await views.build(first);
    const prepared = views.prepare([after], () => first);
    const second = base('selka.ruvane');
    await Promise.all([views.build(second), prepared]);
    t.ok(before.of(second));
    t.ok(after.of(second));
    views.drop();
    const third = base('Wenna.Ost');
    await views.build(third);
    t.notOk(after.of(third), 'what was prepared in vain costs nothing');
  },
);
