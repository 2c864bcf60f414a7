// The manual page: as the commands are defined, and without a complaint of groff.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import t from 'tap';
import { manualPage } from '../../docs/manual.js';
import { defineCommands } from '../../src/cli/cli.js';
import { commandTable } from '../../src/cli/command-table.js';

const PAGE = 'docs/jumpgate.1';

t.test('docs/jumpgate.1 is as npm run docs writes it, and has every command and option', async (t) => {
  const page = readFileSync(PAGE, 'utf8');
  t.equal(page, manualPage(), 'run npm run docs');
  const { commands } = commandTable(defineCommands);
  t.ok(commands.length > 10);
  for (const { name, options } of commands) {
    t.ok(page.includes(`.SS jumpgate ${name}`), name);
    for (const option of options) t.ok(page.includes(`\\-\\-${option.name.replaceAll('-', '\\-')}\\fR`), option.name);
  }
});

t.test('groff warns of nothing', async (t) => {
  const { stdout, stderr, status } = spawnSync('groff', ['-man', '-Tutf8', '-ww', '-Kutf8', PAGE], {
    encoding: 'utf8',
  });
  t.same([status, stderr], [0, '']);
  t.match(stdout, /User Commands/);
});
