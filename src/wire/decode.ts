// From octets to LDAPMessages (RFC 4511 4.1.1 and 4.2 to 4.13). Throws nothing but ProtocolError.
import type { Filter } from '../ldap/filter.js';
import type {
  Attribute,
  Authentication,
  Change,
  Control,
  LDAPMessage,
  LDAPResult,
  ProtocolOp,
  Request,
  Response,
  Scope,
  SearchRequest,
} from '../ldap/message.js';
import { MAX_INT } from '../ldap/message.js';
import { BerReader, Tag } from './ber.js';
import { LimitExceeded, ProtocolError } from './errors.js';
import { decodeSizedFilter } from './filter.js';
import type { FilterSize } from './filter-scan.js';
import { OpTag } from './tags.js';

/** More controls than any client has use for are refused (R48). */
const MAX_CONTROLS = 64;
/** More requested attributes than that are refused with adminLimitExceeded (R39). */
export const MAX_ATTRIBUTES = 5000;
const TOO_MANY_ATTRIBUTES = 'a list of more than 5,000 attributes';
/**
 * The memory that a part of a filter takes, in octets as the limits count them; and the number of parts that count only by their octets in the
 * request.
 */
const OBJECT_OCTETS = 32;
const FEW_OBJECTS = 64;

/**
 * Decodes one request; the octet strings in the result are views of `pdu`. Message ID 0 is an ID like any other, as it is for OpenLDAP:
 * Erlang's eldap sends StartTLS with it, although RFC 4511 4.1.1.1 keeps it for notices.
 */
export function decodeRequest(pdu: Buffer): LDAPMessage<Request> {
  return decode(pdu, REQUESTS, requestBody);
}

/** Decodes one response. */
export function decodeResponse(pdu: Buffer): LDAPMessage<Response> {
  return decode(pdu, RESPONSES, responseBody);
}

/** Decodes either. */
export function decodeMessage(pdu: Buffer): LDAPMessage {
  return decode<ProtocolOp>(pdu, ALL, (kind, op) =>
    isRequestKind(kind) ? requestBody(kind, op) : responseBody(kind, op),
  );
}

/** What each tag means, by its octet: an array, because a Map look-up calls out of the compiled code. */
type Kinds<Kind> = readonly (Kind | undefined)[];

function kindsOf<Kind extends ProtocolOp['kind']>(isOne: (kind: ProtocolOp['kind']) => kind is Kind): Kinds<Kind> {
  const kinds = new Array<Kind | undefined>(256).fill(undefined);
  for (const [kind, tag] of Object.entries(OpTag) as [ProtocolOp['kind'], number][]) {
    if (isOne(kind)) kinds[tag] = kind;
  }
  return kinds;
}

const REQUESTS = kindsOf(isRequestKind);
const RESPONSES = kindsOf((kind): kind is Response['kind'] => !isRequestKind(kind));
const ALL = kindsOf((kind): kind is ProtocolOp['kind'] => kind !== undefined);

function isRequestKind(kind: ProtocolOp['kind']): kind is Request['kind'] {
  return kind.endsWith('Request');
}

function decode<Op extends ProtocolOp>(
  pdu: Buffer,
  kinds: Kinds<Op['kind']>,
  body: (kind: Op['kind'], op: BerReader) => Op,
): LDAPMessage<Op> {
  // The envelope: what is wrong here cannot be answered.
  const message = new BerReader(pdu);
  message.descend(Tag.sequence);
  const messageID = message.integer();
  if (messageID < 0) throw new ProtocolError(`message ID ${messageID} is not allowed`);
  const tag = message.peekTag();
  const kind = tag < 0 ? undefined : kinds[tag];
  if (kind === undefined) throw new ProtocolError(`operation tag ${tag} is not known here`);
  const start = message.mark;
  message.skip(tag);
  const controls = message.isAtEnd ? undefined : message.enter(0xa0);
  message.finish();
  // From here on the error is in the operation, which can be answered.
  try {
    message.back(start, tag);
    const decoded = body(kind, message);
    message.finish();
    return controls === undefined
      ? { messageID, op: decoded }
      : { messageID, op: decoded, controls: decodeControls(controls) };
  } catch (error) {
    if (!(error instanceof ProtocolError) || !isRequestKind(kind)) throw error;
    throw new ProtocolError(error.message, messageID, kind);
  }
}

