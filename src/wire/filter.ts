// Filters on the wire (RFC 4511 4.5.1.7). One with many parts stays octets until somebody goes through them, a part at a time.
import type { Filter, Filters } from '../ldap/filter.js';
import { BerReader, type BerWriter, Tag } from './ber.js';
import { type FilterSize, scanFilter } from './filter-scan.js';
import { ExtensibleTag, FilterTag, SubstringTag } from './filter-tags.js';

/**
 * Octets of the parts of an and or or that are decoded immediately. Twenty thousand parts are half a megabyte, and decoding them takes about ten
 * milliseconds: the search does that while it compiles them, in turns, and keeps none.
 */
const SMALL = 4096;

/** Reads the next element as a Filter. Throws ProtocolError for anything malformed (R38), LimitExceeded for what is too deep or too large (R39). */
export function decodeFilter(op: BerReader): Filter {
  return decodeSizedFilter(op).filter;
}

/** The same, with its size. */
export function decodeSizedFilter(op: BerReader): { readonly filter: Filter; readonly size: FilterSize } {
  const size = scanFilter(op.clone());
  return { filter: make(op), size };
}

/** Parts that were checked: each iteration decodes them again. */
class EncodedFilters implements Filters {
  constructor(readonly octets: Buffer) {}

  *[Symbol.iterator](): Generator<Filter> {
    const reader = new BerReader(this.octets);
    while (!reader.isAtEnd) yield make(reader);
  }
}

/** Makes a Filter of the next element, which was looked over. */
function make(op: BerReader): Filter {
  const tag = op.peekTag();
  switch (tag) {
    case FilterTag.and:
    case FilterTag.or:
      return { kind: tag === FilterTag.and ? 'and' : 'or', filters: parts(op.octets(tag)) };
    case FilterTag.not:
      return { kind: 'not', filter: make(op.enter(tag)) };
    case FilterTag.equalityMatch:
      return assertion('equalityMatch', op.enter(tag));
    case FilterTag.greaterOrEqual:
      return assertion('greaterOrEqual', op.enter(tag));
    case FilterTag.lessOrEqual:
      return assertion('lessOrEqual', op.enter(tag));
    case FilterTag.approxMatch:
      return assertion('approxMatch', op.enter(tag));
    case FilterTag.present:
      return { kind: 'present', attribute: op.text(tag) };
    case FilterTag.substrings:
      return substrings(op.enter(tag));
    default:
      return extensibleMatch(op.enter(FilterTag.extensibleMatch));
  }
}

function parts(octets: Buffer): Filters {
  const encoded = new EncodedFilters(octets);
  return octets.length > SMALL ? encoded : [...encoded];
}

function assertion(kind: 'equalityMatch' | 'greaterOrEqual' | 'lessOrEqual' | 'approxMatch', op: BerReader): Filter {
  return { kind, attribute: op.text(), value: op.octets() };
}

function substrings(op: BerReader): Filter {
  const attribute = op.text();
  const parts = op.enter(Tag.sequence);
  const initial = parts.peekTag() === SubstringTag.initial ? { initial: parts.octets(SubstringTag.initial) } : {};
  const any: Buffer[] = [];
  while (parts.peekTag() === SubstringTag.any) any.push(parts.octets(SubstringTag.any));
  const final = parts.isAtEnd ? {} : { final: parts.octets(SubstringTag.final) };
  return { kind: 'substrings', attribute, any, ...initial, ...final };
}

function extensibleMatch(op: BerReader): Filter {
  const { matchingRule: rule, attribute: description, value: content, dnAttributes: dn } = ExtensibleTag;
  const matchingRule = op.peekTag() === rule ? { matchingRule: op.text(rule) } : {};
  const attribute = op.peekTag() === description ? { attribute: op.text(description) } : {};
  const value = op.octets(content);
  const dnAttributes = op.peekTag() === dn && op.boolean(dn);
  return { kind: 'extensibleMatch', ...matchingRule, ...attribute, value, dnAttributes };
}

/** Writes a Filter. */
export function encodeFilter(writer: BerWriter, item: Filter): void {
  const mark = writer.length;
  switch (item.kind) {
    case 'and':
    case 'or':
      if (item.filters instanceof EncodedFilters) writer.raw(item.filters.octets);
      else for (const part of [...item.filters].reverse()) encodeFilter(writer, part);
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
