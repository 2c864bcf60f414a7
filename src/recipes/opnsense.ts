// OPNsense. Its questions: src/opnsense/mvc/app/library/OPNsense/Auth/LDAP.php in opnsense/core.
import { asService, asUser, below, entryOf, inFilter, isSecure, lines, type Recipe, type Values } from './recipe.js';

const place = 'System › Access › Servers › Add, type LDAP';

const settings = (v: Values, attribute: string) =>
  lines(`
    Hostname or IP address     ${v.host}
    Port value                 ${v.port}
    Transport                  ${isSecure(v) ? 'SSL - Encrypted' : 'TCP - Standard'}
    Protocol version           3
    Bind credentials           ${v.serviceDN}
    Search scope               Entire Subtree
    Base DN                    ${v.baseDN}
    Authentication containers  ${v.usersDN}
    Extended Query             memberOf=${inFilter(v.groupDN)}
    User naming attribute      ${attribute}
    Read properties            yes
    Synchronize groups         yes
  `);

const steps = (v: Values, user: string, attribute: string) => [
  asService,
  below(v.usersDN, `(&(${attribute}=${user})(memberOf=${inFilter(v.groupDN)}))`, [
    'displayName',
    'cn',
    'name',
    'mail',
    attribute,
  ]),
  asUser,
  entryOf(v.personDN(user), ['*', 'memberOf'], '(objectclass=*)'),
];

const notes = [
  'The extended query is written without parentheses.',
  'It reads the entry as the user after the login: at JumpCloud itself that finds nothing.',
  'pfSense asks alike: System › User Manager › Authentication Servers.',
];

export const opnsense: Recipe = {
  id: 'opnsense',
  title: 'OPNsense',
  place,
  settings: (v) => settings(v, 'uid'),
  steps: (v, user) => steps(v, user, 'uid'),
  notes,
  activeDirectory: {
    place,
    settings: (v) => settings(v, 'sAMAccountName'),
    // It writes the attribute's name in small letters.
    steps: (v, user) => steps(v, user, 'samaccountname'),
    notes,
  },
};
