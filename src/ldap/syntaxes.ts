// Syntaxes, and the rules that values of an attribute type are compared by (RFC 4517).

export type MatchingRuleName =
  | 'caseIgnoreMatch'
  | 'caseIgnoreOrderingMatch'
  | 'caseIgnoreSubstringsMatch'
  | 'caseExactMatch'
  | 'caseExactOrderingMatch'
  | 'caseExactSubstringsMatch'
  | 'caseIgnoreIA5Match'
  | 'caseIgnoreIA5SubstringsMatch'
  | 'caseExactIA5Match'
  | 'caseExactIA5SubstringsMatch'
  | 'caseIgnoreListMatch'
  | 'caseIgnoreListSubstringsMatch'
  | 'numericStringMatch'
  | 'numericStringOrderingMatch'
  | 'numericStringSubstringsMatch'
  | 'distinguishedNameMatch'
  | 'uniqueMemberMatch'
  | 'dnSubtreeMatch'
  | 'dnOneLevelMatch'
  | 'dnSubordinateMatch'
  | 'dnSuperiorMatch'
  | 'inChainMatch'
  | 'integerMatch'
  | 'integerOrderingMatch'
  | 'integerBitAndMatch'
  | 'integerBitOrMatch'
  | 'booleanMatch'
  | 'bitStringMatch'
  | 'octetStringMatch'
  | 'octetStringOrderingMatch'
  | 'telephoneNumberMatch'
  | 'telephoneNumberSubstringsMatch'
  | 'generalizedTimeMatch'
  | 'generalizedTimeOrderingMatch'
  | 'objectIdentifierMatch'
  | 'objectIdentifierFirstComponentMatch'
  | 'UUIDMatch'
  | 'UUIDOrderingMatch';

/** What a type's values are, and by which rules they are compared. */
export interface Comparison {
  /** OID of the syntax. */
  readonly syntax: string;
  readonly equality?: MatchingRuleName;
  readonly ordering?: MatchingRuleName;
  readonly substr?: MatchingRuleName;
}

const LDAP_SYNTAX = '1.3.6.1.4.1.1466.115.121.1';

/** Syntaxes by OID, with their descriptions (RFC 4517 3.3, RFC 4523 2, RFC 4530 2.1, RFC 3672 2.1). */
export const SYNTAXES: ReadonlyMap<string, string> = new Map([
  ...(
    [
      ['3', 'Attribute Type Description'],
      ['5', 'Binary'],
      ['6', 'Bit String'],
      ['7', 'Boolean'],
      ['8', 'Certificate'],
      ['11', 'Country String'],
      ['12', 'DN'],
      ['15', 'Directory String'],
      ['16', 'DIT Content Rule Description'],
      ['17', 'DIT Structure Rule Description'],
      ['22', 'Facsimile Telephone Number'],
      ['23', 'Fax'],
      ['24', 'Generalized Time'],
      ['26', 'IA5 String'],
      ['27', 'INTEGER'],
      ['28', 'JPEG'],
      ['30', 'Matching Rule Description'],
      ['31', 'Matching Rule Use Description'],
      ['34', 'Name and Optional UID'],
      ['35', 'Name Form Description'],
      ['36', 'Numeric String'],
      ['37', 'Object Class Description'],
      ['38', 'OID'],
      ['40', 'Octet String'],
      ['41', 'Postal Address'],
      ['44', 'Printable String'],
      ['45', 'Subtree Specification'],
      ['50', 'Telephone Number'],
      ['54', 'LDAP Syntax Description'],
      ['58', 'Substring Assertion'],
    ] as const
  ).map(([arc, description]) => [`${LDAP_SYNTAX}.${arc}`, description] as const),
  ['1.3.6.1.1.16.1', 'UUID'],
]);

export const DIRECTORY_STRING = `${LDAP_SYNTAX}.15`;
export const TELEPHONE_NUMBER = `${LDAP_SYNTAX}.50`;
export const DN_SYNTAX = `${LDAP_SYNTAX}.12`;

/** True for syntaxes whose values are names of entries, perhaps with something behind the name. */
export function holdsNames(syntax: string): boolean {
  return syntax === DN_SYNTAX || syntax === `${LDAP_SYNTAX}.34`;
}

const of = (arc: string, equality?: MatchingRuleName, substr?: MatchingRuleName, ordering?: MatchingRuleName) => ({
  syntax: `${LDAP_SYNTAX}.${arc}`,
  ...(equality === undefined ? {} : { equality }),
  ...(ordering === undefined ? {} : { ordering }),
  ...(substr === undefined ? {} : { substr }),
});
const description = (arc: string) => of(arc, 'objectIdentifierFirstComponentMatch');

/** How directory strings are compared, and what nothing is known of. */
export const CASE_IGNORE: Comparison = of('15', 'caseIgnoreMatch', 'caseIgnoreSubstringsMatch');

/** By the short names of the rows in schema-data.ts. */
export const COMPARISONS: ReadonlyMap<string, Comparison> = new Map<string, Comparison>([
  ['ci', CASE_IGNORE],
  ['ce', of('15', 'caseExactMatch', 'caseExactSubstringsMatch')],
  ['cePlain', of('15', 'caseExactMatch')],
  ['stringNone', of('15')],
  ['print', of('44', 'caseIgnoreMatch', 'caseIgnoreSubstringsMatch')],
  ['printOrdered', of('44', 'caseIgnoreMatch', 'caseIgnoreSubstringsMatch', 'caseIgnoreOrderingMatch')],
  ['country', of('11', 'caseIgnoreMatch', 'caseIgnoreSubstringsMatch')],
  ['list', of('41', 'caseIgnoreListMatch', 'caseIgnoreListSubstringsMatch')],
  ['ci5', of('26', 'caseIgnoreIA5Match', 'caseIgnoreIA5SubstringsMatch')],
  ['ce5', of('26', 'caseExactIA5Match', 'caseExactIA5SubstringsMatch')],
  ['path', of('26', 'caseExactIA5Match')],
  ['ia5None', of('26')],
  ['dn', of('12', 'distinguishedNameMatch')],
  ['nameUid', of('34', 'uniqueMemberMatch')],
  ['int', of('27', 'integerMatch', undefined, 'integerOrderingMatch')],
  ['intPlain', of('27', 'integerMatch')],
  ['intNone', of('27')],
  ['bool', of('7', 'booleanMatch')],
  ['bits', of('6', 'bitStringMatch')],
  ['octet', of('40', 'octetStringMatch')],
  // RFC 4523 compares by issuer and serial number. What is looked for here is the whole certificate, as SSSD does.
  ['cert', of('8', 'octetStringMatch')],
  ['bin', of('5')],
  ['fax', of('23')],
  ['faxNumber', of('22')],
  ['jpeg', of('28')],
  ['tel', of('50', 'telephoneNumberMatch', 'telephoneNumberSubstringsMatch')],
  ['time', of('24', 'generalizedTimeMatch', undefined, 'generalizedTimeOrderingMatch')],
  ['oid', of('38', 'objectIdentifierMatch')],
  ['oidNone', of('38')],
  ['uuid', { syntax: '1.3.6.1.1.16.1', equality: 'UUIDMatch', ordering: 'UUIDOrderingMatch' }],
  ['subtree', of('45')],
  ['attributeType', description('3')],
  ['contentRule', description('16')],
  // Compared by their numbers (RFC 4512 4.2.7); there are none here.
  ['structureRule', of('17')],
  ['matchingRule', description('30')],
  ['matchingRuleUse', description('31')],
  ['nameForm', description('35')],
  ['objectClass', description('37')],
  ['syntax', description('54')],
]);
