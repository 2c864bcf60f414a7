// Compare over one view (RFC 4511 4.10).
import { dnKey, parseDN } from '../ldap/dn.js';
import type { CompareRequest, LDAPResult } from '../ldap/message.js';
import { ResultCode } from '../ldap/result-code.js';
import { attributeType, isPasswordMaterial, splitDescription } from '../ldap/schema.js';
import { describe, someAttribute } from './entry.js';
import { compileFilter } from './evaluate.js';
import { findSpecial, noSuchObject, type SearchSpecials } from './search.js';
import type { View } from './view.js';

/**
 * compareTrue or compareFalse; 32 for what the view does not show, 17 for a type that nobody knows and for password material (R34),
 * 16 for an attribute that the entry has not, 34 for a name that is none.
 */
export function compareEntry(view: View | undefined, specials: SearchSpecials, request: CompareRequest): LDAPResult {
  const answer = (code: ResultCode, text = ''): LDAPResult => ({ code, matchedDN: '', text });
  const name = parseDN(request.entry);
  if (name === undefined) return answer(ResultCode.invalidDNSyntax, 'invalid DN');
  const key = dnKey(name);
  const entry = findSpecial(key, specials) ?? view?.find(key);
  if (entry === undefined) return noSuchObject(view, request.entry);
  const { attribute, value } = request;
  if (isPasswordMaterial(attribute) || attributeType(splitDescription(attribute).type) === undefined) {
    return answer(ResultCode.undefinedAttributeType);
  }
  if (!someAttribute(entry, describe(attribute), () => true)) return answer(ResultCode.noSuchAttribute);
  const truth = compileFilter({ kind: 'equalityMatch', attribute, value })(entry);
  return answer(truth === 1 ? ResultCode.compareTrue : ResultCode.compareFalse);
}
