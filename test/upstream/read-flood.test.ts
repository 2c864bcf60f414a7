// The product in front of an upstream that floods its reads: what it costs, and what clients see of it.
import t from 'tap';
import { encodeMessage } from '../../src/wire/encode.js';
import { Client } from '../support/client.js';
import { flood } from '../support/flood.js';
import { startProduct } from '../support/product.js';
import { BASE, eventually, userDN } from '../support/proxy.js';
import { SmallUpstream, upstreamDN } from '../support/small-upstream.js';

t.setTimeout(90_000);

/** Each sends more than the limit of 8 MiB. What is not collected yet of one of them is not a leak: so there are many. */
const FLOODS = 30;

const entry = (messageID: number, uid: string, octets: number): Buffer =>
  encodeMessage({
    messageID,
    op: {
      kind: 'searchResultEntry',
      objectName: upstreamDN(uid),
      attributes: [{ type: 'description', values: [Buffer.alloc(octets, 0x61)] }],
    },
  });

t.test('while an upstream floods, memory stays bounded, the old copy answers, and the log names the key', async (t) => {
  const upstream = await SmallUpstream.start([{ uid: 'alice', password: 'alice-secret' }]);
  t.teardown(() => upstream.stop());
  const product = await startProduct({
    upstream,
    folder: t.testdir(),
    set: ['directory.refresh=20ms', 'directory.limits.octets=8MiB', 'directory.limits.entries=10000'],
  });
  t.teardown(() => product.stop());
  const before = product.memory();
  const flooded: { sent: number }[] = [];
  upstream.instead.search = (request, messageID, socket) => {
    if (!JSON.stringify(request.filter).includes('memberOf')) return false;
    // By turns many bytes, and many entries.
    const octets = flooded.length % 2 === 0 ? 10_000 : 10;
    flooded.push(flood(socket, Buffer.alloc(0), (i) => entry(messageID, `p${i}`, octets)));
    return true;
  };
  let most = 0;
  await eventually(() => {
    most = Math.max(most, product.memory());
    return flooded.length >= FLOODS;
  });
  t.comment(`${Math.round(before)} MiB before, ${Math.round(most)} at most`);
  t.ok(most - before < FLOODS * 8, 'by less than what was sent: it does not add up, however often it is tried');
  const client = await Client.open(product.url);
  t.equal((await client.bind(userDN('alice'), 'alice-secret')).code, 0);
  t.equal((await client.search({ base: BASE, filter: '(uid=alice)' })).entries.length, 1);
  client.destroy();
  t.ok(product.log.some((line) => line.includes('directory.limits.')));
  upstream.instead = {};
  const reads = upstream.requests.length;
  await eventually(() => upstream.requests.length > reads + 3);
  t.ok(product.isAlive());
});
