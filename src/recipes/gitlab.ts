// GitLab.
import { asService, asUser, below, inFilter, lines, type Recipe } from './recipe.js';

export const gitlab: Recipe = {
  id: 'gitlab',
  title: 'GitLab',
  place: '/etc/gitlab/gitlab.rb, then gitlab-ctl reconfigure',
  settings: (v) =>
    lines(`
      gitlab_rails['ldap_enabled'] = true
      gitlab_rails['ldap_servers'] = {
        'main' => {
          'label' => 'JumpCloud',
          'host' => '${v.host}',
          'port' => ${v.port},
          'encryption' => 'plain',
          'uid' => 'uid',
          'bind_dn' => '${v.serviceDN}',
          'password' => ENV['LDAP_PASSWORD'],
          'active_directory' => false,
          'base' => '${v.usersDN}',
          'user_filter' => '(memberOf=${inFilter(v.groupDN)})',
          'attributes' => { 'username' => ['uid'], 'email' => ['mail'], 'name' => 'cn', 'first_name' => 'givenName', 'last_name' => 'sn' }
        }
      }
    `),
  steps: (v, user) => [
    asService,
    below(v.usersDN, `(&(uid=${user})(memberOf=${inFilter(v.groupDN)}))`, [
      'dn',
      'uid',
      'mail',
      'cn',
      'givenName',
      'sn',
    ]),
    asUser,
  ],
  notes: [
    '`active_directory` has to be false: the filters for it name attributes that JumpCloud has not.',
    '`gitlab-rake gitlab:ldap:check` lists the people it sees.',
  ],
};
