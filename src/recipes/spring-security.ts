// Spring Security. Its questions: BindAuthenticator, FilterBasedLdapUserSearch, DefaultLdapAuthoritiesPopulator and
// ActiveDirectoryLdapAuthenticationProvider in spring-projects/spring-security.
import {
  asPrincipal,
  asService,
  asUser,
  below,
  escapedBackslashes,
  inFilter,
  lines,
  type Recipe,
  relativeTo,
  type Values,
} from './recipe.js';

const people = (v: Values, name: string) => `(&(uid=${name})(memberOf=${inFilter(v.groupDN)}))`;

export const springSecurity: Recipe = {
  id: 'spring-security',
  title: 'Spring Security',
  place: 'application.properties, and a configuration class',
  settings: (v) =>
    lines(`
      spring.ldap.urls=${v.url}
      spring.ldap.base=${v.baseDN}
      spring.ldap.username=${v.serviceDN}
      spring.ldap.password=\${LDAP_PASSWORD}

      @Bean
      AuthenticationManager authenticationManager(BaseLdapPathContextSource source) {
        var groups = new DefaultLdapAuthoritiesPopulator(source, "${relativeTo(v.baseDN, v.groupsDN)}");
        groups.setGroupSearchFilter("(member={0})");
        var factory = new LdapBindAuthenticationManagerFactory(source);
        factory.setUserSearchBase("${relativeTo(v.baseDN, v.usersDN)}");
        factory.setUserSearchFilter("${escapedBackslashes(people(v, '{0}'))}");
        factory.setLdapAuthoritiesPopulator(groups);
        return factory.createAuthenticationManager();
      }
    `),
  steps: (v, user) => [
    asService,
    below(v.usersDN, people(v, user), []),
    asUser,
    asService,
    below(v.groupsDN, `(member=${inFilter(v.personDN(user))})`, ['cn'], 'groups'),
  ],
  notes: [
    'Its default filter for groups is by uniqueMember; with it, add groupOfUniqueNames to `local.groupClasses`.',
    'A group becomes an authority, with ROLE_ before its cn in capitals.',
  ],
  activeDirectory: {
    place: 'a configuration class',
    settings: (v) =>
      lines(`
        @Bean
        AuthenticationProvider activeDirectory() {
          return new ActiveDirectoryLdapAuthenticationProvider("${v.domain}", "${v.url}", "${v.baseDN}");
        }
      `),
    steps: (v, user) => [
      asPrincipal(v, user),
      below(v.baseDN.toLowerCase(), `(&(objectClass=user)(userPrincipalName=${user}@${v.domain}))`, []),
    ],
    notes: [
      'It needs no service account: people bind and read their own entry.',
      'Each memberOf becomes an authority, by the cn of the group.',
    ],
  },
};
