// JumpCloud's regions by their hosts, and what is said of other hosts.
import t from 'tap';
import { asksForSecondFactor } from '../../src/upstream/endpoint.js';
import { regionHint, regionOf, strayHostHint } from '../../src/upstream/regions.js';

t.test('the hosts of each region are known, with a second factor and in any spelling', async (t) => {
  for (const [host, name] of [
    ['ldap.jumpcloud.com', 'standard (US)'],
    ['ldap-mfa.jumpcloud.com', 'standard (US)'],
    ['LDAP.EU.JumpCloud.com.', 'EU'],
    ['ldap-mfa.eu.jumpcloud.com', 'EU'],
    ['ldap.in.jumpcloud.com', 'India'],
  ] as const)
    t.equal(regionOf(host)?.name, name, host);
  t.ok(asksForSecondFactor('ldap-mfa.eu.jumpcloud.com'));
  for (const host of ['localhost', 'ldap.jumpcloud.com.example.net', 'xldap.jumpcloud.com', 'ldap.eu.example.net', ''])
    t.same([regionOf(host), regionHint(host), strayHostHint(host)].slice(0, 2), [undefined, undefined], host);
});

t.test('the hint names the console of the host and the hosts of the others', async (t) => {
  const hint = regionHint('ldap.jumpcloud.com') ?? '';
  t.match(hint, /belongs to one region/);
  t.match(hint, /ldap\.jumpcloud\.com goes with console\.jumpcloud\.com/);
  t.match(hint, /ldap\.eu\.jumpcloud\.com with console\.eu\.jumpcloud\.com/);
});

t.test('a host of JumpCloud’s that is not an LDAP host is reported', async (t) => {
  for (const host of ['eu.ldap.jumpcloud.com', 'console.jumpcloud.com', 'jumpcloud.com'])
    t.match(strayHostHint(host), /ldap\.eu/, host);
  for (const host of ['ldap.eu.jumpcloud.com', 'notjumpcloud.com', 'localhost'])
    t.equal(strayHostHint(host), undefined, host);
});
