// What GET /fleet says of each instance.
import t from 'tap';
import { instancesOf } from '../../src/ops/http/fleet-route.js';

t.test('a directory has grown older since its instance said how old it was', async (t) => {
  const present = { instance: 'wiki-1', version: '1', startedAt: '', ready: true, why: '', isDated: true };
  const instances = [
    { ...present, age: 3000, heard: 9000 },
    { ...present, heard: 2000, isDated: false },
  ];
  const told = instancesOf({ instances, unreadable: 0 } as never).instances ?? [];
  t.match(told, [
    { ageSeconds: 12, heardSeconds: 9, undated: undefined },
    { ageSeconds: undefined, heardSeconds: 2, undated: true },
  ]);
});
