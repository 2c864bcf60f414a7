// Compare over one view (RFC 4511 4.10).
import { dnKey, parseDN } from '../ldap/dn.js';
import type { Filter } from '../ldap/filter.js';
import { matchingRule, normalizerOf, normalizingUnits } from '../ldap/matching.js';
import type { CompareRequest, LDAPResult } from '../ldap/message.js';
import { LONGEST_PREPARED } from '../ldap/prepare.js';
import { result } from '../ldap/result.js';
import { ResultCode } from '../ldap/result-code.js';
import { type AttributeType, isPasswordMaterial, splitDescription } from '../ldap/schema.js';
import { runToEnd, type Steps } from '../runtime/cooperative.js';
import { findSpecial, nameUnits, noSuchObject, type SearchSpecials } from './base-object.js';
import { describe, someAttribute } from './entry.js';
import { compileSteps, evaluate } from './filter-evaluation.js';
import { forgetMaking, payForMaking } from './making.js';
import { assertionHolds } from './search.js';
import type { View } from './view.js';
import { UNLIMITED, type Work } from './work.js';

/** The answer in one go, whatever it costs; see `compareSteps`. */
export function compareEntry(view: View, specials: SearchSpecials, request: CompareRequest): LDAPResult {
  return runToEnd(compareSteps(view, specials, request, undefined, UNLIMITED));
}

/**
 * compareTrue or compareFalse, and never the one where the truth is Undefined (RFC 4511 4.10): 17 for a type that nobody knows and for
 * password material (R34), 18 for one that has no equality rule, 21 for a value that its rule cannot take, 11 for one too long to be compared.
 * These do not depend on any entry. Also 32 for what the view does not show, 16 for an attribute that the entry does not have, 34 for a name
 * that is not a DN, 122 if the assertion (RFC 4528) is not TRUE of the entry. It can be interrupted when `work` is spent: an attribute may have
 * very many values, an assertion very many parts.
 */
export function* compareSteps(
  view: View,
  specials: SearchSpecials,
  request: CompareRequest,
  assertion: Filter | undefined,
  work: Work,
): Steps<LDAPResult> {
  const { schema } = view;
  work.left -= nameUnits(request.entry);
  const name = parseDN(request.entry);
  if (name === undefined) return result(ResultCode.invalidDNSyntax, 'invalid DN');
  const { attribute, value } = request;
  const type = isPasswordMaterial(attribute) ? undefined : schema.attributeType(splitDescription(attribute).type);
  if (type === undefined) return result(ResultCode.undefinedAttributeType);
  const fault = faultOf(type, value, work);
  if (fault !== undefined) return fault;
  const key = dnKey(name);
  const entry = findSpecial(key, specials) ?? view.find(key);
  if (entry === undefined) return noSuchObject(view, request.entry);
  if (assertion !== undefined && !(yield* assertionHolds(assertion, entry, work, schema)))
    return result(ResultCode.assertionFailed);
  forgetMaking();
  const isThere = someAttribute(entry, describe(attribute, schema), () => true);
  payForMaking(work);
  if (!isThere) return result(ResultCode.noSuchAttribute);
  const filter = yield* compileSteps({ kind: 'equalityMatch', attribute, value }, work, schema);
  const truth = yield* evaluate(filter, entry, work);
  return result(truth === 1 ? ResultCode.compareTrue : ResultCode.compareFalse);
}

/** Why the equality rule of a type says Undefined of a value, whatever entry is asked about. */
function faultOf(type: AttributeType, value: Buffer, work: Work): LDAPResult | undefined {
  if (type.equality === undefined || matchingRule(type.equality) === undefined)
    return result(ResultCode.inappropriateMatching, `${type.names[0]} has no equality rule`);
  const normalize = normalizerOf(type);
  work.left -= normalizingUnits(value, normalize);
  if (normalize(value) !== undefined) return undefined;
  return value.length > LONGEST_PREPARED
    ? result(
        ResultCode.adminLimitExceeded,
        `the value is too long to be compared (the limit is ${LONGEST_PREPARED} bytes)`,
      )
    : result(ResultCode.invalidAttributeSyntax, 'the value does not fit the syntax of the attribute');
}
