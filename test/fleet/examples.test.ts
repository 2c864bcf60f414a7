// The examples of the documents that need a fleet: three instances, the store with the user that docs/fleet.md gives it, and what is said of both.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { GROUPS } from '../../src/demo/people.js';
import type { Running } from '../support/examples/place.js';
import { Scene } from '../support/examples/scene.js';
import { ADA, documents, examples, startSite, suiteOf } from '../support/examples/site.js';
import { ask } from '../support/fleet-store.js';
import { freePort } from '../support/ports.js';
import { eventually } from '../support/proxy.js';
import { TestRedis, withoutStore } from '../support/redis.js';

const own = examples.filter((one) => suiteOf(one) === 'fleet');
const isUser = (one: (typeof own)[number]) => one.kind?.kind === 'snippet' && one.kind.is === 'a user of the store';

t.test('examples of a fleet', { skip: withoutStore }, async (t) => {
  const ops = `127.0.0.1:${await freePort()}`;
  const [user] = own.filter(isUser).map(({ text }) => text);
  const name = /^user (\w+) /.exec(user ?? '')?.[1];
  if (user === undefined || name === undefined) throw new Error('no document has a user of the store');
  const aclFile = join(t.testdir({}), 'users.acl');
  writeFileSync(aclFile, `${user.replace('>PASSWORD', '>fleet-secret')}\n`);
  const redis = await TestRedis.start(t, ['--aclfile', aclFile]);

  const { place, upstream, configure, usual } = await startSite(t, {
    replaced: [['127.0.0.1:9389', ops]],
    env: { JUMPGATE_FLEET_URL: redis.url, JUMPGATE_FLEET_USER: name, JUMPGATE_LISTEN_LDAP: '127.0.0.1:0' },
  });
  for (const uid of GROUPS.find((group) => group.name === 'wayk-users')!.members.slice(1))
    upstream.removeFromGroup('wayk-users', uid);
  t.not(ADA.uid, GROUPS[0]!.members[0], 'two members are left');
  const fleet = examples.find(
    ({ block, kind }) => block.document === 'docs/fleet.md' && kind?.kind === 'configuration',
  );
  configure(`${usual}\n${fleet?.text ?? ''}`);
  const instances: Running[] = [];
  for (const number of [1, 2, 3]) {
    const env = { JUMPGATE_FLEET_INSTANCE: `wiki-${number}`, JUMPGATE_OPS_HTTP: number === 2 ? ops : '127.0.0.1:0' };
    const instance = place.start('exec jumpgate serve --config jumpgate.yaml', env);
    await instance.until(() => instance.out().includes('"msg":"ready: '));
    instances.push(instance);
  }
  const scene = new Scene({ place, ldap: '', ops, passwords: {} });
  scene.open(ops);
  await eventually(async () => {
    const { out } = await place.run('jumpgate fleet', '', { JUMPGATE_OPS_HTTP: ops });
    return out.includes('3 instances') && (out.match(/ yes /g) ?? []).length === 3;
  });
  for (const example of own.filter((one) => !isUser(one))) await scene.play(t, example.block, example.kind!);
  t.match(documents.get('docs/fleet.md'), /`jumpgate fleet --json`/);
  const { out } = await place.run('jumpgate fleet --json', '', { JUMPGATE_OPS_HTTP: ops });
  t.match(JSON.parse(out), { instances: { length: 3 } });

  // What else an instance asks of the store: decisions, revocations, and the lease that one passes on.
  const url = /"ldap":"([^"]+)"/.exec(instances[0]!.out())?.[1];
  const login = (password: string) =>
    place.run(`ldapwhoami -x -H ${url} -D 'uid=${ADA.uid},ou=Users,dc=example,dc=com' -w ${password}`);
  t.equal((await login('wrong')).code, 49);
  t.equal((await login(ADA.password)).code, 0);
  t.match(await place.run(`jumpgate purge ${ADA.uid}`, '', { JUMPGATE_OPS_HTTP: ops }), { code: 0 });
  await instances[0]!.stop();
  await instances[2]!.until(() =>
    /this instance reads the directory for all/.test(instances[1]!.out() + instances[2]!.out()),
  );
  t.equal(ask(redis, 'ACL', 'LOG'), '', 'this user may do all of it');
});
