// OpenVPN Access Server. The keys: its manual, "LDAP authentication".
import { asService, asUser, below, inFilter, isSecure, lines, type Recipe, type Values } from './recipe.js';

const place = 'shell, on the server';

const settings = (v: Values, attribute: string) =>
  lines(`
    ./sacli --key "auth.module.type" --value "ldap" ConfigPut
    ./sacli --key "auth.ldap.0.name" --value "JumpCloud" ConfigPut
    ./sacli --key "auth.ldap.0.server.0.host" --value "${v.host}:${v.port}" ConfigPut
    ./sacli --key "auth.ldap.0.use_ssl" --value "${isSecure(v) ? 'always' : 'never'}" ConfigPut
    ./sacli --key "auth.ldap.0.bind_dn" --value "${v.serviceDN}" ConfigPut
    ./sacli --key "auth.ldap.0.bind_pw" --value "$PASSWORD" ConfigPut
    ./sacli --key "auth.ldap.0.users_base_dn" --value "${v.usersDN}" ConfigPut
    ./sacli --key "auth.ldap.0.uname_attr" --value "${attribute}" ConfigPut
    ./sacli --key "auth.ldap.0.add_req" --value "memberOf=${inFilter(v.groupDN)}" ConfigPut
    ./sacli start
  `);

const steps = (v: Values, user: string, attribute: string) => [
  asService,
  below(v.usersDN, `(&(${attribute}=${user})(memberOf=${inFilter(v.groupDN)}))`, []),
  asUser,
];

const notes = ['With MFA by push set `auth.ldap.0.timeout` to 65, and `upstream.operationTime` to 65s here.'];

export const openvpn: Recipe = {
  id: 'openvpn',
  title: 'OpenVPN Access Server',
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
