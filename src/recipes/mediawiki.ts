// MediaWiki. Its questions: Client.php, UserInfoRequest.php and UserGroupsRequest in the extension LDAPProvider.
import { asService, asUser, below, escapedBackslashes, isSecure, lines, type Recipe, type Values } from './recipe.js';

const place = '$LDAPProviderDomainConfigs, with LDAPProvider, LDAPAuthentication2, LDAPAuthorization, LDAPUserInfo';

const settings = (v: Values, attribute: string) =>
  lines(`
    {
      "JumpCloud": {
        "connection": {
          "server": "${v.host}",
          "port": ${v.port},
          "enctype": "${isSecure(v) ? 'ssl' : 'clear'}",
          "user": "${v.serviceDN}",
          "pass": "(that account's)",
          "basedn": "${v.baseDN}",
          "userbasedn": "${v.usersDN}",
          "groupbasedn": "${v.groupsDN}",
          "searchattribute": "${attribute}",
          "usernameattribute": "${attribute}",
          "realnameattribute": "cn",
          "emailattribute": "mail",
          "grouprequest": "MediaWiki\\\\Extension\\\\LDAPProvider\\\\UserGroupsRequest\\\\UserMemberOf::factory"
        },
        "userinfo": { "attributes-map": { "email": "mail", "realname": "cn" } },
        "authorization": { "rules": { "groups": { "required": ["${escapedBackslashes(v.groupDN)}"] } } }
      }
    }
  `);

const steps = (v: Values, user: string, attribute: string) => [
  asService,
  below(v.baseDN, `(${attribute}=${user})`, ['*', 'memberof']),
  asUser,
  asService,
  below(v.usersDN, `(${attribute}=${user})`, ['*', 'memberof']),
];

const notes = ['It writes the first letter of a name large: names are compared without regard to that.'];

export const mediawiki: Recipe = {
  id: 'mediawiki',
  title: 'MediaWiki',
  place,
  settings: (v) => settings(v, 'uid'),
  steps: (v, user) => steps(v, user, 'uid'),
  notes,
  activeDirectory: {
    place,
    settings: (v) => settings(v, 'samaccountname'),
    steps: (v, user) => steps(v, user, 'samaccountname'),
    notes,
  },
};
