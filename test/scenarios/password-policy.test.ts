// The password policy control against a real OpenLDAP with its ppolicy overlay: what the upstream says of a password, and to whom it is passed on.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { makeAuthority } from '../../src/demo/certificate.js';
import { ORG_ID } from '../../src/demo/people.js';
import { ORG_DN, USERS_DN } from '../../src/demo/tree.js';
import type { Control } from '../../src/ldap/message.js';
import { decodePolicyNews, PASSWORD_POLICY } from '../../src/wire/controls.js';
import { Client, simpleBind } from '../support/client.js';
import { likeJumpCloud, OpenLDAP, withoutOpenLDAP } from '../support/openldap.js';
import { type RunningProxy, startProxy, userDN } from '../support/proxy.js';
import { program } from '../support/site.js';

const AGE = 1_000_000;
const POLICY = `cn=policy,${ORG_DN}`;
const EXPIRING = 'quillon.varrek';
const GRACE = 'tavian.bruskel';
const LOCKED = 'mirelle.oskand';
const OUTSIDER = 'corvane.thessly';
const PASSWORDS: Readonly<Record<string, string>> = {
  [EXPIRING]: 'user-secret-5001',
  [GRACE]: 'user-secret-5003',
  [LOCKED]: 'user-secret-5002',
  [OUTSIDER]: 'user-secret-5005',
};

const time = (ago: number) =>
  `${new Date(Date.now() - ago * 1000)
    .toISOString()
    .replace(/[-:T]|\.\d+/g, '')
    .slice(0, 14)}Z`;

/** The directory with operational attributes of some people. */
function contents() {
  const plain = likeJumpCloud();
  const extra: Readonly<Record<string, string>> = {
    [EXPIRING]: `pwdChangedTime: ${time(AGE - 5000)}`,
    [OUTSIDER]: `pwdChangedTime: ${time(AGE - 5000)}`,
    [GRACE]: `pwdChangedTime: ${time(AGE + 5000)}`,
    [LOCKED]: 'pwdAccountLockedTime: 000001010000Z',
  };
  let { ldif } = plain;
  for (const [uid, line] of Object.entries(extra)) {
    const name = `dn:: ${Buffer.from(`uid=${uid},${USERS_DN}`).toString('base64')}\n`;
    if (!ldif.includes(name)) throw new Error(`${uid} is not there`);
    ldif = ldif.replace(name, `${name}${line}\n`);
  }
  const policy = [
    `dn: ${POLICY}`,
    'objectClass: device',
    'objectClass: pwdPolicy',
    'cn: policy',
    'pwdAttribute: userPassword',
    `pwdMaxAge: ${AGE}`,
    `pwdExpireWarning: ${AGE - 1000}`,
    'pwdGraceAuthNLimit: 5',
    'pwdLockout: TRUE',
  ];
  return { ...plain, ldif: `${ldif.trimEnd()}\n\n${policy.join('\n')}\n`, passwordPolicy: POLICY };
}

const ASK: readonly Control[] = [{ type: PASSWORD_POLICY, critical: false }];

/** Binds with the control; the code and what the response control says (its bytes where it says nothing). */
async function bind({ url }: RunningProxy, uid: string, password = PASSWORDS[uid] ?? '', controls = ASK) {
  const client = await Client.open(url);
  const [answer] = await client.answered(client.send(simpleBind(userDN(uid), password), controls));
  client.destroy();
  if (answer === undefined || !('result' in answer.op)) throw new Error('no answer');
  const values = answer.controls?.map(({ type, value }) => {
    if (type !== PASSWORD_POLICY || value === undefined) throw new Error(type);
    return decodePolicyNews(value);
  });
  return { code: answer.op.result.code, values };
}

t.test('what the upstream says of a password', { skip: withoutOpenLDAP }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'jumpgate-ppolicy-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const authority = await makeAuthority();
  const server = await OpenLDAP.start(folder, authority, contents());
  t.teardown(() => server.kill());
  const upstream = {
    url: server.url,
    caPem: authority.caPem,
    orgId: ORG_ID,
    reader: { dn: `uid=ldap-reader,${USERS_DN}`, password: 'reader-secret-5000' },
  } as const;
  const quiet = await startProxy(upstream);
  t.teardown(() => quiet.stop());
  const telling = await startProxy(upstream, { local: { tellPolicy: true } });
  t.teardown(() => telling.stop());

  t.test('comes with a login whose client has asked, and once per question', async (t) => {
    const first = await bind(quiet, EXPIRING);
    const left = first.values?.[0]?.secondsLeft ?? 0;
    t.match(first, { code: 0, values: [{}] });
    t.ok(left > 3000 && left <= 5000, `${left} s`);
    t.same(await bind(quiet, EXPIRING), { code: 0, values: [{}] }, 'a cached login has no news');
    t.same(await bind(telling, EXPIRING, undefined, []), { code: 0, values: undefined }, 'nor has who has not asked');
    const grace = await bind(quiet, GRACE);
    t.match(grace, { code: 0, values: [{ logInsLeft: Number }] });
    const step = quiet.log.find((line) => line.includes('logins left') && line.includes(GRACE));
    t.ok(step?.includes('accepted upstream, the password has expired'), 'and the log has it');
  });

  t.test('with refusals only where local.tellPolicy says so (R2)', async (t) => {
    const nothing = { code: 49, values: [{}] };
    for (const [uid, password] of [
      [LOCKED, undefined],
      [LOCKED, 'wrong'],
      [OUTSIDER, undefined],
      ['nobody.at.all', 'wrong'],
      [GRACE, 'wrong'],
    ] as const)
      t.same(await bind(quiet, uid, password), nothing, `${uid} ${password ?? 'right'}`);
    t.same(await bind(telling, LOCKED), { code: 49, values: [{ error: 1 }] });
    t.same(await bind(telling, OUTSIDER), nothing, 'a right password of a non-member reveals nothing');
    t.same(await bind(telling, 'nobody.at.all', 'wrong'), nothing);
  });

  t.test('ldapwhoami -e ppolicy shows it', async (t) => {
    const ask = async ({ url }: RunningProxy, uid: string) => {
      const args = ['-x', '-H', url, '-D', userDN(uid), '-w', PASSWORDS[uid] ?? '', '-e', 'ppolicy'];
      const { code, out, err } = await program('/usr/bin/ldapwhoami', args);
      return { code, text: `${out}${err}` };
    };
    const fresh = await startProxy(upstream);
    t.teardown(() => fresh.stop());
    t.match(await ask(fresh, EXPIRING), { code: 0, text: /Password expires in \d+ seconds/ });
    t.match(await ask(fresh, GRACE), { code: 0, text: /grace/i });
    t.notMatch((await ask(fresh, LOCKED)).text, /locked/i);
    const open = await startProxy(upstream, { local: { tellPolicy: true } });
    t.teardown(() => open.stop());
    t.match(await ask(open, LOCKED), { code: 49, text: /Account locked/ });
  });
});
