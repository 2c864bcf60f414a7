// Graylog. Its questions: org.graylog.security.authservice (UnboundLDAPConnector, both backends) in Graylog2/graylog2-server.
import {
  asPrincipal,
  asService,
  asUser,
  below,
  type DomainValues,
  inFilter,
  isSecure,
  lines,
  type Recipe,
  type Values,
} from './recipe.js';

const attributes = (id: string, name: string, fullName: string) => [
  'objectClass',
  'userPrincipalName',
  'mail',
  'rfc822Mailbox',
  id,
  name,
  fullName,
];

const plain = (v: Values, user: string) =>
  `(&(uid=${user})(objectClass=inetOrgPerson)(memberOf=${inFilter(v.groupDN)}))`;
const domain = (v: DomainValues, user: string) =>
  `(&(objectClass=user)(|(userPrincipalName=${user})(sAMAccountName=${user}))(memberOf=${inFilter(v.groupDN)}))`;

export const graylog: Recipe = {
  id: 'graylog',
  title: 'Graylog',
  place: 'System › Authentication › Create service › LDAP',
  settings: (v) =>
    lines(`
      Server Address             ${v.host}:${v.port}, ${isSecure(v) ? 'TLS' : 'None'}
      System User DN             ${v.serviceDN}
      System Password            (that account's)
      Search Base DN             ${v.usersDN}
      Search Pattern             ${plain(v, '{0}')}
      Name Attribute             uid
      Full Name Attribute        cn
      ID Attribute               entryUUID
    `),
  steps: (v, user) => [asService, below(v.usersDN, plain(v, user), attributes('entryUUID', 'uid', 'cn')), asUser],
  notes: ['`entryUUID` stays the same when `local.baseDN` changes, so nobody is made twice.'],
  activeDirectory: {
    place: 'System › Authentication › Create service › Active Directory',
    settings: (v) =>
      lines(`
        Server Address             ${v.host}:${v.port}, ${isSecure(v) ? 'TLS' : 'None'}
        System User DN             ${v.serviceDN}
        System Password            (that account's)
        Search Base DN             ${v.usersDN}
        Search Pattern             ${domain(v, '{0}')}
        Name Attribute             sAMAccountName
        Full Name Attribute        displayName
      `),
    steps: (v, user) => [
      asService,
      below(v.usersDN, domain(v, user), [
        ...attributes('objectGUID', 'sAMAccountName', 'displayName'),
        'userAccountControl',
      ]),
      asPrincipal(v, user),
    ],
    notes: ['It binds with the userPrincipalName that it has read.'],
  },
};
