// Logins at a product of its own process while something around it is wrong: they go on, and its memory stays.
import type { Test } from 'tap';
import { Client, simpleBind } from './client.js';
import type { Product } from './product.js';
import { userDN } from './proxy.js';

/** For many logins by few names, each with a line of its own and, at debug, one for its end. */
export const MANY = ['log.level=debug', 'binds.failuresPerAccount=1000000', 'binds.failuresPerAddress=1000000'];

const MEMBER = simpleBind(userDN('quillon.varrek'), 'user-secret-5001');
/** Refused here, with a long line, and held back to the time of a refusal by the upstream. */
const STRANGER = simpleBind(`uid=nobody,${'ou=somewhere-else,'.repeat(13)}dc=example,dc=com`, 'x');
/** The number that wait for their answers at a time. */
const AT_ONCE = 50;

/** Sends this number of binds on a few connections one after the other, of a member and of a stranger in turn. Rejects if an answer is wrong. */
export async function logIns(product: Product, count: number, strangers = true): Promise<void> {
  let client = await Client.open(product.url);
  for (let done = 0; done < count; ) {
    // It keeps what it is answered.
    if (done % 1000 === 0) {
      client.destroy();
      client = await Client.open(product.url);
    }
    const burst = Math.min(AT_ONCE, count - done);
    const isMember = (i: number) => !strangers || i % 2 === 0;
    const sent = Array.from({ length: burst }, (_, i) => client.send(isMember(i) ? MEMBER : STRANGER));
    for (const [i, id] of sent.entries()) {
      const [answer] = await client.answered(id);
      const code = answer?.op.kind === 'bindResponse' ? answer.op.result.code : -1;
      if (code !== (isMember(i) ? 0 : 49)) throw new Error(`bind ${done + i} was answered by ${code}`);
    }
    done += burst;
  }
  client.destroy();
}

/** Some logins go on as if nothing had happened; returns how many lines of the log were lost by the product's own count. */
export async function goesOn(t: Test, product: Product, binds = 6000): Promise<number> {
  await logIns(product, binds);
  t.ok(product.isAlive());
  t.equal(product.errors(), '', 'nothing on standard error');
  return linesLost(product);
}

/** MiB by which the product's memory grows while it writes this number of lines. */
export async function growth(product: Product, lines: number): Promise<number> {
  const before = product.memory();
  await logIns(product, lines, false);
  return product.memory() - before;
}

export async function linesLost(product: Product, of: 'log' | 'audit' = 'log'): Promise<number> {
  const metrics = await (await fetch(`${product.opsUrl}/metrics`)).text();
  return Number(new RegExp(`^jumpgate_${of}_lines_lost_total (\\S+)`, 'm').exec(metrics)?.[1]);
}
