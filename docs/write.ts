// `npm run docs`: writes the documents that are made from the source.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { configurationPage } from './configuration.js';
import { descriptionsModule } from './descriptions.js';
import { conformancePage, reasonsPage, withStates, withTable } from './generate.js';
import { valuesSchema } from './helm.js';
import { withExamples } from './library.js';
import { manualPage } from './manual.js';
import { SCHEMA_NAMES, schemaText } from './schemas.js';
import { settingsModule } from './settings.js';
import { withWords } from './style-table.js';

writeFileSync('docs/reasons.md', reasonsPage());
writeFileSync('docs/jumpgate.1', manualPage());
for (const name of SCHEMA_NAMES) writeFileSync(`docs/schemas/${name}.schema.json`, schemaText(name));
writeFileSync('docs/configuration.md', configurationPage());
writeFileSync('docs/conformance.md', conformancePage());
writeFileSync('README.md', withTable(readFileSync('README.md', 'utf8')));
writeFileSync('docs/style.md', withWords(readFileSync('docs/style.md', 'utf8')));
writeFileSync('docs/architecture.md', withStates(readFileSync('docs/architecture.md', 'utf8')));
writeFileSync('src/config/descriptions.ts', descriptionsModule(readFileSync('config/jumpgate.example.yaml', 'utf8')));
writeFileSync('docs/library.md', withExamples(readFileSync('docs/library.md', 'utf8')));
writeFileSync('src/library/jumpgate-config.ts', settingsModule());
writeFileSync('deploy/helm/jumpgate/values.schema.json', valuesSchema());
copyFileSync('config/alerts.yaml', 'deploy/helm/jumpgate/files/alerts.yaml');
