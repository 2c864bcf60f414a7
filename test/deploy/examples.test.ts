// The examples of the documents that need Helm: what `helm install` would send to a cluster.
import t from 'tap';
import { withoutGo } from '../conformance/go.js';
import { withoutPython } from '../conformance/python.js';
import { commandsOf } from '../support/examples/blocks.js';
import { examples, suiteOf } from '../support/examples/site.js';
import { CHART, faultsOf, helm, objectsIn } from './chart.js';

const own = examples.filter((one) => suiteOf(one) === 'deploy');

t.test(
  'the arguments of `helm install` give objects that Kubernetes accepts',
  { skip: withoutGo || withoutPython },
  async (t) => {
    t.ok(own.length > 0);
    for (const { block, where } of own)
      for (const command of commandsOf(block.lines)) {
        const [program, verb, ...args] = command.replace(' deploy/helm/jumpgate ', ` ${CHART} `).split(/\s+/);
        t.same([program, verb], ['helm', 'install'], `${where}: nothing else is run here`);
        // The same objects, and no cluster to send them to.
        const { code, text } = await helm('template', '--kube-version', '1.33.0', ...args);
        if (!t.equal(code, 0, code === 0 ? where : `${where}: ${text}`)) continue;
        t.ok(objectsIn(text).length > 3);
        t.same(await faultsOf(t.testdir({}), text), [], where);
      }
  },
);
