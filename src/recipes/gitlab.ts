// GitLab. Its questions: lib/gitlab/auth/ldap (Adapter, Person) in gitlab-org/gitlab.
import { asService, asUser, below, entryOf, inFilter, isSecure, lines, type Recipe, type Values } from './recipe.js';

const place = '/etc/gitlab/gitlab.rb, then gitlab-ctl reconfigure';

const settings = (v: Values, uid: string, isDomain: boolean) =>
  lines(`
    gitlab_rails['ldap_enabled'] = true
    gitlab_rails['ldap_servers'] = {
      'main' => {
        'label' => 'JumpCloud',
        'host' => '${v.host}',
        'port' => ${v.port},
        'encryption' => '${isSecure(v) ? 'simple_tls' : 'plain'}',
        'uid' => '${uid}',
        'bind_dn' => '${v.serviceDN}',
        'password' => ENV['LDAP_PASSWORD'],
        'active_directory' => ${isDomain},
        'base' => '${v.usersDN}',
        'user_filter' => '(memberOf=${inFilter(v.groupDN)})',
        'attributes' => { 'username' => ['${uid}'], 'email' => ['mail'], 'name' => 'cn', 'first_name' => 'givenName', 'last_name' => 'sn' }
      }
    }
  `);

const steps = (v: Values, user: string, uid: string) => [
  asService,
  below(v.usersDN, `(&(${uid}=${user})(memberOf=${inFilter(v.groupDN)}))`, [
    'dn',
    uid,
    'mail',
    'cn',
    'givenName',
    'sn',
  ]),
  asUser,
];

export const gitlab: Recipe = {
  id: 'gitlab',
  title: 'GitLab',
  place,
  settings: (v) => settings(v, 'uid', false),
  steps: (v, user) => steps(v, user, 'uid'),
  notes: [
    '`active_directory` has to be false: the filters for it name attributes that JumpCloud does not have.',
    '`gitlab-rake gitlab:ldap:check` lists the people it sees.',
  ],
  activeDirectory: {
    place,
    settings: (v) => settings(v, 'sAMAccountName', true),
    steps: (v, user) => [
      ...steps(v, user, 'sAMAccountName'),
      asService,
      // Whether the account is disabled: an entry found means that it is.
      { ...entryOf(v.personDN(user), ['dn'], '(userAccountControl:1.2.840.113556.1.4.803:=2)'), finds: 0 },
    ],
    notes: ['`gitlab-rake gitlab:ldap:check` lists the people it sees.'],
  },
};
