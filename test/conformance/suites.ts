// The suites that others wrote: where each comes from, what it asks, and which of its expectations Jumpgate does not meet on purpose.
// docs/conformance.md is made from this list (`npm run docs`).

/** One thing that a suite reports about Jumpgate, and why that stays. */
export interface Difference {
  /** The start of a line of the suite's report, as `judge` gets it. */
  readonly shows: string;
  readonly reason: string;
}

export interface Suite {
  /** The registry, the package, and the version that is locked. */
  readonly source: string;
  /** What is run, and against what. */
  readonly asks: string;
  readonly differences: readonly Difference[];
}

const READ_ONLY = 'Nothing is written here: adds and deletes get 53 before their content is looked at.';

export const SUITES = {
  'ldap-diff': {
    source: 'Maven Central: com.unboundid:unboundid-ldapsdk 7.0.4',
    asks: 'LDAPDiff between slapd and Jumpgate in front of it, under the same names, with 20,000 people and their groups.',
    differences: [
      { shows: 'missing: uid=outsider', reason: 'Users outside the group do not exist here.' },
      { shows: 'missing: uid=ldap-reader,', reason: 'The reader is a service account; it is not in the group.' },
      { shows: 'member differs: cn=Team 7,', reason: 'Groups do not list who is not in the group.' },
      { shows: 'entryUUID differs: ou=Users,', reason: 'Containers are made here, with a UUID of their own.' },
      {
        shows: 'createTimestamp differs: ou=Users,',
        reason: 'Containers are made here, at the beginning of 1970.',
      },
      { shows: 'modifyTimestamp differs: ou=Users,', reason: 'Containers are made here, and never change.' },
    ],
  },
  'ldap-diff, mapped': {
    source: 'Maven Central: com.unboundid:unboundid-ldapsdk 7.0.4',
    asks: 'LDAPDiff between slapd, which holds the same people and groups under a base of their own, and Jumpgate, which maps them to it.',
    differences: [],
  },
  rates: {
    source: 'Maven Central: com.unboundid:unboundid-ldapsdk 7.0.4',
    asks: 'SearchRate and AuthRate over ldap, StartTLS and ldaps, AuthRate also by SASL PLAIN, with 20,000 people: no error.',
    differences: [],
  },
  'entry-validator': {
    source: 'Maven Central: com.unboundid:unboundid-ldapsdk 7.0.4',
    asks: 'EntryValidator (validate-ldif) over all entries that are shown, by the schema that is published.',
    differences: [],
  },
  'schema-validator': {
    source: 'Maven Central: com.unboundid:unboundid-ldapsdk 7.0.4',
    asks: 'SchemaValidator (validate-ldap-schema) over cn=Subschema.',
    differences: [],
  },
  'go-ldap, anonymous': {
    source: 'Go: github.com/go-ldap/ldap/v3 v3.4.15',
    asks: 'The module’s own tests, as its authors run them; what fails against slapd as well is left out.',
    differences: [
      { shows: 'TestConn_Add', reason: READ_ONLY },
      { shows: 'TestConn_Del', reason: READ_ONLY },
      ...['TestSearch', 'TestMultiGoroutineSearch', 'TestCompare', 'TestEntry_UnmarshalFunc'].map((shows) => ({
        shows,
        reason: 'Without a bind nobody sees an entry.',
      })),
    ],
  },
  'go-ldap, bound': {
    source: 'Go: github.com/go-ldap/ldap/v3 v3.4.15',
    asks: 'The same tests with every connection bound before it is used, and again behind StartTLS; what fails against slapd as well is left out.',
    differences: [
      { shows: 'TestConn_Add', reason: READ_ONLY },
      { shows: 'TestConn_Del', reason: READ_ONLY },
    ],
  },
  'spring-security': {
    source: 'Maven Central: org.springframework.security:spring-security-ldap 6.5.5',
    asks: 'Logins by BindAuthenticator (a pattern, a search) with the groups of DefaultLdapAuthoritiesPopulator and NestedLdapAuthoritiesPopulator, in cleartext, by StartTLS, over ldaps.',
    differences: [],
  },
  'apache-directory': {
    source: 'Maven Central: org.apache.directory.api:api-all 2.1.7',
    asks: 'The strict load of cn=Subschema, a bind, and a search whose every attribute has a type by that schema. slapd’s own schema does not load.',
    differences: [],
  },
  ldap3: {
    source: 'PyPI: ldap3 2.9.1, the source distribution',
    asks: 'The library’s own tests by SYNC, ASYNC and REUSABLE connections. People are added at the directory behind, all else goes through Jumpgate; what fails against slapd as well, as writing does with the reader’s account, is left out.',
    differences: [],
  },
  'clients of PyPI': {
    source: 'PyPI: bonsai 1.5.5, django-auth-ldap 5.4.0, Flask-SimpleLDAP 2.1.0',
    asks: 'Logins, and the entry and groups of the user: in cleartext, by StartTLS, over ldaps.',
    differences: [],
  },
  'clients of npm': {
    source: 'npm: ldapauth-fork 6.1.0, passport-ldapauth 3.0.1, activedirectory2 2.2.0',
    asks: 'Logins, and the groups of the user: in cleartext and over ldaps. StartTLS is not asked: one of them has none, and in the others two clients share one set of TLS options, so that the handshake fails with OpenLDAP as well.',
    differences: [],
  },
  'clients of a domain': {
    source:
      'Maven Central: org.springframework.security:spring-security-ldap 6.5.5; npm: activedirectory2 2.2.0, passport-ldapauth 3.0.1; PyPI: bonsai 1.5.5; Debian: python-ldap, ldbsearch',
    asks: 'With face: activedirectory, in front of the stand-in of `demo`: logins by userPrincipalName (ActiveDirectoryLdapAuthenticationProvider among them), look-ups of people, groups and members, paged searches, and what a refusal says with and without tellReasons.',
    differences: [],
  },
} satisfies Record<string, Suite>;

export type SuiteName = keyof typeof SUITES;

/** Twenty thousand lines of a report say no more than these. */
const SHOWN = 50;

/**
 * Compares what a suite reported with its list, in both directions: `unlisted` are lines that no difference covers, `outdated` are
 * differences that no line shows any more. Both are empty when the list is true. At most `SHOWN` of each are given.
 */
export function judge(
  differences: readonly Difference[],
  reported: readonly string[],
): { readonly unlisted: readonly string[]; readonly outdated: readonly string[] } {
  const unlisted = reported.filter((line) => !differences.some(({ shows }) => line.startsWith(shows)));
  const outdated = differences
    .map(({ shows }) => shows)
    .filter((shows) => !reported.some((line) => line.startsWith(shows)));
  return { unlisted: unlisted.slice(0, SHOWN), outdated: outdated.slice(0, SHOWN) };
}
