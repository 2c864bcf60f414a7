// A simple bind as its client sends it, encoded once and before it is known what connection it travels on (RFC 4511 4.2).
import { Tag } from './ber.js';
import { PASSWORD_POLICY } from './controls.js';
import { headerOctets } from './frame.js';
import { OpTag } from './tags.js';

/** Message IDs of two octets, whichever: so the ID can be set later without anything moving. */
const FIRST_ID = 0x80;
const LAST_ID = 0x7fff;
/** Of the message ID's element. */
const ID_OCTETS = 4;

/** INTEGER 3. */
const VERSION = Buffer.of(Tag.integer, 1, 3);
const SIMPLE = 0x80;
/** The password policy control (draft-behera-ldap-password-policy), not critical, as the list of a message's controls. */
const POLICY_REQUEST = element(0xa0, element(Tag.sequence, element(Tag.octetString, Buffer.from(PASSWORD_POLICY))));
const NO_CONTROLS = Buffer.alloc(0);

/**
 * The octets of a bind request whose message ID is set later. `asksPolicy`: with the password policy control, which an upstream that does not know it
 * ignores. The password is copied: the owner of the result wipes it. Written forwards and by hand: encodeMessage, which does the same, makes 400
 * octets more garbage.
 */
export function encodeBindRequest(dn: string, password: Buffer, asksPolicy: boolean): Buffer {
  const controls = asksPolicy ? POLICY_REQUEST : NO_CONTROLS;
  const name = Buffer.byteLength(dn, 'utf8');
  const body = VERSION.length + sizeOf(name) + sizeOf(password.length);
  const content = ID_OCTETS + sizeOf(body) + controls.length;
  const request = Buffer.allocUnsafe(sizeOf(content));
  let at = writeHeader(request, 0, Tag.sequence, content);
  request[at] = Tag.integer;
  request[at + 1] = 2;
  request[at + 2] = 0;
  request[at + 3] = FIRST_ID;
  at = writeHeader(request, at + ID_OCTETS, OpTag.bindRequest, body);
  request.set(VERSION, at);
  at = writeHeader(request, at + VERSION.length, Tag.octetString, name);
  request.write(dn, at, name, 'utf8');
  at = writeHeader(request, at + name, SIMPLE, password.length);
  request.set(password, at);
  if (asksPolicy) request.set(controls, at + password.length);
  return request;
}

/** Sets the message ID, one that `nextMessageID` gave, in what `encodeBindRequest` made. */
export function setMessageID(request: Buffer, id: number): void {
  const at = headerOctets(request) + 2;
  request[at] = id >> 8;
  request[at + 1] = id & 0xff;
}

/** The message ID behind this one; 0 for the first. They begin again when they are used up: one bind is in flight per connection. */
export function nextMessageID(id: number): number {
  return id < FIRST_ID || id >= LAST_ID ? FIRST_ID : id + 1;
}

/** Octets of an element with content of this length. */
function sizeOf(content: number): number {
  if (content < 0x80) return 2 + content;
  let size = 3 + content;
  for (let rest = content; rest > 0xff; rest = Math.floor(rest / 256)) size++;
  return size;
}

/** Returns where the content begins. */
function writeHeader(into: Buffer, at: number, tag: number, length: number): number {
  into[at] = tag;
  const octets = sizeOf(length) - length - 2;
  into[at + 1] = octets === 0 ? length : 0x80 + octets;
  if (octets > 0) into.writeUIntBE(length, at + 2, octets);
  return at + 2 + octets;
}

function element(tag: number, content: Buffer): Buffer {
  const whole = Buffer.alloc(sizeOf(content.length));
  whole.set(content, writeHeader(whole, 0, tag, content.length));
  return whole;
}
