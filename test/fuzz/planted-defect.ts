// The product with a defect that somebody planted: it ends an operation, or the process, by an exception. For the fuzzer to find.
import type { Received } from '../../src/gate/dispatch.js';
import { Connection } from '../../src/server/connection.js';

interface Reads {
  read(pdu: Buffer): Received;
}

const reads = Connection.prototype as unknown as Reads;
const { read } = reads;
reads.read = function (pdu) {
  const received = read.call(this, pdu);
  const op = 'op' in received ? received.op : undefined;
  if (op?.kind === 'modDNRequest' && op.newSuperior !== undefined && op.newrdn !== 'uid=new') {
    if (process.env.PLANTED !== 'crash') throw new TypeError('planted: another name');
    setImmediate(() => {
      throw new TypeError('planted: another name');
    });
  }
  return received;
};
await import('../../src/main.js');
