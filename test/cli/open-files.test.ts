// A process that may open fewer files than the configuration has connections.
import t from 'tap';
import { tooFewFiles } from '../../src/cli/open-files.js';
import { StandIn } from '../../src/demo/stand-in.js';
import { startProduct } from '../support/product.js';
import { proxyConfig } from '../support/proxy.js';

const upstream = await StandIn.start();
t.teardown(() => upstream.stop());

t.test('serve warns at its start, with what would do', async (t) => {
  const set = ['listen.limits.connections=500'];
  const product = await startProduct({ upstream, folder: t.testdir({}), set, descriptors: 300 });
  t.teardown(() => product.stop());
  const warnings = product.log.map((line) => JSON.parse(line)).filter(({ level }) => level === 'warn');
  t.match(warnings, [
    { msg: /^listen\.limits\.connections = 500: .*open only 300 files.* Allow 700 .*lower the key to 100\.$/ },
  ]);
  const wide = await startProduct({ upstream, folder: t.testdir({}), set, descriptors: 700 });
  t.teardown(() => wide.stop());
  t.notMatch(wide.log.join('\n'), /open only/);
});

t.test('there is no warning where there is no limit, or enough', async (t) => {
  const config = proxyConfig(upstream, { listen: { limits: { connections: 10 } } });
  t.equal(tooFewFiles(config, Number.POSITIVE_INFINITY), undefined);
  t.equal(tooFewFiles(config, 210), undefined);
  t.match(tooFewFiles(config, 64), {
    message: /only 64 files/,
    remedy: /Allow 210 [^,]*, --ulimit[^,]*, ulimit -Hn in a shell\)\.$/,
  });
});
