// Scripting languages: Python's two LDAP libraries and PHP's, each asked the same things.
import t from 'tap';
import { BASE, USERS } from '../support/proxy.js';
import { dnOf, GROUP, LOGINS, MEMBER_COUNT, program, SERVICE, startSite, without } from '../support/site.js';

interface Seen {
  readonly codes: readonly number[];
  readonly found: number;
  readonly paged: number;
  readonly own: number;
  readonly isMember: boolean;
  readonly isOther: boolean;
  readonly cn: string;
  readonly whoami: string;
  readonly tls: boolean;
}

const PYTHON_LDAP = `
import json, sys, ldap, ldap.schema
from ldap.controls import SimplePagedResultsControl
q = json.load(sys.stdin)
ldap.set_option(ldap.OPT_X_TLS_CACERTFILE, q['ca'])
c = ldap.initialize(q['url'])
codes = []
for dn, password in q['logins']:
    try:
        c.simple_bind_s(dn, password)
        codes.append(0)
    except ldap.LDAPError as e:
        codes.append(e.args[0]['result'])
c.simple_bind_s(q['service'], q['secret'])
whoami = c.whoami_s()
found = len(c.search_s(q['users'], ldap.SCOPE_SUBTREE, '(objectClass=inetOrgPerson)', ['uid']))
page = SimplePagedResultsControl(True, size=5, cookie='')
paged = 0
while True:
    i = c.search_ext(q['users'], ldap.SCOPE_SUBTREE, '(objectClass=inetOrgPerson)', ['uid'], serverctrls=[page])
    _, data, _, controls = c.result3(i)
    paged += len(data)
    page.cookie = [x for x in controls if x.controlType == page.controlType][0].cookie
    if not page.cookie: break
cn = c.search_s(q['users'], ldap.SCOPE_SUBTREE, '(uid=svenja.ulmarik)', ['cn'])[0][1]['cn'][0].decode()
is_member = c.compare_s(q['group'], 'member', q['member'])
is_other = c.compare_s(q['group'], 'member', q['other'])
subschema = ldap.schema.SubSchema(c.read_subschemasubentry_s(c.search_subschemasubentry_s('')), 0)
assert subschema.get_obj(ldap.schema.ObjectClass, 'jumpcloudUser') is not None
assert subschema.get_obj(ldap.schema.AttributeType, 'memberOf').syntax == '1.3.6.1.4.1.1466.115.121.1.12'
assert not subschema.non_unique_oids and not any(subschema.non_unique_names.values())
c.simple_bind_s(*q['logins'][0])
own = len(c.search_s(q['member'], ldap.SCOPE_BASE, '(objectClass=*)', ['1.1']))
s = ldap.initialize(q['url'])
s.start_tls_s()
s.simple_bind_s(*q['logins'][0])
json.dump(dict(codes=codes, found=found, paged=paged, own=own, cn=cn, isMember=bool(is_member), isOther=bool(is_other), whoami=whoami, tls=True), sys.stdout)
`;

const LDAP3 = `
import json, sys, ssl
from ldap3 import Server, Connection, Tls, ALL, SUBTREE, BASE
from ldap3.core.exceptions import LDAPException
q = json.load(sys.stdin)
tls = Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=q['ca'])
server = Server(q['host'], port=q['port'], get_info=ALL, tls=tls)
codes = []
for dn, password in q['logins']:
    if not password: # the library asks nobody
        codes.append(53)
        continue
    c = Connection(server, user=dn, password=password)
    c.bind()
    codes.append(c.result['result'])
    c.unbind()
c = Connection(server, user=q['service'], password=q['secret'], auto_bind=True)
whoami = c.extend.standard.who_am_i()
c.search(q['users'], '(objectClass=inetOrgPerson)', attributes=['uid'])
found = len(c.entries)
paged = len(list(c.extend.standard.paged_search(q['users'], '(objectClass=inetOrgPerson)', attributes=['uid'], paged_size=5, generator=True)))
c.search(q['users'], '(uid=svenja.ulmarik)', attributes=['cn'])
cn = c.entries[0].cn.value
is_member = c.compare(q['group'], 'member', q['member'])
is_other = c.compare(q['group'], 'member', q['other'])
assert 'jumpcloudUser' in server.schema.object_classes
assert server.info.naming_contexts == [q['base']]
u = Connection(server, user=q['member'], password=q['logins'][0][1], auto_bind=True)
u.search(q['member'], '(objectClass=*)', search_scope=BASE, attributes=['1.1'])
own = len(u.entries)
s = Connection(server, user=q['member'], password=q['logins'][0][1])
s.open()
s.start_tls()
assert s.bind()
json.dump(dict(codes=codes, found=found, paged=paged, own=own, cn=cn, isMember=is_member, isOther=is_other, whoami=whoami, tls=True), sys.stdout)
`;

