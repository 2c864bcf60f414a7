// 20,000 members behind an OpenLDAP server that ends each search at 500 entries: all are found, by one refresh's worth of entries.
import { readFileSync } from 'node:fs';
import t from 'tap';
import { makeAuthority } from '../../src/demo/certificate.js';
import { ORG_ID, READER } from '../../src/demo/people.js';
import { crowd } from '../support/crowded-openldap.js';
import { directory, OpenLDAP, withoutOpenLDAP } from '../support/openldap.js';
import { eventually, startProxy } from '../support/proxy.js';

const MEMBERS = 20_000;

t.test('sizelimit 500 and 20,000 members', { skip: withoutOpenLDAP }, async (t) => {
  const server = await OpenLDAP.start(t.testdir(), await makeAuthority(), crowd(MEMBERS, 'sizelimit 500'));
  t.teardown(() => server.kill());
  const caPem = readFileSync(server.caFile, 'utf8');
  const reader = { dn: directory.userDN(READER.uid), password: READER.password };
  const proxy = await startProxy({ url: server.url, caPem, orgId: ORG_ID, reader }, {}, false);
  t.teardown(() => proxy.stop());
  const reads = () => proxy.log.filter((line) => line.includes('mirror: read"'));
  for (let tries = 0; tries < 8 && reads().length === 0; tries++)
    await eventually(() => reads().length > 0).catch(() => {});
  t.equal(proxy.app.readiness().snapshot.members, MEMBERS + 9);
  const before = server.searches().length;
  for (let tries = 0; tries < 8 && reads().length === 1; tries++)
    await eventually(() => reads().length > 1).catch(() => {});
  const searches = server.searches().slice(before);
  const entries = searches.reduce((sum, one) => sum + one.entries, 0);
  t.ok(entries >= MEMBERS && entries < 1.05 * MEMBERS, `${entries} entries in ${searches.length} searches`);
  t.comment(reads().join('\n'));
});
