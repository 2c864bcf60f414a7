// That the comparison is fair: who is called silent is silent, who is called logging logs every operation, and each is compared with its like.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { bindAnswer } from '../../bench/answers.js';
import { askBind } from '../../bench/client.js';
import { mapsNames, PEERS, PRODUCTS, rivalOf, startContestant } from '../../bench/contestants.js';
import { configureLloadd, isLloadd, withoutMissing } from '../../bench/lloadd.js';
import { localDN, passwordOf, uidOf, upstreamDN } from '../../bench/people.js';
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

/** An upstream in a folder of its own, and what a contestant is started with in front of it. Ends with the test. */
async function startAround(t: Test) {
  const folder = mkdtempSync(join(tmpdir(), 'jumpgate-bench-'));
  t.teardown(async () => {
    await endAll();
    rmSync(folder, { recursive: true, force: true });
  });
  const { port, caFile } = await startUpstream(folder);
  const around = { folder, upstreamPort: port, caFile, bindConnections: undefined, profile: undefined, processes: 1 };
  return { folder, port, caFile, around };
}

t.test(
  'the silent peer logs nothing, the logging one each bind and its result',
  { skip: withoutOpenLDAP },
  async (t) => {
    const { folder, port, caFile, around } = await startAround(t);
    t.match(readFileSync(join(folder, 'upstream.conf'), 'utf8'), /^loglevel 0$/m);
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
      ['jumpgate-fleet', 'jumpgate-silent'],
      ['jumpgate-fleet-remembering', 'jumpgate'],
    ],
  );
  const peers = ['back-ldap', 'back-ldap-logging', 'pcache', 'lloadd', 'floor'] as const;
  for (const work of WORKS) t.ok(peersIn(work, peers).includes('back-ldap'), work);
  t.ok(peersIn('login', peers).includes('back-ldap-logging'));
  for (const name of ['floor', 'lloadd'] as const)
    for (const work of WORKS) t.equal(peersIn(work, peers).includes(name), work === 'bind', `${name} in ${work}`);
});

const lloadd = process.env.LLOADD ?? 'lloadd';

t.test('lloadd writes no log, and is what the program says it is', async (t) => {
  const file = configureLloadd(t.testdir(), 636, '/ca.pem', 8);
  t.match(readFileSync(file, 'utf8'), /^loglevel 0$/m);
  t.match(readFileSync(file, 'utf8'), / bindconns=8 /);
  t.notOk(isLloadd('/nonexistent/lloadd'));
  t.notOk(isLloadd(process.execPath), 'another program');
});

t.test('without lloadd the others are compared, and a sentence says so', async (t) => {
  const told: string[] = [];
  const tell = (text: string) => void told.push(text);
  t.same(withoutMissing(['back-ldap', 'floor'], '/nonexistent/lloadd', tell), ['back-ldap', 'floor']);
  t.same(told, [], 'nobody asked for it');
  t.same(withoutMissing(['back-ldap', 'lloadd', 'floor'], '/nonexistent/lloadd', tell), ['back-ldap', 'floor']);
  t.match(told, [/^lloadd is left out: \/nonexistent\/lloadd is missing or is not lloadd/]);
});

t.test('all peers but lloadd are asked by local names', async (t) => {
  t.same(
    [...PRODUCTS, ...PEERS].filter((name) => !mapsNames(name)),
    ['lloadd'],
  );
});

t.test(
  'lloadd is asked by the names of the upstream, and lets in who has the password',
  { skip: withoutOpenLDAP || (!isLloadd(lloadd) && 'lloadd is not here (LLOADD)') },
  async (t) => {
    const { around } = await startAround(t);
    const { ports } = await startContestant('lloadd', { ...around, lloadd });
    t.equal(await askBind(ports[0]!, bindAs(upstreamDN(uidOf(1)), passwordOf(1)), bindAnswer), 0);
    t.not(await askBind(ports[0]!, right, bindAnswer), 0, 'a local name, which it does not map');
  },
);
