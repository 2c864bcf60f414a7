// Values of the controls that are understood here: octets ↔ meaning. Throws nothing but ProtocolError.
import type { Filter } from '../ldap/filter.js';
import type { PolicyNews, SortKey } from '../ldap/message.js';
import { BerReader, BerWriter, Tag } from './ber.js';
import { ProtocolError } from './errors.js';
import { decodeFilter } from './filter.js';

/** draft-behera-ldap-password-policy-10, 6. */
export const PASSWORD_POLICY = '1.3.6.1.4.1.42.2.27.8.5.1';

/** More sort keys or matched-value items than any client has use for are refused. */
const MOST_ITEMS = 64;

/** The value of a simple paged results control, in requests and responses (RFC 2696 2). */
export interface PagedResults {
  /** Entries: asked for in requests, an estimate of all in responses (0: unknown). */
  readonly size: number;
  readonly cookie: Buffer;
}

function sequence(value: Buffer | undefined): BerReader {
  if (value === undefined) throw new ProtocolError('a control without its value');
  const outer = new BerReader(value);
  const inner = outer.enter(Tag.sequence);
  outer.finish();
  return inner;
}

/** The value of a paged results control (RFC 2696 2). Throws ProtocolError. */
export function decodePagedResults(value: Buffer | undefined): PagedResults {
  const reader = sequence(value);
  const size = reader.integer();
  const cookie = reader.octets();
  reader.finish();
  if (size < 0) throw new ProtocolError('a page of negative size');
  return { size, cookie };
}

/** The value of a paged results response control (RFC 2696 2). */
export function encodePagedResults({ size, cookie }: PagedResults): Buffer {
  const writer = new BerWriter(64);
  writer.octets(cookie);
  writer.integer(size);
  writer.wrap(Tag.sequence, 0);
  return writer.finish();
}

/** The sort keys of a server-side sorting request (RFC 2891 1.1); at least one. */
export function decodeSortKeys(value: Buffer | undefined): SortKey[] {
  const reader = sequence(value);
  const keys: SortKey[] = [];
  while (!reader.isAtEnd) {
    if (keys.length === MOST_ITEMS) throw new ProtocolError('too many sort keys');
    const key = reader.enter(Tag.sequence);
    const attribute = key.text();
    const orderingRule = !key.isAtEnd && key.peekTag() === 0x80 ? { orderingRule: key.text(0x80) } : {};
    const reverse = !key.isAtEnd && key.peekTag() === 0x81 ? key.boolean(0x81) : false;
    key.finish();
    keys.push({ attribute, ...orderingRule, reverse });
  }
  if (keys.length === 0) throw new ProtocolError('a sort without a key');
  return keys;
}

/** The result of a sort, with the attribute that was at fault if one was (RFC 2891 1.2). */
export function encodeSortResult(code: number, attribute?: string): Buffer {
  const writer = new BerWriter(64);
  if (attribute !== undefined) writer.text(attribute, 0x80);
  writer.integer(code, Tag.enumerated);
  writer.wrap(Tag.sequence, 0);
  return writer.finish();
}

/** The items of a matched values request (RFC 3876 2): filters without and, or and not. */
export function decodeValuesReturnFilter(value: Buffer | undefined): Filter[] {
  const reader = sequence(value);
  const items: Filter[] = [];
  while (!reader.isAtEnd) {
    if (items.length === MOST_ITEMS) throw new ProtocolError('too many items');
    const item = decodeFilter(reader);
    if (item.kind === 'and' || item.kind === 'or' || item.kind === 'not')
      throw new ProtocolError('a matched values item with and, or, or not');
    items.push(item);
  }
  if (items.length === 0) throw new ProtocolError('matched values without an item');
  return items;
}

/** The filter of an assertion request (RFC 4528 3). */
export function decodeAssertion(value: Buffer | undefined): Filter {
  if (value === undefined) throw new ProtocolError('an assertion without a filter');
  const reader = new BerReader(value);
  const filter = decodeFilter(reader);
  reader.finish();
  return filter;
}

/** The message ID that a Cancel names (RFC 3909 2.1). */
export function decodeCancelID(value: Buffer | undefined): number {
  const reader = sequence(value);
  const messageID = reader.integer();
  reader.finish();
  return messageID;
}

/** Of the errors that the draft names. */
const LAST_POLICY_ERROR = 8;
const [WARNING, ERROR] = [0xa0, 0x81];
const [SECONDS, LOG_INS] = [0x80, 0x81];

/** Undefined for an invalid value; numbers are not negative, and errors are those of the draft. */
export function decodePolicyNews(value: Buffer): PolicyNews | undefined {
  try {
    const reader = sequence(value);
    let news: PolicyNews = {};
    if (!reader.isAtEnd && reader.peekTag() === WARNING) {
      const warning = reader.enter(WARNING);
      const isTime = warning.peekTag() === SECONDS;
      const left = warning.integer(isTime ? SECONDS : LOG_INS);
      warning.finish();
      if (left < 0) return undefined;
      news = isTime ? { secondsLeft: left } : { logInsLeft: left };
    }
    if (!reader.isAtEnd) {
      const error = reader.integer(ERROR);
      if (error < 0 || error > LAST_POLICY_ERROR) return undefined;
      news = { ...news, error };
    }
    reader.finish();
    return news;
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

/** The value of a password policy response control (draft-behera-ldap-password-policy). */
export function encodePolicyNews({ secondsLeft, logInsLeft, error }: PolicyNews): Buffer {
  const writer = new BerWriter(32);
  if (error !== undefined) writer.integer(error, ERROR);
  const left = secondsLeft ?? logInsLeft;
  if (left !== undefined) {
    const before = writer.length;
    writer.integer(left, secondsLeft === undefined ? LOG_INS : SECONDS);
    writer.wrap(WARNING, before);
  }
  writer.wrap(Tag.sequence, 0);
  return writer.finish();
}
