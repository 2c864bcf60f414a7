// ldap3's own tests, against slapd and against the product in front of it: what fails here and not there is listed.
import { join } from 'node:path';
import t from 'tap';
import { USERS_DN } from '../../src/demo/tree.js';
import { likeJumpCloud } from '../support/openldap.js';
import { READER } from './crowd.js';
import { type LargeSite, startLargeSite } from './large-site.js';
import { ldap3Tests, python, withoutPython } from './python.js';
import { judge, SUITES } from './suites.js';

/** Those that ask a server. The others try the library's parsers, its mock servers, and what only other directories have. */
const MODULES = [
  ...['AbandonOperation', 'AbstractionDefs', 'AbstractionDefsFromSchema', 'AbstractionSearch', 'AbstractionWrite'],
  ...['AddMembersToGroups', 'AddOperation', 'BindOperation', 'BytesOperation', 'CheckGroupMembership'],
  ...['CheckNamesFalse', 'CheckNamesTrue', 'CheckedAttributes', 'CompareOperation', 'Connection', 'Controls'],
  ...['DeleteOperation', 'Exceptions', 'ExtendedOperations', 'Extensions', 'LDIF-content'],
  ...['ModifyOperation', 'RebindOperation', 'RemoveMembersFromGroups', 'Schema', 'SearchAndModifyEntries'],
  ...['SearchOperation', 'SearchOperationEntries', 'SearchOperationJSON', 'Tls', 'WriterCursor'],
].map((name) => `test${name}`);

/** By ASYNC its StartTLS hangs now and then, against slapd as well: its own thread reads what the handshake waits for. */
const modulesFor = (strategy: string) => MODULES.filter((name) => strategy !== 'ASYNC' || name !== 'testTls');

const OWNER = { dn: 'cn=owner,dc=jumpcloud,dc=com', password: 'owner' };

/** What became of each test: 'ok', 'skipped', or the end of its fault. */
async function ends(
  folder: string,
  site: LargeSite,
  strategy: string,
  isProduct: boolean,
): Promise<Map<string, string>> {
  const { port, tlsPort, upstream } = site;
  const { text } = await python([join(folder, 'run_ldap3.py'), ...modulesFor(strategy)], {
    cwd: folder,
    env: {
      STRATEGY: strategy,
      SERVER_PORT: String(isProduct ? port : upstream.clearPort),
      SERVER_TLS_PORT: String(isProduct ? tlsPort : upstream.port),
      CA_FILE: site.caFile,
      DIRECTORY_PORT: String(upstream.clearPort),
      ...{ ROOT_DN: OWNER.dn, ROOT_PASSWORD: OWNER.password },
      ...{ READER_DN: READER.dn, READER_PASSWORD: READER.password },
      ...{ USERS: USERS_DN, GROUP: `cn=wayk-users,${USERS_DN}` },
    },
  });
  const last = text.trim().split('\n').at(-1) ?? '';
  if (!last.startsWith('{')) throw new Error(`ldap3's tests did not end: ${text.slice(-4000)}`);
  return new Map(Object.entries(JSON.parse(last) as Record<string, string>));
}

for (const strategy of ['SYNC', 'ASYNC', 'REUSABLE'] as const)
  t.test(`ldap3's tests fail where they fail against slapd (${strategy})`, { skip: withoutPython }, async (t) => {
    const contents = likeJumpCloud();
    const access = `rootdn "${OWNER.dn}"\nrootpw ${OWNER.password}\n${contents.access}`;
    const site = await startLargeSite(
      t,
      { ...contents, access },
      { set: ['binds.failuresPerAddress=10000', 'directory.refresh=1s'] },
    );
    const folder = await ldap3Tests();
    const [slapd, product] = await Promise.all(
      [false, true].map((isProduct) => ends(folder, site, strategy, isProduct)),
    );
    if (slapd === undefined || product === undefined) throw new Error('one of two is missing');
    const passed = [...slapd].filter(([, end]) => end === 'ok').map(([name]) => name);
    t.ok(passed.length > 140, `${passed.length} of ${slapd.size} pass against slapd`);
    const failed = passed
      .filter((name) => product.get(name) !== 'ok')
      .map((name) => `${name}: ${product.get(name) ?? 'did not run'}`);
    t.same(judge(SUITES.ldap3.differences, failed), { unlisted: [], outdated: [] });
  });
