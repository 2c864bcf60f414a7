// The one maker of LDAPResults.
import type { LDAPResult } from './message.js';
import type { ResultCode } from './result-code.js';

/** Text and matchedDN are empty unless given (RFC 4511 4.1.9). */
export function result(code: ResultCode, text = '', matchedDN = ''): LDAPResult {
  return { code, matchedDN, text };
}
