// FreeRADIUS. Its questions: src/modules/rlm_ldap in FreeRADIUS/freeradius-server.
import { asService, asUser, below, inBothLayouts, inFilter, lines, type Recipe, type Values } from './recipe.js';

const place = 'mods-available/ldap, linked into mods-enabled';

const settings = (v: Values, attribute: string, group: string) =>
  lines(`
    ldap {
      server = '${v.url}'
      identity = '${v.serviceDN}'
      password = (that account's)
      base_dn = '${v.baseDN}'
      user {
        base_dn = '${v.usersDN}'
        filter = "(${attribute}=%{%{Stripped-User-Name}:-%{User-Name}})"
      }
      group {
        base_dn = '${v.groupsDN}'
        filter = '(objectClass=${group})'
        name_attribute = cn
        membership_filter = "(member=%{control:Ldap-UserDn})"
        membership_attribute = 'memberOf'
      }
    }
    # in authorize: ldap, and: if (!control:Auth-Type && User-Password) { update control { Auth-Type := ldap } }
    # in authenticate: Auth-Type LDAP { ldap }
  `);

const steps = (v: Values, user: string, attribute: string, group: string) => [
  asService,
  below(v.usersDN, `(${attribute}=${user})`, []),
  below(v.groupsDN, `(&(cn=${inFilter(v.group)})(objectClass=${group})(member=${inFilter(v.personDN(user))}))`, [
    '1.1',
  ]),
  asUser,
];

const notes = [
  'Only PAP (and EAP-TTLS with PAP) can work: the password has to arrive at the server in cleartext, because it is checked by a bind.',
];

const twin = inBothLayouts({ place, settings, steps, notes });

export const freeradius: Recipe = {
  id: 'freeradius',
  title: 'FreeRADIUS',
  ...twin,
  activeDirectory: { ...twin.activeDirectory, notes: [...notes, 'MS-CHAP (ntlm_auth) needs a real domain.'] },
};
