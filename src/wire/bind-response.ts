// The answers that nearly all binds get, told by their octets: a success and a wrong password, with nothing but a text beside (RFC 4511 4.2.2).
import { Tag } from './ber.js';
import { OpTag } from './tags.js';

const NO_PLAIN_ANSWER = -1;
/** The longest message whose lengths all have one octet. */
const LONGEST = 2 + 0x7f;

/**
 * 0 or 49 if the first `length` octets are exactly one bindResponse to `messageID` with this code, no matchedDN, no referral, no SASL
 * credentials and no controls, each length in its short form; else -1, and the general decoder has to say what they are. That one makes 900
 * octets of garbage for an answer.
 */
export function plainBindCode(octets: Buffer, length: number, messageID: number): number {
  if (length < 14 || length > LONGEST || octets[0] !== Tag.sequence || octets[1] !== length - 2) return NO_PLAIN_ANSWER;
  const op = behindID(octets, messageID);
  // The tag of the operation to the length of its text; the text is the rest.
  if (
    op === NO_PLAIN_ANSWER ||
    op + 9 > length ||
    octets[op] !== OpTag.bindResponse ||
    octets[op + 1] !== length - op - 2 ||
    octets[op + 2] !== Tag.enumerated ||
    octets[op + 3] !== 1 ||
    octets[op + 5] !== Tag.octetString ||
    octets[op + 6] !== 0 ||
    octets[op + 7] !== Tag.octetString ||
    octets[op + 8] !== length - op - 9
  )
    return NO_PLAIN_ANSWER;
  const code = octets[op + 4]!;
  return code === 0 || code === 49 ? code : NO_PLAIN_ANSWER;
}

/** Where the operation begins if the message has this ID, in its shortest form, which is the only one. */
function behindID(octets: Buffer, messageID: number): number {
  const size = octets[3]!;
  if (octets[2] !== Tag.integer || size < 1 || size > 4) return NO_PLAIN_ANSWER;
  let id = octets[4]!;
  if (id > 0x7f || (size > 1 && id === 0 && octets[5]! < 0x80)) return NO_PLAIN_ANSWER;
  for (let i = 1; i < size; i++) id = id * 256 + octets[4 + i]!;
  return id === messageID ? 4 + size : NO_PLAIN_ANSWER;
}
