// go-ldap's own tests, as their authors run them against slapd: anonymous where the tests are, and with every connection bound.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { makeAuthority } from '../../src/demo/certificate.js';
import { ORG_ID, READER } from '../../src/demo/people.js';
import { userDN } from '../../src/demo/tree.js';
import { likeJumpCloud, OpenLDAP } from '../support/openldap.js';
import { startProduct } from '../support/product.js';
import { BASE } from '../support/proxy.js';
import { type GoTests, goModule, goTest, patch, withoutGo } from './go.js';
import { judge, SUITES } from './suites.js';

const VERSION = 'v3.4.15';
const SUM = 'h1:eRB4f4Ecn1POL1mO86+uUDlecmyWsdiJwh60bAUS4UY=';
const ADMIN = { dn: `cn=admin,${BASE}`, password: 'admin123' };

/** What the authors load, with the names of people as they are here. */
const LDIF = `dn: ${BASE}
objectClass: dcObject
objectClass: organization
o: example
dc: example

dn: ou=people,${BASE}
objectClass: organizationalUnit
ou: people

dn: uid=DoeJo,ou=people,${BASE}
objectClass: inetOrgPerson
uid: DoeJo
cn: DoeJo
sn: Doe
givenName: John
description: a person`;

const BIND = `Bind("${ADMIN.dn}", "${ADMIN.password}")`;

/** Binds every connection before it is used, and again behind StartTLS, which forgets who was bound. */
const BOUND = `package ldap

import "crypto/tls"

func dialBound(addr string, opts ...DialOpt) (*Conn, error) {
	l, err := DialURL(addr, opts...)
	if err == nil {
		err = l.${BIND}
	}
	return l, err
}

func secureAndBind(l *Conn, config *tls.Config) error {
	if err := l.StartTLS(config); err != nil {
		return err
	}
	return l.${BIND}
}
`;

interface Server {
  readonly ldap: string;
  readonly ldaps: string;
}

/** The tests against one server; `isBound` binds every connection first. */
async function tests({ ldap, ldaps }: Server, isBound: boolean): Promise<GoTests> {
  const folder = await goModule('github.com/go-ldap/ldap/v3', VERSION, SUM, 'go-ldap');
  patch(join(folder, 'ldap_test.go'), [
    ['ldap://127.0.0.1:3389', ldap],
    ['ldaps://127.0.0.1:3636', ldaps],
    ['cn=DoeJo,ou=people', 'uid=DoeJo,ou=people'],
  ]);
  if (isBound) bindEverywhere(folder);
  return goTest(folder);
}

function bindEverywhere(folder: string): void {
  writeFileSync(join(folder, 'bound_test.go'), BOUND);
  patch(join(folder, 'search_test.go'), [['DialURL(ldapServer', 'dialBound(ldapServer']]);
  patch(join(folder, 'ldap_test.go'), [
    ['DialURL(ldap', 'dialBound(ldap'],
    ['l.StartTLS(&', 'secureAndBind(l, &'],
    ['l.UnauthenticatedBind("")', `l.${BIND}`],
  ]);
}

t.test('go-ldap’s tests fail where they fail against slapd, and where it is listed', { skip: withoutGo }, async (t) => {
  const folder = t.testdir({ peer: {}, upstream: {}, product: {} });
  const authority = await makeAuthority();
  const peer = await OpenLDAP.start(join(folder, 'peer'), authority, {
    suffix: BASE,
    ldif: LDIF,
    access: `rootdn "${ADMIN.dn}"\nrootpw ${ADMIN.password}\naccess to * by * read`,
  });
  t.teardown(() => peer.kill());
  const doe = { uid: 'DoeJo', cn: 'John Doe', password: 'user-secret-doe' };
  const upstream = await OpenLDAP.start(join(folder, 'upstream'), authority, likeJumpCloud([doe]));
  t.teardown(() => upstream.kill());
  const product = await startProduct({
    upstream: {
      url: upstream.url,
      caPem: authority.caPem,
      orgId: ORG_ID,
      reader: { dn: userDN(READER.uid), password: READER.password },
    },
    folder: join(folder, 'product'),
    tls: await authority.issue(['localhost', '127.0.0.1']),
    set: ['local.users=ou=people'],
    config: JSON.stringify({ local: { serviceAccounts: [ADMIN] } }),
  });
  t.teardown(() => product.stop());
  const slapd = { ldap: `ldap://127.0.0.1:${peer.clearPort}`, ldaps: `ldaps://127.0.0.1:${peer.port}` };
  const jumpgate = { ldap: product.url, ldaps: product.ldapsUrl };

  for (const [suite, isBound] of [
    ['go-ldap, anonymous', false],
    ['go-ldap, bound', true],
  ] as const) {
    await t.test(suite, async (t) => {
      const real = await tests(slapd, isBound);
      const ours = await tests(jumpgate, isBound);
      t.ok(ours.passed.length > 300, `${ours.passed.length} of its tests pass`);
      t.same(ours.skipped, real.skipped);
      const more = ours.failed.filter((name) => !real.failed.includes(name));
      const { differences } = SUITES[suite];
      t.same(judge(differences, more), { unlisted: [], outdated: [] }, suite, { said: ours.text });
    });
  }
  await t.test('its tests fail where nobody answers', async (t) => {
    const { failed } = await tests({ ldap: 'ldap://127.0.0.1:9', ldaps: 'ldaps://127.0.0.1:9' }, false);
    t.ok(failed.includes('TestSearch') && failed.includes('TestStartTLS'));
  });
});
