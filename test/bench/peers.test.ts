// That the comparison is fair: who is called silent is silent, who is called logging logs every operation, and each is compared with its like.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { bindAnswer } from '../../bench/answers.js';
import { askBind } from '../../bench/client.js';
import { PRODUCTS, rivalOf, startContestant } from '../../bench/contestants.js';
import { localDN, passwordOf, uidOf } from '../../bench/people.js';
import { endAll } from '../../bench/processes.js';
import { bindAs } from '../../bench/requests.js';
import { configurePeer, startUpstream } from '../../bench/slapd.js';
import { peersIn, WORKS } from '../../bench/works.js';
import { withoutOpenLDAP } from '../support/openldap.js';

const BINDS = 20;
const right = bindAs(localDN(uidOf(1)), passwordOf(1));
const lines = (file: string, part: string) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.includes(part)).length;

t.test(
  'the silent peer logs nothing, the logging one each bind and its result',
  { skip: withoutOpenLDAP },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'jumpgate-bench-'));
    t.teardown(async () => {
      await endAll();
      rmSync(folder, { recursive: true, force: true });
    });
    const { port, caFile } = await startUpstream(folder);
    t.match(readFileSync(join(folder, 'upstream.conf'), 'utf8'), /^loglevel 0$/m);
    const around = { folder, upstreamPort: port, caFile, bindConnections: undefined, profile: undefined, processes: 1 };
    // The level of syslog, which a debug level of 0 does not touch.
    for (const name of ['back-ldap', 'back-ldap-logging', 'pcache'] as const)
      t.match(readFileSync(configurePeer(name, folder, port, caFile), 'utf8'), /^loglevel 0$/m, name);

    const logging = await startContestant('back-ldap-logging', around);
    logging.tidy();
    for (let i = 0; i < BINDS; i++) t.equal(await askBind(logging.ports[0]!, right, bindAnswer), 0);
    const log = join(folder, `back-ldap-logging-${port}.log`);
    t.ok(lines(log, 'BIND dn="uid=user00001') >= BINDS, 'a line for each bind');
    t.ok(lines(log, 'RESULT tag=97 err=0') >= BINDS, 'a line for each result');
    await logging.stop();

    const silent = await startContestant('jumpgate-silent', around);
    for (let i = 0; i < BINDS; i++) t.equal(await askBind(silent.ports[0]!, right, bindAnswer), 0);
    await silent.stop();
    t.equal(lines(join(folder, 'jumpgate-silent-0.log'), ''), 1, 'no line');
  },
);

t.test('like is compared with like', async (t) => {
  t.same(
    PRODUCTS.map((name) => [name, rivalOf(name)]),
    [
      ['jumpgate', 'back-ldap'],
      ['jumpgate-forwarding', 'back-ldap-logging'],
      ['jumpgate-silent', 'back-ldap'],
    ],
  );
  const peers = ['back-ldap', 'back-ldap-logging', 'pcache', 'floor'] as const;
  for (const work of WORKS) t.ok(peersIn(work, peers).includes('back-ldap'), work);
  t.ok(peersIn('login', peers).includes('back-ldap-logging'));
  t.notOk(peersIn('search1', peers).includes('floor'), 'which forwards binds alone');
});
