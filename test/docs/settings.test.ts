// The configuration as a TypeScript interface has every key of the schema.
import { readFileSync } from 'node:fs';
import t from 'tap';
import { settingsModule } from '../../docs/settings.js';

t.test('it is as npm run docs writes it', async (t) => {
  t.ok(readFileSync('src/library/jumpgate-config.ts', 'utf8') === settingsModule(), 'else run `npm run docs`');
});
