// Third-party test suites: where each comes from, what it tests, and which of its expectations Jumpgate does not meet on purpose.
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

const READ_ONLY = 'Jumpgate is read-only: it answers adds and deletes with 53 without looking at their content.';

export const SUITES = {
  'ldap-diff': {
    source: 'Maven Central: com.unboundid:unboundid-ldapsdk 7.0.4',
    asks: 'LDAPDiff compares slapd with Jumpgate in front of it, under the same names, with 20,000 people and their groups.',
    differences: [
      { shows: 'missing: uid=outsider', reason: 'Users outside the group do not exist here.' },
      { shows: 'missing: uid=ldap-reader,', reason: 'The reader is a service account and not in the group.' },
      { shows: 'member differs: cn=Team 7,', reason: 'Groups do not list users outside the configured group.' },
      {
        shows: 'entryUUID differs: ou=Users,',
        reason: 'Jumpgate creates the containers and gives them its own UUIDs.',
      },
      {
        shows: 'createTimestamp differs: ou=Users,',
        reason: 'Jumpgate creates the containers and dates them to the beginning of 1970.',
      },
      {
        shows: 'modifyTimestamp differs: ou=Users,',
        reason: 'Jumpgate creates the containers, and they never change.',
      },
    ],
  },
  'ldap-diff, mapped': {
    source: 'Maven Central: com.unboundid:unboundid-ldapsdk 7.0.4',
    asks: 'LDAPDiff compares a slapd that has the same people and groups under another base with a Jumpgate that maps them to that base.',
    differences: [],
  },
  rates: {
    source: 'Maven Central: com.unboundid:unboundid-ldapsdk 7.0.4',
    asks: 'SearchRate and AuthRate over ldap, StartTLS and ldaps, AuthRate also with SASL PLAIN, with 20,000 people. No operation may fail.',
    differences: [],
  },
  'entry-validator': {
    source: 'Maven Central: com.unboundid:unboundid-ldapsdk 7.0.4',
    asks: 'EntryValidator (validate-ldif) checks all visible entries against the published schema.',
    differences: [],
  },
  'schema-validator': {
    source: 'Maven Central: com.unboundid:unboundid-ldapsdk 7.0.4',
    asks: 'SchemaValidator (validate-ldap-schema) checks cn=Subschema.',
    differences: [],
  },
  'go-ldap, anonymous': {
    source: 'Go: github.com/go-ldap/ldap/v3 v3.4.15',
    asks: 'The module’s own tests, as its authors run them, except those that also fail against slapd.',
    differences: [
      { shows: 'TestConn_Add', reason: READ_ONLY },
      { shows: 'TestConn_Del', reason: READ_ONLY },
      ...['TestSearch', 'TestMultiGoroutineSearch', 'TestCompare', 'TestEntry_UnmarshalFunc'].map((shows) => ({
        shows,
        reason: 'Without a bind, nobody sees an entry.',
      })),
    ],
  },
  'go-ldap, bound': {
    source: 'Go: github.com/go-ldap/ldap/v3 v3.4.15',
    asks: 'The same tests, but each connection is bound before it is used, and bound again after StartTLS. Tests that also fail against slapd are left out.',
    differences: [
      { shows: 'TestConn_Add', reason: READ_ONLY },
      { shows: 'TestConn_Del', reason: READ_ONLY },
    ],
  },
  'spring-security': {
    source: 'Maven Central: org.springframework.security:spring-security-ldap 6.5.5',
    asks: 'Logins with BindAuthenticator (by pattern and by search), with groups from DefaultLdapAuthoritiesPopulator and NestedLdapAuthoritiesPopulator, in cleartext, with StartTLS and over ldaps.',
    differences: [],
  },
  'apache-directory': {
    source: 'Maven Central: org.apache.directory.api:api-all 2.1.7',
    asks: 'The library loads cn=Subschema in strict mode, binds, and searches; each returned attribute must have a type in that schema. The schema of slapd itself does not load.',
    differences: [],
  },
  ldap3: {
    source: 'PyPI: ldap3 2.9.1, the source distribution',
    asks: 'The library’s own tests with SYNC, ASYNC and REUSABLE connections. They add people in the directory behind Jumpgate and do everything else through Jumpgate. Tests that also fail against slapd are left out, such as writes with the reader’s account.',
    differences: [],
  },
  'clients of PyPI': {
    source: 'PyPI: bonsai 1.5.5, django-auth-ldap 5.4.0, Flask-SimpleLDAP 2.1.0',
    asks: 'Logins, and look-ups of the user’s entry and groups, in cleartext, with StartTLS and over ldaps.',
    differences: [],
  },
  'clients of npm': {
    source: 'npm: ldapauth-fork 6.1.0, passport-ldapauth 3.0.1, activedirectory2 2.2.0',
    asks: 'Logins, and look-ups of the user’s groups, in cleartext and over ldaps. StartTLS is not tested: one of the clients does not support it, and in the others two connections share one set of TLS options, so the handshake also fails with OpenLDAP.',
    differences: [],
  },
  'clients of a domain': {
    source:
      'Maven Central: org.springframework.security:spring-security-ldap 6.5.5; npm: activedirectory2 2.2.0, passport-ldapauth 3.0.1; PyPI: bonsai 1.5.5; Debian: python-ldap, ldbsearch',
    asks: 'With face: activedirectory, in front of the stand-in of `demo`: logins by userPrincipalName (including ActiveDirectoryLdapAuthenticationProvider), look-ups of people, groups and members, paged searches, and the text of a refusal with and without tellReasons.',
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