function requestBody(kind: Request['kind'], op: BerReader): Request {
  switch (kind) {
    case 'bindRequest':
      return { kind, version: op.integer(), name: op.text(), authentication: authentication(op) };
    case 'unbindRequest':
      return { kind };
    case 'searchRequest':
      return searchRequest(op);
    case 'modifyRequest':
      return { kind, object: op.text(), changes: list(op.enter(Tag.sequence), change) };
    case 'addRequest':
      return { kind, entry: op.text(), attributes: list(op.enter(Tag.sequence), attribute) };
    case 'delRequest':
      return { kind, entry: op.rest().toString('utf8') };
    case 'modDNRequest': {
      const required = { kind, entry: op.text(), newrdn: op.text(), deleteoldrdn: op.boolean() } as const;
      return op.isAtEnd ? required : { ...required, newSuperior: op.text(0x80) };
    }
    case 'compareRequest': {
      const entry = op.text();
      const assertion = op.enter(Tag.sequence);
      const compare = { kind, entry, attribute: description(assertion), value: assertion.octets() } as const;
      assertion.finish();
      return compare;
    }
    case 'abandonRequest':
      return { kind, messageID: integerOf(op.rest()) };
    case 'extendedRequest': {
      const requestName = op.text(0x80);
      return op.isAtEnd ? { kind, requestName } : { kind, requestName, requestValue: op.octets(0x81) };
    }
  }
}

function responseBody(kind: Response['kind'], op: BerReader): Response {
  switch (kind) {
    case 'bindResponse': {
      const answer = ldapResult(op);
      return op.isAtEnd ? { kind, result: answer } : { kind, result: answer, serverSaslCreds: op.octets(0x87) };
    }
    case 'searchResultEntry':
      return { kind, objectName: op.text(), attributes: list(op.enter(Tag.sequence), attribute) };
    case 'searchResultReference': {
      const uris: string[] = [];
      while (!op.isAtEnd) uris.push(op.text());
      return { kind, uris };
    }
    case 'searchResultDone':
    case 'modifyResponse':
    case 'addResponse':
    case 'delResponse':
    case 'modDNResponse':
    case 'compareResponse':
      return { kind, result: ldapResult(op) };
    case 'extendedResponse': {
      const answer = ldapResult(op);
      const name = op.peekTag() === 0x8a ? { responseName: op.text(0x8a) } : {};
      const value = op.peekTag() === 0x8b ? { responseValue: op.octets(0x8b) } : {};
      return { kind, result: answer, ...name, ...value };
    }
    case 'intermediateResponse': {
      const name = op.peekTag() === 0x80 ? { responseName: op.text(0x80) } : {};
      const value = op.peekTag() === 0x81 ? { responseValue: op.octets(0x81) } : {};
      return { kind, ...name, ...value };
    }
  }
}

function authentication(op: BerReader): Authentication {
  const tag = op.peekTag();
  if (tag === 0x80) return { method: 'simple', password: op.octets(0x80) };
  if (tag === 0xa3) {
    const sasl = op.enter(0xa3);
    const mechanism = sasl.text();
    const credentials = sasl.isAtEnd ? {} : { credentials: sasl.octets() };
    sasl.finish();
    return { method: 'sasl', mechanism, ...credentials };
  }
  // Context tags in one octet, other than the two above.
  if ((tag & 0xc0) !== 0x80 || (tag & 0x1f) === 0x1f || tag === 0xa0 || tag === 0x83) {
    throw new ProtocolError('authentication is missing or malformed');
  }
  op.octets(tag);
  return { method: 'unknown', tag: tag & 0x1f };
}

