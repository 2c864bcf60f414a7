// Checks that answers are right, every single one. After an entry has been parsed once, it is compared byte by byte.
import { decodeResponse } from '../src/wire/decode.js';
import { localDN, localGroupDN, MEMBERS, uidOf } from './people.js';

/** A wrong answer: its run does not count. */
export class WrongAnswer extends Error {
  override readonly name = 'WrongAnswer';
}

/** Checks one message that begins at `start`, with its operation at `op`. Throws WrongAnswer. */
export type Check = (buffer: Buffer, start: number, op: number, end: number) => 'more' | 'done';

/** The result code of a response without referral, text or name before it; -1 if it is longer than expected. */
function codeAt(buffer: Buffer, op: number): number {
  const content = buffer[op + 1]! < 0x80 ? op + 2 : op + 2 + (buffer[op + 1]! - 0x80);
  return buffer[content] === 0x0a && buffer[content + 1] === 1 ? buffer[content + 2]! : -1;
}

/** A bind response with this code. */
export function bindAnswer(tell: (code: number) => void): Check {
  return (buffer, _start, op) => {
    if (buffer[op] !== 0x61) throw new WrongAnswer(`${buffer[op]?.toString(16)} in place of a bind's answer`);
    tell(codeAt(buffer, op));
    return 'done';
  };
}

export const bound: Check = bindAnswer((code) => {
  if (code !== 0) throw new WrongAnswer(`a bind was answered with ${code}`);
});

/** The entries of one server, as it first returned them. */
export class Entries {
  private readonly known: Buffer[] = [];
  private readonly order: number[] = [];

  /** Exactly this member's entry, and success. */
  one(number: number): Check {
    let found = 0;
    return (buffer, start, op, end) => {
      if (buffer[op] === 0x64) {
        if (this.numberOf(buffer, start, op, end, number) !== number)
          throw new WrongAnswer('the entry of another person');
        found++;
        return 'more';
      }
      return ended(buffer, op, found, 1);
    };
  }

  /** Every member's entry once, in any order, and success. */
  all(): Check {
    const seen = new Uint8Array(MEMBERS + 1);
    let found = 0;
    return (buffer, start, op, end) => {
      if (buffer[op] === 0x64) {
        const number = this.numberOf(buffer, start, op, end, this.order[found] ?? 0);
        if (seen[number] === 1) throw new WrongAnswer(`entry ${number} came twice`);
        seen[number] = 1;
        this.order[found++] = number;
        return 'more';
      }
      return ended(buffer, op, found, MEMBERS);
    };
  }

  /** The number of the member whose entry it is; `guess` is compared first. */
  private numberOf(buffer: Buffer, start: number, op: number, end: number, guess: number): number {
    const known = this.known[guess];
    if (known !== undefined && known.length === end - op && buffer.compare(known, 0, known.length, op, end) === 0)
      return guess;
    const number = readEntry(buffer.subarray(start, end));
    this.known[number] = Buffer.from(buffer.subarray(op, end));
    return number;
  }
}

/** The number of the member. The entry must be right: local names, its own address, its group. */
function readEntry(message: Buffer): number {
  const { op } = decodeResponse(message);
  if (op.kind !== 'searchResultEntry') throw new WrongAnswer(`${op.kind} in place of an entry`);
  const number = Number(/^uid=user(\d{5}),/.exec(op.objectName)?.[1]);
  if (!(number >= 1 && number <= MEMBERS) || op.objectName !== localDN(uidOf(number)))
    throw new WrongAnswer(`an entry by the name of ${op.objectName}`);
  const first = (type: string) =>
    op.attributes.find((attribute) => attribute.type.toLowerCase() === type)?.values[0]?.toString();
  if (first('mail') !== `${uidOf(number)}@example.test`) throw new WrongAnswer(`${op.objectName} without its mail`);
  if (first('memberof') !== localGroupDN) throw new WrongAnswer(`${op.objectName} without its group`);
  return number;
}

function ended(buffer: Buffer, op: number, found: number, wanted: number): 'done' {
  const code = codeAt(buffer, op);
  if (buffer[op] !== 0x65 || code !== 0) throw new WrongAnswer(`a search was answered with ${code}`);
  if (found !== wanted) throw new WrongAnswer(`${found} entries in place of ${wanted}`);
  return 'done';
}
