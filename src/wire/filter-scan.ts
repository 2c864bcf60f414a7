// A look over a filter's octets before anything is made of them: whether they are a filter at all, and how large a one (R38, R39).
import { MAX_FILTER_COMPONENTS, MAX_FILTER_DEPTH, TOO_DEEP, TOO_MANY_COMPONENTS } from '../ldap/filter.js';
import { type BerReader, Tag } from './ber.js';
import { LimitExceeded, ProtocolError } from './errors.js';
import { ExtensibleTag, FilterTag, SubstringTag } from './filter-tags.js';

/** How large a filter is. */
export interface FilterSize {
  /** Each and, or, not, item and part of a substring. */
  parts: number;
  /** Those that stay an object each once they are compiled; values that are compared for equality become a set. */
  objects: number;
}

/**
 * Skips the next element, which must be a Filter, in a time that is bounded by MAX_FILTER_COMPONENTS. Throws ProtocolError for anything
 * malformed, and LimitExceeded for what is too deep or too large; what is beyond the limit is not read.
 */
export function scanFilter(op: BerReader): FilterSize {
  const size = { parts: 0, objects: 0 };
  scan(op, 1, size);
  return size;
}

function counted(size: FilterSize, isObject: boolean): void {
  if (++size.parts > MAX_FILTER_COMPONENTS) throw new LimitExceeded(TOO_MANY_COMPONENTS);
  if (isObject) size.objects++;
}

function scan(op: BerReader, depth: number, size: FilterSize): void {
  if (depth > MAX_FILTER_DEPTH) throw new LimitExceeded(TOO_DEEP);
  const tag = op.peekTag();
  counted(size, tag !== FilterTag.equalityMatch && tag !== FilterTag.approxMatch);
  switch (tag) {
    case FilterTag.and:
    case FilterTag.or: {
      const set = op.enter(tag);
      while (!set.isAtEnd) scan(set, depth + 1, size);
      return;
    }
    case FilterTag.not: {
      const content = op.enter(tag);
      scan(content, depth + 1, size);
      return content.finish();
    }
    case FilterTag.equalityMatch:
    case FilterTag.greaterOrEqual:
    case FilterTag.lessOrEqual:
    case FilterTag.approxMatch: {
      const assertion = op.enter(tag);
      name(assertion, Tag.octetString);
      assertion.skip(Tag.octetString);
      return assertion.finish();
    }
    case FilterTag.present:
      return name(op, tag);
    case FilterTag.substrings:
      return substrings(op.enter(tag), size);
    case FilterTag.extensibleMatch:
      return extensibleMatch(op.enter(tag));
    default:
      throw new ProtocolError(`filter tag ${tag} is not known`);
  }
}

function name(op: BerReader, tag: number): void {
  if (op.skip(tag) === 0) throw new ProtocolError('an empty attribute description in a filter');
}

function substrings(op: BerReader, size: FilterSize): void {
  name(op, Tag.octetString);
  const parts = op.enter(Tag.sequence);
  op.finish();
  if (parts.isAtEnd) throw new ProtocolError('a substring filter without substrings');
  let isFirst = true;
  let isBehindFinal = false;
  for (; !parts.isAtEnd; isFirst = false) {
    counted(size, true);
    if (isBehindFinal) throw new ProtocolError('a substring behind the final one');
    const tag = parts.peekTag();
    const isInOrder =
      tag === SubstringTag.any || tag === SubstringTag.final || (tag === SubstringTag.initial && isFirst);
    if (!isInOrder) throw new ProtocolError('substrings out of order');
    parts.skip(tag);
    isBehindFinal = tag === SubstringTag.final;
  }
}

function extensibleMatch(op: BerReader): void {
  const hasRule = op.peekTag() === ExtensibleTag.matchingRule;
  if (hasRule) name(op, ExtensibleTag.matchingRule);
  const hasAttribute = op.peekTag() === ExtensibleTag.attribute;
  if (hasAttribute) name(op, ExtensibleTag.attribute);
  op.skip(ExtensibleTag.value);
  if (op.peekTag() === ExtensibleTag.dnAttributes) op.boolean(ExtensibleTag.dnAttributes);
  op.finish();
  if (!hasRule && !hasAttribute) throw new ProtocolError('an extensible match without rule and attribute');
}
