// A login that waits for an equal password at another instance: no longer than that instance can take, even if it has crashed.
import t from 'tap';
import { BATCH } from '../../src/fleet/decision-scripts/batch.js';
import { GREET } from '../../src/fleet/decision-scripts/meta.js';
import { connected, someNames } from '../support/fleet-store.js';
import { eventually } from '../support/proxy.js';
import { TestRedis } from '../support/redis.js';

const server = await TestRedis.start(t);
const store = await connected(t, server);

t.test('beyond its flight the password of an instance that crashed is not waited for', async (t) => {
  const names = someNames();
  const [meta, purges] = [names.of('meta'), names.of('purges')];
  const [epoch] = (await store.run(GREET, [meta, purges], ['e', '', 60_000, names.of('epoch')], 1000)) as [string];
  // One wrong password in a minute, 50 ms in flight.
  const decide = async (token: string) =>
    String(
      await store.run(
        BATCH,
        [meta],
        [epoch, `l 1 60000 50 100 60000 60000 0\nd account ${token} address counter password r -\n`],
        1000,
      ),
    );
  t.match(await decide('crashed'), /^allowed /);
  t.match(await decide('waits'), /^(wait|account) /);
  await eventually(async () => /^account /.test(await decide('waits')));
});
