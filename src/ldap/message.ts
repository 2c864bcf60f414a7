// Every LDAPMessage of RFC 4511 as one closed union. Values and passwords are octets; names and descriptions are text.
import type { Filter } from './filter.js';

/** A control (RFC 4511 4.1.11). */
export interface Control {
  readonly type: string;
  readonly critical: boolean;
  readonly value?: Buffer;
}

/** An attribute description with its values (PartialAttribute, RFC 4511 4.1.7). */
export interface Attribute {
  readonly type: string;
  readonly values: readonly Buffer[];
}

/** The components of LDAPResult (RFC 4511 4.1.9). `code` is any integer on the wire; ours come from ResultCode. */
export interface LDAPResult {
  readonly code: number;
  readonly matchedDN: string;
  readonly text: string;
  readonly referral?: readonly string[];
}

/** How a bind proves who it is (RFC 4511 4.2): with a password, by SASL, or in a way that nobody knows. */
export type Authentication =
  | { readonly method: 'simple'; readonly password: Buffer }
  | { readonly method: 'sasl'; readonly mechanism: string; readonly credentials?: Buffer }
  /** A context tag other than 0 and 3: known to nobody, answered with authMethodNotSupported (RFC 4511 4.2). */
  | { readonly method: 'unknown'; readonly tag: number };

/** A login: a name and how it proves who it is (RFC 4511 4.2). */
export interface BindRequest {
  readonly kind: 'bindRequest';
  readonly version: number;
  readonly name: string;
  readonly authentication: Authentication;
}
/** The answer to a bind (RFC 4511 4.2.2). */
export interface BindResponse {
  readonly kind: 'bindResponse';
  readonly result: LDAPResult;
  readonly serverSaslCreds?: Buffer;
}
/** The client's last message; it has no response (RFC 4511 4.3). */
export interface UnbindRequest {
  readonly kind: 'unbindRequest';
}

/** RFC 4511 4.5.1.2; 3 is subordinateSubtree ("children") as OpenLDAP and others send it. */
export const Scope = { baseObject: 0, singleLevel: 1, wholeSubtree: 2, subordinateSubtree: 3 } as const;
export type Scope = (typeof Scope)[keyof typeof Scope];

/** A search (RFC 4511 4.5.1). */
export interface SearchRequest {
  readonly kind: 'searchRequest';
  readonly baseObject: string;
  readonly scope: Scope;
  /** 0 to 3 (RFC 4511 4.5.1.3). There are no aliases here, so all mean the same. */
  readonly derefAliases: number;
  /** Entries, 0 = no limit asked for; at most 2^31-1. */
  readonly sizeLimit: number;
  /** Seconds, 0 = no limit asked for; at most 2^31-1. */
  readonly timeLimit: number;
  readonly typesOnly: boolean;
  readonly filter: Filter;
  readonly attributes: readonly string[];
  /** Of what there is more than a limit of ours allows, in words: to be refused whatever it asks. Filter or attributes are then left out. */
  readonly excess?: string;
  /** What the search takes in memory beyond what its octets stand for, in such octets; left out for none. */
  readonly weight?: number;
}
/** One entry that a search has found (RFC 4511 4.5.2). */
export interface SearchResultEntry {
  readonly kind: 'searchResultEntry';
  readonly objectName: string;
  readonly attributes: readonly Attribute[];
}
/** Other servers to ask (RFC 4511 4.5.2). */
export interface SearchResultReference {
  readonly kind: 'searchResultReference';
  readonly uris: readonly string[];
}
/** The end of a search (RFC 4511 4.5.2). */
export interface SearchResultDone {
  readonly kind: 'searchResultDone';
  readonly result: LDAPResult;
}