function ldapResult(op: BerReader): LDAPResult {
  const required = { code: op.integer(Tag.enumerated), matchedDN: op.text(), text: op.text() };
  if (op.peekTag() !== 0xa3) return required;
  const uris = op.enter(0xa3);
  const referral: string[] = [];
  while (!uris.isAtEnd) referral.push(uris.text());
  return { ...required, referral };
}

function decodeControls(sequence: BerReader): Control[] {
  const controls: Control[] = [];
  while (!sequence.isAtEnd) {
    if (controls.length === MAX_CONTROLS) throw new ProtocolError(`more than ${MAX_CONTROLS} controls`);
    const control = sequence.enter(Tag.sequence);
    const type = control.text();
    if (type === '') throw new ProtocolError('a control without a type');
    const critical = control.peekTag() === Tag.boolean && control.boolean();
    controls.push(control.isAtEnd ? { type, critical } : { type, critical, value: control.octets() });
    control.finish();
  }
  return controls;
}

function list<Item>(sequence: BerReader, item: (element: BerReader) => Item): Item[] {
  const items: Item[] = [];
  while (!sequence.isAtEnd) items.push(item(sequence));
  return items;
}

function attribute(sequence: BerReader): Attribute {
  const element = sequence.enter(Tag.sequence);
  const type = description(element);
  const values = list(element.enter(Tag.set), (set) => set.octets());
  element.finish();
  return { type, values };
}

const changeKinds = ['add', 'delete', 'replace', 'increment'] as const;

function change(sequence: BerReader): Change {
  const element = sequence.enter(Tag.sequence);
  const operation = changeKinds[choice(element, 3, 'operation')]!;
  const modification = attribute(element);
  element.finish();
  return { operation, modification };
}

function searchRequest(op: BerReader): SearchRequest {
  const before = {
    kind: 'searchRequest',
    baseObject: op.text(),
    scope: choice(op, 3, 'scope') as Scope,
    derefAliases: choice(op, 3, 'derefAliases'),
    sizeLimit: limit(op, 'sizeLimit'),
    timeLimit: limit(op, 'timeLimit'),
    typesOnly: op.boolean(),
  } as const;
  const rest = op.clone();
  try {
    const { filter, size } = decodeSizedFilter(op);
    return { ...before, filter, attributes: attributeSelection(op.enter(Tag.sequence)), ...weightOf(size) };
  } catch (error) {
    if (!(error instanceof LimitExceeded)) throw error;
    // What is beyond the limit is not read; around it everything has to be right.
    rest.skip(rest.peekTag());
    rest.skip(Tag.sequence);
    rest.finish();
    op.rest();
    return { ...before, filter: NOTHING, attributes: [], excess: error.message };
  }
}

/** FALSE of every entry (RFC 4526). */
const NOTHING: Filter = { kind: 'or', filters: [] };

function weightOf({ objects }: FilterSize): { weight?: number } {
  return objects > FEW_OBJECTS ? { weight: OBJECT_OCTETS * objects } : {};
}

function attributeSelection(sequence: BerReader): string[] {
  const attributes: string[] = [];
  while (!sequence.isAtEnd) {
    if (attributes.length === MAX_ATTRIBUTES) throw new LimitExceeded(TOO_MANY_ATTRIBUTES);
    attributes.push(sequence.text());
  }
  return attributes;
}

function description(op: BerReader): string {
  const type = op.text();
  if (type === '') throw new ProtocolError('an empty attribute description');
  return type;
}

function choice(op: BerReader, most: number, name: string): number {
  const value = op.integer(Tag.enumerated);
  if (value < 0 || value > most) throw new ProtocolError(`${name} ${value} is not allowed`);
  return value;
}

function limit(op: BerReader, name: string): number {
  const value = op.integer();
  if (value < 0 || value > MAX_INT) throw new ProtocolError(`${name} ${value} is not allowed`);
  return value;
}

/** The content of an implicitly tagged INTEGER. */
function integerOf(content: Buffer): number {
  if (content.length < 1 || content.length > 4) throw new ProtocolError(`an integer of ${content.length} octets`);
  return content.readIntBE(0, content.length);
}
