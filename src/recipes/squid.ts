// Squid. Its questions were watched on a server while basic_ldap_auth and ext_ldap_group_acl ran.
import {
  asService,
  asUser,
  below,
  escapedBackslashes,
  inBothLayouts,
  inFilter,
  lines,
  type Recipe,
  type Values,
} from './recipe.js';

const place = '/etc/squid/squid.conf';

const settings = (v: Values, attribute: string, group: string) => {
  // A backslash escapes in the lines of this file.
  const filter = escapedBackslashes(`(&(${attribute}=%s)(memberOf=${inFilter(v.groupDN)}))`);
  const common = `-v 3 -H ${v.url} -D "${v.serviceDN}" -W /etc/squid/ldap.password`;
  return lines(`
    auth_param basic program /usr/lib/squid/basic_ldap_auth ${common} -b "${v.usersDN}" -f "${filter}"
    auth_param basic children 10
    auth_param basic realm JumpCloud
    acl jumpcloud proxy_auth REQUIRED
    http_access allow jumpcloud
    # by further groups:
    external_acl_type ldap_group %LOGIN /usr/lib/squid/ext_ldap_group_acl ${common} -B "${v.usersDN}" -F "(${attribute}=%s)" -b "${v.groupsDN}" -f "(&(objectClass=${group})(cn=%g)(member=%u))"
    acl may_browse external ldap_group ${listed(v.group)}
  `);
};

/** In quotes an acl's value is a file. */
function listed(group: string): string {
  return /\s/.test(group) ? `"/etc/squid/groups" # a file with the line: ${group}` : group;
}

const steps = (v: Values, user: string, attribute: string, group: string) => [
  asService,
  below(v.usersDN, `(&(${attribute}=${user})(memberOf=${inFilter(v.groupDN)}))`, ['1.1']),
  asUser,
  asService,
  below(v.usersDN, `(${attribute}=${user})`, ['1.1']),
  below(v.groupsDN, `(&(objectClass=${group})(cn=${inFilter(v.group)})(member=${inFilter(v.personDN(user))}))`, [
    '1.1',
  ]),
];

const notes = ['The file ldap.password holds the password alone: keep it readable for Squid only.'];

export const squid: Recipe = {
  id: 'squid',
  title: 'Squid',
  ...inBothLayouts({ place, settings, steps, notes }),
};
