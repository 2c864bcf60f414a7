// Zabbix. Its questions: ui/include/classes/ldap/CLdap.php in zabbix/zabbix; the form: its manual, "LDAP".
import { asService, asUser, below, inFilter, lines, type Recipe, type Values } from './recipe.js';

const place = 'Users › Authentication › LDAP settings › Servers';

const settings = (v: Values, attribute: string) =>
  lines(`
    Host                       ${v.url}
    Base DN                    ${v.usersDN}
    Search attribute           ${attribute}
    Bind DN                    ${v.serviceDN}
    Bind password              (that account's)
    Search filter              (&(%{attr}=%{user})(memberOf=${inFilter(v.groupDN)}))

    Configure JIT provisioning yes
    Group configuration        memberOf
    Group name attribute       cn
    User group membership attribute  memberOf
    User name attribute        givenName
    User last name attribute   sn
    User group mapping         ${v.group}
  `);

const steps = (v: Values, user: string, attribute: string) => {
  const filter = `(&(${attribute}=${user})(memberOf=${inFilter(v.groupDN)}))`;
  return [
    asService,
    below(v.usersDN, filter, ['dn']),
    asUser,
    asService,
    below(v.usersDN, filter, ['memberof', 'givenname', 'sn']),
  ];
};

const notes = ['Without JIT provisioning people have to be made in Zabbix before they can log in.'];

export const zabbix: Recipe = {
  id: 'zabbix',
  title: 'Zabbix',
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
