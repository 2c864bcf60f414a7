// Filters on the wire (RFC 4511 4.5.1.7), limited in depth and number of components while they are read (R39).
import type { Filter } from '../ldap/filter.js';
import { MAX_FILTER_COMPONENTS, MAX_FILTER_DEPTH } from '../ldap/filter.js';
import { type BerReader, type BerWriter, Tag } from './ber.js';
import { ProtocolError } from './errors.js';

const FilterTag = {
  and: 0xa0,
  or: 0xa1,
  not: 0xa2,
  equalityMatch: 0xa3,
  substrings: 0xa4,
  greaterOrEqual: 0xa5,
  lessOrEqual: 0xa6,
  present: 0x87,
  approxMatch: 0xa8,
  extensibleMatch: 0xa9,
} as const;

interface Count {
  components: number;
}

/** Reads the next element as a Filter. Throws ProtocolError for anything malformed, too deep or too large (R38). */
export function decodeFilter(op: BerReader): Filter {
  return filter(op, 1, { components: 0 });
}

function counted(count: Count): void {
  if (++count.components > MAX_FILTER_COMPONENTS) throw new ProtocolError('a filter of too many components');
}

function filter(op: BerReader, depth: number, count: Count): Filter {
  if (depth > MAX_FILTER_DEPTH) throw new ProtocolError('a filter that is too deep');
  counted(count);
  const tag = op.peekTag();
  switch (tag) {
    case FilterTag.and:
    case FilterTag.or: {
      const set = op.enter(tag);
      const filters: Filter[] = [];
      while (!set.isAtEnd) filters.push(filter(set, depth + 1, count));
      return { kind: tag === FilterTag.and ? 'and' : 'or', filters };
    }
    case FilterTag.not: {
      const content = op.enter(tag);
      const inner = filter(content, depth + 1, count);
      content.finish();
      return { kind: 'not', filter: inner };
    }
    case FilterTag.equalityMatch:
      return assertion('equalityMatch', op.enter(tag));
    case FilterTag.greaterOrEqual:
      return assertion('greaterOrEqual', op.enter(tag));
    case FilterTag.lessOrEqual:
      return assertion('lessOrEqual', op.enter(tag));
    case FilterTag.approxMatch:
      return assertion('approxMatch', op.enter(tag));
    case FilterTag.present:
      return { kind: 'present', attribute: named(op.text(tag)) };
    case FilterTag.substrings:
      return substrings(op.enter(tag), count);
    case FilterTag.extensibleMatch:
      return extensibleMatch(op.enter(tag));
    default:
      throw new ProtocolError(`filter tag ${tag} is not known`);
  }
}

function named(attribute: string): string {
  if (attribute === '') throw new ProtocolError('an empty attribute description in a filter');
  return attribute;
}

function assertion(kind: 'equalityMatch' | 'greaterOrEqual' | 'lessOrEqual' | 'approxMatch', op: BerReader): Filter {
  const attribute = named(op.text());
  const value = op.octets();
  op.finish();
  return { kind, attribute, value };
}

function substrings(op: BerReader, count: Count): Filter {
  const attribute = named(op.text());
  const parts = op.enter(Tag.sequence);
  op.finish();
  let initial: Buffer | undefined;
  let final: Buffer | undefined;
  const any: Buffer[] = [];
  if (parts.isAtEnd) throw new ProtocolError('a substring filter without substrings');
  while (!parts.isAtEnd) {
    counted(count);
    const tag = parts.peekTag();
    if (final !== undefined) throw new ProtocolError('a substring behind the final one');
    if (tag === 0x80 && initial === undefined && any.length === 0) initial = parts.octets(tag);
    else if (tag === 0x81) any.push(parts.octets(tag));
    else if (tag === 0x82) final = parts.octets(tag);
    else throw new ProtocolError('substrings out of order');
  }
  return {
    kind: 'substrings',
    attribute,
    any,
    ...(initial === undefined ? {} : { initial }),
    ...(final === undefined ? {} : { final }),
  };
}

function extensibleMatch(op: BerReader): Filter {
  const matchingRule = op.peekTag() === 0x81 ? { matchingRule: named(op.text(0x81)) } : {};
  const attribute = op.peekTag() === 0x82 ? { attribute: named(op.text(0x82)) } : {};
  const value = op.octets(0x83);
  const dnAttributes = op.peekTag() === 0x84 && op.boolean(0x84);
  op.finish();
  if (!('matchingRule' in matchingRule) && !('attribute' in attribute)) {
    throw new ProtocolError('an extensible match without rule and attribute');
  }
  return { kind: 'extensibleMatch', ...matchingRule, ...attribute, value, dnAttributes };
}

/** Writes a Filter. */
export function encodeFilter(writer: BerWriter, item: Filter): void {
  const mark = writer.length;
  switch (item.kind) {
    case 'and':
    case 'or':
      for (let i = item.filters.length - 1; i >= 0; i--) encodeFilter(writer, item.filters[i]!);
      return writer.wrap(FilterTag[item.kind], mark);
    case 'not':
      encodeFilter(writer, item.filter);
      return writer.wrap(FilterTag.not, mark);
    case 'present':
      return writer.text(item.attribute, FilterTag.present);
    case 'equalityMatch':
    case 'greaterOrEqual':
    case 'lessOrEqual':
    case 'approxMatch':
      writer.octets(item.value);
      writer.text(item.attribute);
      return writer.wrap(FilterTag[item.kind], mark);
    case 'substrings':
      if (item.final !== undefined) writer.octets(item.final, 0x82);
      for (let i = item.any.length - 1; i >= 0; i--) writer.octets(item.any[i]!, 0x81);
      if (item.initial !== undefined) writer.octets(item.initial, 0x80);
      writer.wrap(Tag.sequence, mark);
      writer.text(item.attribute);
      return writer.wrap(FilterTag.substrings, mark);
    case 'extensibleMatch':
      if (item.dnAttributes) writer.boolean(true, 0x84);
      writer.octets(item.value, 0x83);
      if (item.attribute !== undefined) writer.text(item.attribute, 0x82);
      if (item.matchingRule !== undefined) writer.text(item.matchingRule, 0x81);
      return writer.wrap(FilterTag.extensibleMatch, mark);
  }
}
