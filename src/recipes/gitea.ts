// Gitea. Its questions: services/auth/source/ldap in go-gitea/gitea; the filter for Active Directory: its "LDAP" page.
import { asService, asUser, below, inFilter, isSecure, lines, type Recipe, type Values } from './recipe.js';

const place = 'shell, as the user that runs Gitea';

const plain = (name: string) => `(&(objectClass=inetOrgPerson)(|(uid=${name})(mail=${name})))`;
const domain = (v: Values, name: string) =>
  `(&(objectCategory=Person)(memberOf=${inFilter(v.groupDN)})(sAMAccountName=${name})(!(userAccountControl:1.2.840.113556.1.4.803:=2)))`;

const settings = (v: Values, filter: string, attribute: string) =>
  lines(`
    gitea admin auth add-ldap --name JumpCloud --security-protocol ${isSecure(v) ? 'ldaps' : 'unencrypted'} \\
      --host ${v.host} --port ${v.port} \\
      --bind-dn "${v.serviceDN}" --bind-password "$PASSWORD" \\
      --user-search-base "${v.usersDN}" \\
      --user-filter '${filter}' \\
      --username-attribute ${attribute} --firstname-attribute givenName --surname-attribute sn --email-attribute mail
  `);

const steps = (v: Values, user: string, filter: string, attribute: string) => {
  const attributes = [attribute, 'givenName', 'sn', 'mail'];
  return [asService, below(v.usersDN, filter, attributes), asUser, below(v.personDN(user), filter, attributes)];
};

const notes = [
  'It searches again as the user after the login: at JumpCloud itself that finds nothing.',
  'For the web form: Site Administration › Authentication Sources › LDAP (via BindDN), the same values.',
];

export const gitea: Recipe = {
  id: 'gitea',
  title: 'Gitea',
  place,
  settings: (v) => settings(v, plain('%[1]s'), 'uid'),
  steps: (v, user) => steps(v, user, plain(user), 'uid'),
  notes,
  activeDirectory: {
    place,
    settings: (v) => settings(v, domain(v, '%s'), 'sAMAccountName'),
    steps: (v, user) => steps(v, user, domain(v, user), 'sAMAccountName'),
    notes,
  },
};
