// FreeRADIUS.
import { asService, asUser, below, inFilter, lines, type Recipe } from './recipe.js';

export const freeradius: Recipe = {
  id: 'freeradius',
  title: 'FreeRADIUS',
  place: 'mods-available/ldap, linked into mods-enabled',
  settings: (v) =>
    lines(`
      ldap {
        server = '${v.url}'
        identity = '${v.serviceDN}'
        password = (that account's)
        base_dn = '${v.baseDN}'
        user {
          base_dn = '${v.usersDN}'
          filter = "(uid=%{%{Stripped-User-Name}:-%{User-Name}})"
        }
        group {
          base_dn = '${v.groupsDN}'
          filter = '(objectClass=groupOfNames)'
          name_attribute = cn
          membership_filter = "(member=%{control:Ldap-UserDn})"
          membership_attribute = 'memberOf'
        }
      }
      # in authorize: ldap, and: if (!control:Auth-Type && User-Password) { update control { Auth-Type := ldap } }
      # in authenticate: Auth-Type LDAP { ldap }
    `),
  steps: (v, user) => [
    asService,
    below(v.usersDN, `(uid=${user})`, []),
    below(v.groupsDN, `(&(cn=${inFilter(v.group)})(objectClass=groupOfNames)(member=${inFilter(v.personDN(user))}))`, [
      '1.1',
    ]),
    asUser,
  ],
  notes: [
    'Only PAP (and EAP-TTLS with PAP) can work: the password has to arrive in clear at the server, for it is checked by a bind.',
  ],
};
