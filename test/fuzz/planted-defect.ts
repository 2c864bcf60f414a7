// The product with a defect that somebody planted: it ends an operation, or the process, by an exception. For the fuzzer to find.
import { Operations } from '../../src/server/operations.js';

const { take } = Operations.prototype;
Operations.prototype.take = function (message) {
  const { op } = message;
  if (op.kind === 'modDNRequest' && op.newSuperior !== undefined && op.newrdn !== 'uid=new') {
    if (process.env.PLANTED !== 'crash') throw new TypeError('planted: another name');
    setImmediate(() => {
      throw new TypeError('planted: another name');
    });
  }
  return take.call(this, message);
};
await import('../../src/main.js');
