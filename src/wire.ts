/**
 * The LDAP codec: messages, names and filters from their encoded forms to plain data and back. It opens no socket and keeps no state.
 *
 * @module jumpgate/wire
 */

export {
  type AVA,
  type DN,
  dnKey,
  formatDN,
  formatRDN,
  isBelowOrEqual,
  parentDN,
  parseDN,
  type RDN,
} from './ldap/dn.js';
export type {
  AssertionFilter,
  ExtensibleMatchFilter,
  Filter,
  Filters,
  SubstringFilter,
} from './ldap/filter.js';
export { FilterSyntaxError, formatFilter, parseFilter } from './ldap/filter-text.js';
export {
  type AbandonRequest,
  type AddRequest,
  type AddResponse,
  type Attribute,
  type Authentication,
  type BindRequest,
  type BindResponse,
  type Change,
  type CompareRequest,
  type CompareResponse,
  type Control,
  type DelRequest,
  type DelResponse,
  type ExtendedRequest,
  type ExtendedResponse,
  type IntermediateResponse,
  type LDAPMessage,
  type LDAPResult,
  type ModifyDNRequest,
  type ModifyDNResponse,
  type ModifyRequest,
  type ModifyResponse,
  Oid,
  type ProtocolOp,
  type Request,
  type Response,
  Scope,
  type SearchRequest,
  type SearchResultDone,
  type SearchResultEntry,
  type SearchResultReference,
  type UnbindRequest,
} from './ldap/message.js';
export { ResultCode, type ResultName, resultName } from './ldap/result-code.js';
export { type FramerOptions, MessageFramer } from './library/message-framer.js';
export { decodeMessage, decodeRequest, decodeResponse } from './wire/decode.js';
export { encodeMessage } from './wire/encode.js';
export { LimitExceeded, MessageTooLong, ProtocolError } from './wire/errors.js';
