// --help at every width: there is a gap before each type, and no line is wider than the terminal.
import t from 'tap';
import yargs from 'yargs';
import { defineCommands } from '../../src/cli/cli.js';
import { helpWidth, withGaps } from '../../src/cli/help-text.js';

const COMMANDS = [
  '',
  'serve',
  'check',
  'explain',
  'watch',
  'apps',
  'fleet',
  'purge',
  'recipe',
  'demo',
  'healthcheck',
  'hash',
];
const io = { stdout: process.stdout, stderr: process.stderr, stdin: process.stdin, env: {} };

async function helpOf(command: string, columns: number | undefined): Promise<string> {
  let help = '';
  const parser = defineCommands(yargs(), io as never, () => {})
    .help()
    .wrap(helpWidth(columns))
    .exitProcess(false);
  await parser.parseAsync([...(command === '' ? [] : [command]), '--help'], {}, (_error, _args, output) => {
    help = output;
  });
  return help;
}

t.test('of every command', async (t) => {
  let glued = 0;
  for (const command of COMMANDS)
    for (const columns of [80, 81, 82, 83, 84, 85, 90, 100, 200, undefined]) {
      const raw = await helpOf(command, columns);
      const help = withGaps(raw);
      if (raw !== help) glued++;
      t.match(help, /Options:/, command);
      t.notMatch(help, /[^\s\]]\[(?:string|array|boolean|number)\]/, `${command}, ${columns} columns`);
      t.equal(help.replaceAll(' ', ''), raw.replaceAll(' ', ''), 'nothing else is different');
      if (columns === undefined) continue;
      const widest = Math.max(...help.split('\n').map((line) => line.length));
      t.ok(widest <= columns, `${command}: ${widest} of ${columns} columns`);
    }
  t.ok(glued > 0, 'yargs does write some of them together');
});
