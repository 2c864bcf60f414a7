// Compare over one view (RFC 4511 4.10).
import { dnKey, parseDN } from '../ldap/dn.js';
import type { Filter } from '../ldap/filter.js';
import type { CompareRequest, LDAPResult } from '../ldap/message.js';
import { result } from '../ldap/result.js';
import { ResultCode } from '../ldap/result-code.js';
import { attributeType, isPasswordMaterial, splitDescription } from '../ldap/schema.js';
import { runToEnd, type Steps } from '../runtime/cooperative.js';
import { findSpecial, nameUnits, noSuchObject, type SearchSpecials } from './base-object.js';
import { describe, someAttribute } from './entry.js';
import { compileSteps, evaluate } from './filter-evaluation.js';
import { assertionHolds } from './search.js';
import type { View } from './view.js';
import { UNLIMITED, type Work } from './work.js';

/** The answer in one go, whatever it costs; see `compareSteps`. */
export function compareEntry(view: View, specials: SearchSpecials, request: CompareRequest): LDAPResult {
  return runToEnd(compareSteps(view, specials, request, undefined, UNLIMITED));
}

/**
 * compareTrue or compareFalse; 32 for what the view does not show, 17 for a type that nobody knows and for password material (R34),
 * 16 for an attribute that the entry has not, 34 for a name that is none, 122 if the assertion (RFC 4528) is not TRUE of the entry.
 * It can be interrupted when `work` is spent: an attribute may have very many values, an assertion very many parts.
 */
export function* compareSteps(
  view: View,
  specials: SearchSpecials,
  request: CompareRequest,
  assertion: Filter | undefined,
  work: Work,
): Steps<LDAPResult> {
  work.left -= nameUnits(request.entry);
  const name = parseDN(request.entry);
  if (name === undefined) return result(ResultCode.invalidDNSyntax, 'invalid DN');
  const key = dnKey(name);
  const entry = findSpecial(key, specials) ?? view.find(key);
  if (entry === undefined) return noSuchObject(view, request.entry);
  if (assertion !== undefined && !(yield* assertionHolds(assertion, entry, work)))
    return result(ResultCode.assertionFailed);
  const { attribute, value } = request;
  if (isPasswordMaterial(attribute) || attributeType(splitDescription(attribute).type) === undefined) {
    return result(ResultCode.undefinedAttributeType);
  }
  if (!someAttribute(entry, describe(attribute), () => true)) return result(ResultCode.noSuchAttribute);
  const filter = yield* compileSteps({ kind: 'equalityMatch', attribute, value }, work);
  const truth = yield* evaluate(filter, entry, work);
  return result(truth === 1 ? ResultCode.compareTrue : ResultCode.compareFalse);
}
