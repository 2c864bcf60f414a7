// An upgrade: instances of two versions in one fleet, one of which writes what it has read in another format.
import { randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import t, { type Test } from 'tap';
import type { Client } from '../support/client.js';
import { answerOf, CountingAccounts, passwordOf } from '../support/fleet-crowd.js';
import { areTogether, clientBehind, fleetOf, startFleet } from '../support/fleet-site.js';
import { eventually } from '../support/proxy.js';
import { TestRedis } from '../support/redis.js';
import { assertions } from '../support/small-upstream.js';

/** The program as a later version whose format of images is another one. */
function nextVersion(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'jumpgate-next-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  // Without the bundle of `serve`: the modules are what is changed.
  cpSync('dist', join(folder, 'dist'), { recursive: true, filter: (file) => !/serve\.(cjs|code)$/.test(file) });
  const about = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...about, version: '99.0.0' }));
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  const file = join(folder, 'dist/fleet/image-octets.js');
  const before = readFileSync(file, 'utf8');
  const after = before.replace(/^(export const IMAGE_FORMAT = )\d+;/m, '$199;');
  t.not(after, before);
  writeFileSync(file, after);
  return join(folder, 'dist/main.js');
}

t.test('two versions whose formats differ have a reader each, and count wrong passwords together', async (t) => {
  const accounts = await CountingAccounts.start(['ada', 'grace']);
  const { upstream } = accounts;
  t.teardown(() => upstream.stop());
  let reads = 0;
  upstream.instead.beforeEntries = ({ filter }) => {
    if (assertions(filter).includes('objectclass=posixgroup')) reads++;
    return [];
  };
  const redis = await TestRedis.start(t);
  const next = nextVersion(t);
  const set = ['fleet.decisionTime=5s', 'directory.refresh=5m', 'directory.membershipAge=10m'];
  const program = (index: number) => (index < 2 ? undefined : [next]);
  const key = randomBytes(32).toString('hex');
  const fleet = await startFleet(t, { upstream, url: () => redis.url, key, set, count: 4, program });
  await eventually(() => areTogether(fleet));
  const parts = await Promise.all(fleet.map(fleetOf));
  t.same(
    parts
      .slice(0, 2)
      .map(({ reading }) => reading?.role)
      .sort(),
    ['reader', 'taker'],
  );
  t.same(
    parts
      .slice(2)
      .map(({ reading }) => reading?.role)
      .sort(),
    ['reader', 'taker'],
  );
  t.equal(reads, 2, 'one read for each version');
  const url = fleet[0]!.opsUrl;
  await eventually(async () => {
    const { instances } = (await (await fetch(`${url}/fleet`)).json()) as {
      instances: { version: string; ready: boolean }[];
    };
    return (
      instances.filter(({ version, ready }) => version === '99.0.0' && ready).length === 2 && instances.length === 4
    );
  });
  const logIn = async (instance: number, password: string, address: string) => {
    const client: Client = await clientBehind(address, fleet[instance % 4]!);
    const code = await answerOf(client, 'ada', password);
    client.destroy();
    return code;
  };
  for (let i = 0; i < 12; i++) t.equal(await logIn(i, `wrong ${i}`, '192.0.2.1'), 49);
  t.equal(accounts.wrong.get('ada'), 3);
  // The old ones go; what is left of them stops nobody.
  await Promise.all(fleet.slice(0, 2).map((one) => one.stop()));
  const [later] = await startFleet(t, { upstream, url: () => redis.url, key, set, count: 1, program: () => [next] });
  t.equal((await fleetOf(later!)).reading?.role, 'taker');
  t.equal(reads, 2);
  const client = await clientBehind('192.0.2.9', later!);
  t.equal(await answerOf(client, 'grace', passwordOf('grace')), 0);
  client.destroy();
});