/** RFC 4511 4.6; `increment` is RFC 4525. */
export interface Change {
  readonly operation: 'add' | 'delete' | 'replace' | 'increment';
  readonly modification: Attribute;
}
/** A change of an entry (RFC 4511 4.6). */
export interface ModifyRequest {
  readonly kind: 'modifyRequest';
  readonly object: string;
  readonly changes: readonly Change[];
}
/** The answer to it (RFC 4511 4.6). */
export interface ModifyResponse {
  readonly kind: 'modifyResponse';
  readonly result: LDAPResult;
}
/** A new entry (RFC 4511 4.7). */
export interface AddRequest {
  readonly kind: 'addRequest';
  readonly entry: string;
  readonly attributes: readonly Attribute[];
}
/** The answer to it (RFC 4511 4.7). */
export interface AddResponse {
  readonly kind: 'addResponse';
  readonly result: LDAPResult;
}
/** Removes an entry (RFC 4511 4.8). */
export interface DelRequest {
  readonly kind: 'delRequest';
  readonly entry: string;
}
/** The answer to it (RFC 4511 4.8). */
export interface DelResponse {
  readonly kind: 'delResponse';
  readonly result: LDAPResult;
}
/** Renames or moves an entry (RFC 4511 4.9). */
export interface ModifyDNRequest {
  readonly kind: 'modDNRequest';
  readonly entry: string;
  readonly newrdn: string;
  readonly deleteoldrdn: boolean;
  readonly newSuperior?: string;
}
/** The answer to it (RFC 4511 4.9). */
export interface ModifyDNResponse {
  readonly kind: 'modDNResponse';
  readonly result: LDAPResult;
}
/** Asks whether an entry has a value (RFC 4511 4.10). */
export interface CompareRequest {
  readonly kind: 'compareRequest';
  readonly entry: string;
  readonly attribute: string;
  readonly value: Buffer;
}
/** The answer to a compare: its code is `compareTrue` or `compareFalse`, or says why it is neither (RFC 4511 4.10). */
export interface CompareResponse {
  readonly kind: 'compareResponse';
  readonly result: LDAPResult;
}
/** Ends the operation with this message ID; it has no response (RFC 4511 4.11). */
export interface AbandonRequest {
  readonly kind: 'abandonRequest';
  readonly messageID: number;
}
/** An operation that LDAP itself does not have; `requestName` is its OID, see {@link Oid} (RFC 4511 4.12). */
export interface ExtendedRequest {
  readonly kind: 'extendedRequest';
  readonly requestName: string;
  readonly requestValue?: Buffer;
}
/** The answer to an extended operation; with message ID 0 an unsolicited notification (RFC 4511 4.12, 4.4). */
export interface ExtendedResponse {
  readonly kind: 'extendedResponse';
  readonly result: LDAPResult;
  readonly responseName?: string;
  readonly responseValue?: Buffer;
}
/** An answer before the last one (RFC 4511 4.13). */
export interface IntermediateResponse {
  readonly kind: 'intermediateResponse';
  readonly responseName?: string;
  readonly responseValue?: Buffer;
}

/** What a client sends; `kind` tells them apart. */
export type Request =
  | BindRequest
  | UnbindRequest
  | SearchRequest
  | ModifyRequest
  | AddRequest
  | DelRequest
  | ModifyDNRequest
  | CompareRequest
  | AbandonRequest
  | ExtendedRequest;

/** What a server sends; `kind` tells them apart. */
export type Response =
  | BindResponse
  | SearchResultEntry
  | SearchResultReference
  | SearchResultDone
  | ModifyResponse
  | AddResponse
  | DelResponse
  | ModifyDNResponse
  | CompareResponse
  | ExtendedResponse
  | IntermediateResponse;

/** Every operation of LDAP. */
export type ProtocolOp = Request | Response;

/** One message: an operation with its ID and controls (RFC 4511 4.1.1). */
export interface LDAPMessage<Op extends ProtocolOp = ProtocolOp> {
  readonly messageID: number;
  readonly op: Op;
  /** Absent when the message has no controls element; an empty list is an element of length zero. */
  readonly controls?: readonly Control[];
}

/** The largest messageID, sizeLimit and timeLimit (maxInt, RFC 4511 4.1.1). */
export const MAX_INT = 2147483647;

/** One key of a server-side sort (RFC 2891 1.1). */
export interface SortKey {
  readonly attribute: string;
  /** Name or OID; the attribute's own rule if left out. */
  readonly orderingRule?: string;
  readonly reverse: boolean;
}

/** OIDs of extended operations and of the Notice of Disconnection. */
export const Oid = {
  startTLS: '1.3.6.1.4.1.1466.20037',
  whoAmI: '1.3.6.1.4.1.4203.1.11.3',
  passwordModify: '1.3.6.1.4.1.4203.1.11.1',
  cancel: '1.3.6.1.1.8',
  noticeOfDisconnection: '1.3.6.1.4.1.1466.20036',
} as const;

/** What a directory says of a password beside whether it is right (draft-behera-ldap-password-policy-10, 6.2). */
export interface PolicyNews {
  /** Until it expires; or the logins that are left after that. */
  readonly secondsLeft?: number;
  readonly logInsLeft?: number;
  /** 0 to 8, e.g. 1 accountLocked, 2 changeAfterReset. */
  readonly error?: number;
}
