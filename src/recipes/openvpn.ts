// OpenVPN Access Server.
import { asService, asUser, below, inFilter, lines, type Recipe } from './recipe.js';

export const openvpn: Recipe = {
  id: 'openvpn',
  title: 'OpenVPN Access Server',
  place: 'shell, on the server',
  settings: (v) =>
    lines(`
      ./sacli --key "auth.module.type" --value "ldap" ConfigPut
      ./sacli --key "auth.ldap.0.name" --value "JumpCloud" ConfigPut
      ./sacli --key "auth.ldap.0.server.0.host" --value "${v.host}:${v.port}" ConfigPut
      ./sacli --key "auth.ldap.0.bind_dn" --value "${v.serviceDN}" ConfigPut
      ./sacli --key "auth.ldap.0.bind_pw" --value "$PASSWORD" ConfigPut
      ./sacli --key "auth.ldap.0.users_base_dn" --value "${v.usersDN}" ConfigPut
      ./sacli --key "auth.ldap.0.uname_attr" --value "uid" ConfigPut
      ./sacli --key "auth.ldap.0.add_req" --value "memberOf=${inFilter(v.groupDN)}" ConfigPut
      ./sacli start
    `),
  steps: (v, user) => [asService, below(v.usersDN, `(&(uid=${user})(memberOf=${inFilter(v.groupDN)}))`, []), asUser],
  notes: ['With MFA by push set `auth.ldap.0.timeout` to 65, and `upstream.operationTime` to 65s here.'],
};
