// `jumpgate explain` against a running instance: what JumpCloud has against a user counts, and the last refused logins of the name are shown.
import t from 'tap';
import { bindAs, cloudSite } from '../support/cloud-site.js';
import { run } from '../support/command.js';
import { eventually, userDN } from '../support/proxy.js';
import { printedJson } from '../support/schemas.js';

const MEMBER = 'quillon.varrek';
const EXPIRED = 'daxon.wyrmell';
const LOCKED = 'philo.estrande';
const LEAVING = 'svenja.ulmarik';
const SUSPENDED = 'tavian.bruskel';

t.test('a member whom JumpCloud refuses does not get in, whatever the password', async (t) => {
  const { upstream, proxy } = await cloudSite(t, {
    prepare: (upstream) => {
      upstream.addToGroup('wayk-users', SUSPENDED);
      upstream.setState(SUSPENDED, { suspended: true });
    },
  });
  const explain = (...args: string[]) => run(['explain', ...args, '--url', proxy.app.opsUrl ?? '']);
  const fine = await explain(MEMBER);
  t.match(fine, { code: 0, out: /→ the password would be sent[\s\S]*then sees/ });
  t.notMatch(fine.out, /does not get in/);
  for (const [name, said] of [
    [SUSPENDED, /JumpCloud +suspended: /],
    [LOCKED, /JumpCloud +locked: /],
    [EXPIRED, /JumpCloud +password-expired: /],
  ] as const) {
    const { code, out } = await explain(name);
    t.equal(code, 4, name);
    t.match(out, said);
    t.match(
      out,
      /→ the password would be sent.*\n +→ does not get in: JumpCloud refuses this user, whatever the password\n/,
    );
    t.notMatch(out, /then sees/, 'nobody who is refused sees anything');
    const { code: jsonCode, out: json } = await explain(name, '--json');
    t.equal(jsonCode, 4);
    t.match(printedJson('explain', json), { cloud: { refuses: 'now' }, refusals: [] });
  }
  // The mirror has the member until it reads again.
  upstream.removeFromGroup('wayk-users', LEAVING);
  const leaving = await explain(LEAVING);
  t.match(leaving, { code: 4, out: /JumpCloud +not-in-group/ });
  t.match(leaving.out, /does not get in: the console has changed; LDAP follows it/);
});

t.test('the last refused logins of a name are shown: when, from where, why and what to do', async (t) => {
  const { upstream, proxy } = await cloudSite(t);
  const explain = (...args: string[]) => run(['explain', ...args, '--url', proxy.app.opsUrl ?? '']);
  t.match((await explain(MEMBER)).out, /last refusals +none of this name among those/);
  for (let i = 0; i < 4; i++) await bindAs(proxy, MEMBER, `wrong-${i}`);
  await bindAs(proxy, 'mirelle.oskand', 'wrong');
  await bindAs(proxy, 'nobody.at.all', 'wrong');
  await bindAs(proxy, `cn=${MEMBER},dc=elsewhere`, 'wrong');
  await bindAs(proxy, MEMBER, 'user-secret-5001');
  const isKnown = async () => (await explain(MEMBER)).out.includes('The password was wrong');
  await eventually(isKnown);
  const { code, out } = await explain(MEMBER);
  t.equal(code, 0, 'it still gets in');
  const lines = out
    .slice(out.indexOf('last refusals'))
    .split('\n')
    .filter((line) => line !== '');
  t.match(
    lines[0],
    /^last refusals +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}49 not-a-user-name {2}from 127\.0\.0\.1:\d+ {2}as cn=quillon\.varrek,dc=elsewhere/,
  );
  t.match(lines[2], /it sent cn=quillon\.varrek,dc=elsewhere, expected is uid=NAME,ou=Users,dc=example,dc=com/);
  t.match(lines[3], /49 wrong-password {2}from 127\.0\.0\.1:\d+ {2}as uid=quillon\.varrek,/);
  t.match(lines.slice(4), [/The password was wrong/, /→ Enter the JumpCloud password/, /49 wrong-password/]);
  t.equal(lines.length, 7, 'three, and each cause once');
  t.notMatch(out, /mirelle|nobody\.at\.all|wrong-[0-9]/);
  const other = printedJson('explain', (await explain('nobody.at.all', '--json')).out);
  t.match(other, {
    answer: { code: 49 },
    refusals: [{ name: userDN('nobody.at.all'), reason: 'unknown-name', code: 49 }],
  });
  upstream.dropConnections();
});

t.test('a name cannot bring anything to a terminal', async (t) => {
  const { proxy } = await cloudSite(t);
  const name = 'cn=mallory,dc=\u001b]0;x\u0007\u202e\nadmin';
  await bindAs(proxy, name, 'wrong');
  const { out } = await run(['explain', name, '--url', proxy.app.opsUrl ?? '']);
  t.match(out, /last refusals .*mallory/);
  t.notMatch(out, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
});
