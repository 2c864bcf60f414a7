// Output: what is given to it in any mixture comes out in order, in one write in clear and in records of their own through TLS.
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import fc from 'fast-check';
import t from 'tap';
import { Arena } from '../../src/server/arena.js';
import { Output } from '../../src/server/output.js';

/** A socket that keeps what is written to it, by what reaches the system at once. */
class Kept {
  readonly writable = true;
  readonly writableLength = 0;
  readonly writes: Buffer[][] = [];
  private isCorked = false;

  write(octets: Buffer): boolean {
    if (this.isCorked) this.writes.at(-1)?.push(octets);
    else this.writes.push([octets]);
    return true;
  }

  cork(): void {
    this.isCorked = true;
    this.writes.push([]);
  }

  uncork(): void {
    this.isCorked = false;
  }

  get octets(): Buffer {
    return Buffer.concat(this.writes.flat());
  }
}

type Step = { readonly kind: 'add' | 'room'; readonly to: 0 | 1; readonly octets: Buffer };

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('add', 'room'),
  to: fc.constantFrom(0, 1),
  octets: fc.uint8Array({ minLength: 1, maxLength: 40_000 }).map((array) => Buffer.from(array)),
});

function put(output: Output, { kind, octets }: Step, ends = [octets.length]): void {
  if (kind === 'add') return output.add(octets, ends);
  const at = output.reserve(octets.length);
  octets.copy(output.memory, at);
  output.added(at, octets.length, ends);
}

t.test('in clear: all octets in order and in one write, whoever else writes into the same memory', async (t) => {
  fc.assert(
    fc.property(fc.array(fc.array(step, { maxLength: 12 }), { maxLength: 4 }), (turns) => {
      const arena = new Arena();
      const sockets = [new Kept(), new Kept()] as const;
      const outputs = sockets.map((socket) => new Output(socket as unknown as Socket, arena));
      const expected: Buffer[][] = [[], []];
      for (const steps of turns) {
        for (const one of steps) {
          put(outputs[one.to]!, one);
          expected[one.to]!.push(one.octets);
        }
        for (const [i, output] of outputs.entries()) {
          const before = sockets[i]!.writes.length;
          output.flush();
          if (sockets[i]!.writes.length - before > 1) return false;
        }
      }
      return sockets.every((socket, i) => socket.octets.equals(Buffer.concat(expected[i]!)));
    }),
  );
  t.pass('they were');
});

t.test('through TLS each message has a write, and so a record, of its own', async (t) => {
  for (const kind of ['add', 'room'] as const) {
    const [clear, encrypted] = [new Kept(), new Kept()];
    const output = new Output(clear as unknown as Socket, new Arena());
    output.moveTo(encrypted as unknown as TLSSocket);
    put(output, { kind, to: 0, octets: Buffer.from('aabbbc') }, [2, 5, 6]);
    output.flush();
    t.same(
      encrypted.writes.map((pieces) => String(Buffer.concat(pieces))),
      ['aa', 'bbb', 'c'],
      kind,
    );
    const many = Array.from({ length: 100 }, (_, i) => i + 1);
    put(output, { kind, to: 0, octets: Buffer.alloc(100, 'x') }, many);
    output.flush();
    t.equal(encrypted.writes.length, 4, 'of a long list all in one');
  }
});