const PHP = `<?php
$q = json_decode(stream_get_contents(STDIN), true);
ldap_set_option(null, LDAP_OPT_X_TLS_CACERTFILE, $q['ca']);
function open($q) {
  $c = ldap_connect($q['url']);
  ldap_set_option($c, LDAP_OPT_PROTOCOL_VERSION, 3);
  return $c;
}
$c = open($q);
$codes = [];
foreach ($q['logins'] as [$dn, $password]) {
  $codes[] = @ldap_bind($c, $dn, $password) ? 0 : ldap_errno($c);
}
ldap_bind($c, $q['service'], $q['secret']);
$whoami = ldap_exop_whoami($c);
$found = ldap_count_entries($c, ldap_search($c, $q['users'], '(objectClass=inetOrgPerson)', ['uid']));
$paged = 0;
$cookie = '';
do {
  $controls = [['oid' => LDAP_CONTROL_PAGEDRESULTS, 'value' => ['size' => 5, 'cookie' => $cookie]]];
  $r = ldap_search($c, $q['users'], '(objectClass=inetOrgPerson)', ['uid'], 0, 0, 0, LDAP_DEREF_NEVER, $controls);
  ldap_parse_result($c, $r, $code, $matched, $message, $referrals, $answers);
  $paged += ldap_count_entries($c, $r);
  $cookie = $answers[LDAP_CONTROL_PAGEDRESULTS]['value']['cookie'] ?? '';
} while ($cookie !== '');
$cn = ldap_get_entries($c, ldap_search($c, $q['users'], '(uid=svenja.ulmarik)', ['cn']))[0]['cn'][0];
$isMember = ldap_compare($c, $q['group'], 'member', $q['member']);
$isOther = ldap_compare($c, $q['group'], 'member', $q['other']);
ldap_bind($c, $q['logins'][0][0], $q['logins'][0][1]);
$own = ldap_count_entries($c, ldap_read($c, $q['member'], '(objectClass=*)', ['1.1']));
$s = open($q);
$tls = ldap_start_tls($s) && ldap_bind($s, $q['logins'][0][0], $q['logins'][0][1]);
echo json_encode(compact('codes', 'found', 'paged', 'own', 'cn', 'isMember', 'isOther', 'whoami', 'tls'));
`;

for (const [name, file, args, needs] of [
  ['python-ldap', '/usr/bin/python3', ['-c', PYTHON_LDAP], ['/usr/lib/python3/dist-packages/ldap/__init__.py']],
  ['ldap3', '/usr/bin/python3', ['-c', LDAP3], ['/usr/lib/python3/dist-packages/ldap3/__init__.py']],
  ['PHP', '/usr/bin/php', ['-r', PHP.replace('<?php', '')], ['/usr/bin/php', '/etc/php/8.2/cli/conf.d/20-ldap.ini']],
] as const) {
  t.test(`${name}: binds, searches, pages, compares, StartTLS, subschema`, { skip: without(...needs) }, async (t) => {
    const site = await startSite(t);
    const input = JSON.stringify({
      url: `ldap://${site.host}:${site.port}`,
      host: site.host,
      port: site.port,
      ca: site.caFile,
      logins: LOGINS.map(({ uid, password }) => [dnOf(uid), password]),
      service: SERVICE.dn,
      secret: SERVICE.password,
      base: BASE,
      users: USERS,
      group: GROUP,
      member: dnOf('quillon.varrek'),
      other: dnOf('corvane.thessly'),
    });
    const { code, out, err } = await program(file, args, { input });
    t.equal(code, 0, err);
    const seen = JSON.parse(out) as Seen;
    for (const [i, { what, password, isRight }] of LOGINS.entries())
      t.equal(seen.codes[i], isRight ? 0 : password === '' ? 53 : 49, what);
    t.match(seen, {
      found: MEMBER_COUNT,
      paged: MEMBER_COUNT,
      own: 1,
      cn: 'Svenja Ülmarik',
      isMember: true,
      isOther: false,
      whoami: `dn:${SERVICE.dn}`,
      tls: true,
    });
  });
}
