// The result codes of LDAP, by the names of RFC 4511 appendix A.

/** resultCode values that this product sends or understands (RFC 4511 4.1.9; 118 to 121 from RFC 3909 and RFC 4528/4370 registrations). */
export const ResultCode = {
  success: 0,
  operationsError: 1,
  protocolError: 2,
  timeLimitExceeded: 3,
  sizeLimitExceeded: 4,
  compareFalse: 5,
  compareTrue: 6,
  authMethodNotSupported: 7,
  strongerAuthRequired: 8,
  referral: 10,
  adminLimitExceeded: 11,
  unavailableCriticalExtension: 12,
  confidentialityRequired: 13,
  saslBindInProgress: 14,
  noSuchAttribute: 16,
  undefinedAttributeType: 17,
  inappropriateMatching: 18,
  constraintViolation: 19,
  attributeOrValueExists: 20,
  invalidAttributeSyntax: 21,
  noSuchObject: 32,
  aliasProblem: 33,
  invalidDNSyntax: 34,
  aliasDereferencingProblem: 36,
  inappropriateAuthentication: 48,
  invalidCredentials: 49,
  insufficientAccessRights: 50,
  busy: 51,
  unavailable: 52,
  unwillingToPerform: 53,
  loopDetect: 54,
  namingViolation: 64,
  objectClassViolation: 65,
  notAllowedOnNonLeaf: 66,
  notAllowedOnRDN: 67,
  entryAlreadyExists: 68,
  objectClassModsProhibited: 69,
  affectsMultipleDSAs: 71,
  other: 80,
  canceled: 118,
  noSuchOperation: 119,
  tooLate: 120,
  cannotCancel: 121,
  assertionFailed: 122,
} as const;

/** The name of one of the codes above, such as `invalidCredentials`. */
export type ResultName = keyof typeof ResultCode;
/** One of the codes above. On the wire any integer may arrive, so decoded results carry `number`. */
export type ResultCode = (typeof ResultCode)[ResultName];

const names = new Map<number, ResultName>(Object.entries(ResultCode).map(([name, code]) => [code, name as ResultName]));

/** The RFC 4511 name of a code, or `resultCode N` for one that is not in the table. */
export function resultName(code: number): string {
  return names.get(code) ?? `resultCode ${code}`;
}
