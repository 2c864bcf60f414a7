// Dex. Its questions: connector/ldap/ldap.go in dexidp/dex; the settings: its documentation, "Authentication Through LDAP".
import {
  asService,
  asUser,
  below,
  inBothLayouts,
  inFilter,
  isSecure,
  lines,
  type Recipe,
  type Values,
} from './recipe.js';

const place = 'config.yaml';

const users = (v: Values) => `(memberOf=${inFilter(v.groupDN)})`;

const settings = (v: Values, uid: string, group: string) =>
  lines(`
    connectors:
      - type: ldap
        id: jumpcloud
        name: JumpCloud
        config:
          host: ${v.host}:${v.port}
          insecureNoSSL: ${!isSecure(v)}
          bindDN: ${v.serviceDN}
          bindPW: $LDAP_PASSWORD
          userSearch:
            baseDN: ${v.usersDN}
            filter: '${users(v).replaceAll("'", "''")}'
            username: ${uid}
            idAttr: ${uid}
            emailAttr: mail
            nameAttr: cn
            preferredUsernameAttr: ${uid}
          groupSearch:
            baseDN: ${v.groupsDN}
            filter: (objectClass=${group})
            userMatchers:
              - userAttr: DN
                groupAttr: member
            nameAttr: cn
  `);

const steps = (v: Values, user: string, uid: string, group: string) => [
  asService,
  below(v.usersDN, `(&${users(v)}(${uid}=${user}))`, [uid, 'mail', 'DN', 'cn', uid]),
  asUser,
  asService,
  below(v.groupsDN, `(&(objectClass=${group})(member=${inFilter(v.personDN(user))}))`, ['cn'], 'groups'),
];

const notes = [
  'Dex takes LDAP_PASSWORD from its environment.',
  'For Argo CD: the same connector in argocd-cm, under dex.config; LDAP_PASSWORD is then a key of argocd-secret.',
  'It searches again at each refresh of a token: a person who has left the group gets no new one.',
];

export const dex: Recipe = {
  id: 'dex',
  title: 'Dex',
  ...inBothLayouts({ place, settings, steps, notes }),
};
