// Gitea.
import { asService, asUser, below, lines, type Recipe } from './recipe.js';

export const gitea: Recipe = {
  id: 'gitea',
  title: 'Gitea',
  place: 'shell, as the user that runs Gitea',
  settings: (v) =>
    lines(`
      gitea admin auth add-ldap --name JumpCloud --security-protocol unencrypted \\
        --host ${v.host} --port ${v.port} \\
        --bind-dn "${v.serviceDN}" --bind-password "$PASSWORD" \\
        --user-search-base "${v.usersDN}" \\
        --user-filter "(&(objectClass=inetOrgPerson)(|(uid=%[1]s)(mail=%[1]s)))" \\
        --username-attribute uid --firstname-attribute givenName --surname-attribute sn --email-attribute mail
    `),
  steps: (v, user) => [
    asService,
    below(v.usersDN, `(&(objectClass=inetOrgPerson)(|(uid=${user})(mail=${user})))`, [
      'uid',
      'givenName',
      'sn',
      'mail',
    ]),
    asUser,
    below(v.personDN(user), `(&(objectClass=inetOrgPerson)(|(uid=${user})(mail=${user})))`, [
      'uid',
      'givenName',
      'sn',
      'mail',
    ]),
  ],
  notes: [
    'It searches again as the user after the log-in: at JumpCloud itself that finds nothing.',
    'For the web form: Site Administration › Authentication Sources › LDAP (via BindDN), the same values.',
  ],
};
