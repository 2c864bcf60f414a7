// The Helm chart has what the product says: the schema of its values, the rules for Prometheus, the version.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { valuesSchema } from '../../docs/helm.js';

const CHART = 'deploy/helm/jumpgate';

t.test('the schema of the values and the rules are as npm run docs writes them', async (t) => {
  t.equal(readFileSync(join(CHART, 'values.schema.json'), 'utf8'), valuesSchema(), 'run npm run docs');
  t.equal(readFileSync(join(CHART, 'files/alerts.yaml'), 'utf8'), readFileSync('config/alerts.yaml', 'utf8'));
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  t.match(parse(readFileSync(join(CHART, 'Chart.yaml'), 'utf8')), { appVersion: version });
});
