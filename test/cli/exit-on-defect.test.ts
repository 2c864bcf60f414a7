// A defect outside every wall: a line in the log, with its stack, and an exit code of its own.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { StandIn } from '../../src/demo/stand-in.js';
import { startProduct } from '../support/product.js';

const upstream = await StandIn.start({});
t.teardown(() => upstream.stop());

for (const [what, defect] of [
  ['thrown', `throw new TypeError('planted')`],
  ['rejected', `Promise.reject(new TypeError('planted'))`],
  ['no Error', 'throw Object.create(null)'],
] as const)
  t.test(what, async (t) => {
    const folder = t.testdir({});
    const planted = join(folder, 'planted.mjs');
    writeFileSync(planted, `process.on('SIGCONT', () => { ${defect}; });`);
    const program = ['--import', planted, 'dist/main.js'];
    const product = await startProduct({ upstream, folder, program });
    process.kill(product.pid, 'SIGCONT');
    t.same(await product.ending(), { code: 70, signal: null });
    t.match(product.errors(), /^jumpgate: ended by a defect: .*\n$/);
    const last = JSON.parse(product.log.at(-1) ?? '') as Record<string, unknown>;
    t.match(last, { level: 'fatal', msg: 'ended by a defect of Jumpgate' });
    if (what !== 'no Error') t.match(last, { 'error.message': 'TypeError: planted', 'error.stack': [/planted\.mjs/] });
  });
