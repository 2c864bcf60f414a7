// A defect behind five conditions, each of which is a branch of its own: for the guided fuzzer to find, step by step.
import { decodeRequest } from '../../src/wire/decode.js';
import { ProtocolError } from '../../src/wire/errors.js';

export function check(pdu: Buffer): void {
  let op: ReturnType<typeof decodeRequest>['op'];
  try {
    op = decodeRequest(pdu).op;
  } catch (error) {
    if (error instanceof ProtocolError) return;
    throw error;
  }
  if (op.kind !== 'searchRequest') return;
  if (op.scope !== 3) return;
  if (op.derefAliases !== 2) return;
  if (!op.typesOnly) return;
  if (op.filter.kind !== 'present') return;
  if (op.filter.attribute.charCodeAt(1) !== 0x6c) return;
  throw new TypeError('planted: the end of the maze');
}
