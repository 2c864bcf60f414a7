// Fortinet FortiGate. The settings: FortiOS CLI reference, "config user ldap"; its questions: the four steps of a regular bind in the
// debug output of fnbamd (service bind, search of the DN, user's bind, read of the group attribute).
import { asService, asUser, below, entryOf, isSecure, lines, type Recipe, type Values } from './recipe.js';

const place = 'command line; or User & Authentication › LDAP Servers';

const settings = (v: Values, attribute: string) =>
  lines(`
    config user ldap
        edit "JumpCloud"
            set server "${v.host}"
            set port ${v.port}
            set secure ${isSecure(v) ? 'ldaps' : 'disable'}
            set cnid "${attribute}"
            set dn "${v.usersDN}"
            set type regular
            set username "${v.serviceDN}"
            set password (that account's)
            set group-member-check user-attr
            set member-attr "memberOf"
        next
    end
    config user group
        edit "JumpCloud users"
            set member "JumpCloud"
            config match
                edit 1
                    set server-name "JumpCloud"
                    set group-name "${v.groupDN}"
                next
            end
        next
    end
  `);

const steps = (v: Values, user: string, attribute: string) => [
  asService,
  below(v.usersDN, `(${attribute}=${user})`, []),
  asUser,
  entryOf(v.personDN(user), ['memberOf'], '(cn=*)'),
];

const notes = [
  'The group has to be spelt exactly as here: it is compared as text.',
  'It reads the groups as the user: at JumpCloud itself that finds nothing.',
  '`diagnose test authserver ldap JumpCloud USER PASSWORD` tries a login.',
];

export const fortigate: Recipe = {
  id: 'fortigate',
  title: 'FortiGate',
  place,
  settings: (v) => settings(v, 'uid'),
  steps: (v, user) => steps(v, user, 'uid'),
  notes,
  activeDirectory: {
    place,
    settings: (v) => settings(v, 'sAMAccountName'),
    steps: (v, user) => steps(v, user, 'sAMAccountName'),
    notes,
  },
};
