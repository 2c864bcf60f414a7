// OpenSearch. Its questions: com.amazon.dlic.auth.ldap (both backends, LdapHelper) in opensearch-project/security.
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

const place = 'config/opensearch-security/config.yml, then securityadmin.sh';

const people = (v: Values, attribute: string, name: string) =>
  `(&(${attribute}=${name})(memberOf=${inFilter(v.groupDN)}))`;

const settings = (v: Values, attribute: string, group: string) => {
  const connection = (indent: string) =>
    [
      `enable_ssl: ${isSecure(v)}`,
      `hosts: ['${v.host}:${v.port}']`,
      `bind_dn: '${v.serviceDN}'`,
      "password: '(that account’s)'",
    ].join(`\n${indent}`);
  return lines(`
    config:
      dynamic:
        authc:
          jumpcloud:
            http_enabled: true
            order: 1
            http_authenticator: { type: basic, challenge: true }
            authentication_backend:
              type: ldap
              config:
                ${connection(' '.repeat(16))}
                userbase: '${v.usersDN}'
                usersearch: '${people(v, attribute, '{0}')}'
                username_attribute: ${attribute}
        authz:
          jumpcloud:
            http_enabled: true
            authorization_backend:
              type: ldap
              config:
                ${connection(' '.repeat(16))}
                rolebase: '${v.groupsDN}'
                rolesearch: '(&(objectClass=${group})(member={0}))'
                rolename: cn
                userbase: '${v.usersDN}'
                usersearch: '(${attribute}={0})'
  `);
};

const steps = (v: Values, user: string, attribute: string, group: string) => [
  asService,
  below(v.usersDN, people(v, attribute, user), []),
  asUser,
  asService,
  below(v.groupsDN, `(&(objectClass=${group})(member=${inFilter(v.personDN(user))}))`, [], 'groups'),
];

const notes = [
  'Groups become backend roles by their cn: map them in roles_mapping.yml.',
  'OpenSearch caches a login for an hour by default (plugins.security.cache.ttl_minutes).',
];

export const opensearch: Recipe = {
  id: 'opensearch',
  title: 'OpenSearch',
  ...inBothLayouts({ place, settings, steps, notes }),
};
