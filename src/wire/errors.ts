// The one error that octets from a peer can cause.
import type { Request } from '../ldap/message.js';

/**
 * Octets that are not an LDAPMessage. With `messageID` and `request` the envelope was valid and the operation can be answered with protocolError;
 * without them only a Notice of Disconnection is possible (RFC 4511 4.1.1).
 */
export class ProtocolError extends Error {
  constructor(
    message: string,
    readonly messageID?: number,
    readonly request?: Request['kind'],
  ) {
    super(message);
    this.name = 'ProtocolError';
  }
}

/** What a peer asks is well formed, as far as it was read, and more than a limit of ours allows. */
export class LimitExceeded extends ProtocolError {}

/** A message that is longer than any may be, by its own header. */
export class MessageTooLong extends ProtocolError {}
