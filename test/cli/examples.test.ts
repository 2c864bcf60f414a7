// The examples in --help and in the manual page: every command has some, and each is understood as it is typed.
import t from 'tap';
import yargs, { type Argv } from 'yargs';
import { timeOf } from '../../src/cli/arguments.js';
import { defineCommands } from '../../src/cli/cli.js';
import { commandTable } from '../../src/cli/command-table.js';
import { keyPaths } from '../../src/config/schema.js';
import { textOfReason } from '../../src/gate/explain/reasons.js';
import { RECIPES } from '../../src/recipes/all.js';
import { run } from '../support/command.js';

const { commands, examples } = commandTable(defineCommands);
const keys = keyPaths().map((path) => path.join('.'));

type Arguments = Readonly<Record<string, unknown>>;

/** The words after `jumpgate` in a line for a shell. */
function wordsOf(line: string): string[] {
  const [, command] = /(?:^|[|(] *)jumpgate\b([^|)>]*)/.exec(line) ?? [];
  if (command === undefined) throw new Error(`${line}: where is jumpgate?`);
  return quotedWords(line.includes('"(') ? line.replace(/^jumpgate/, '') : command);
}

const quotedWords = (text: string) =>
  [...text.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');

/** What yargs makes of the words, by the definitions of the commands; nothing runs. Throws an Error for wrong usage. */
async function understood(words: readonly string[]): Promise<{ name: string; args: Arguments }> {
  const ran: { name: string; args: Arguments }[] = [];
  const parser = yargs([...words]);
  const command = parser.command.bind(parser) as (...definition: unknown[]) => Argv;
  Object.assign(parser, {
    command: (usage: string, describe: string, builder: unknown) =>
      command(usage, describe, builder, (args: Arguments) => {
        ran.push({ name: usage.split(' ')[0]!, args });
      }),
  });
  defineCommands(parser, { env: {}, stdin: process.stdin, stdout: process.stdout, stderr: process.stderr }, () => {});
  await parser
    .demandCommand(1)
    .strict()
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? new Error(message);
    })
    .parseAsync();
  const [one] = ran;
  if (one === undefined) throw new Error(`${words.join(' ')}: no command would run`);
  return one;
}

t.test('every command has examples: two to five', async (t) => {
  t.ok(commands.length > 10);
  for (const { name, examples } of commands)
    t.ok(examples.length >= 2 && examples.length <= 5, `${name}: ${examples.length}`);
});

t.test('each example is understood, by its own command', async (t) => {
  for (const { name, examples } of commands)
    for (const { command, describe } of examples) {
      t.match(describe, /^[a-z].*[^.]$/, command);
      const ran = await understood(wordsOf(command));
      t.equal(ran.name, name, command);
    }
  for (const { command } of examples) t.ok((await understood(wordsOf(command))).name, command);
});

t.test('values in examples are such as exist', async (t) => {
  for (const { command } of [...examples, ...commands.flatMap((one) => one.examples)]) {
    const { args } = await understood(wordsOf(command));
    const { set = [], wait, learn, reason, application } = args;
    for (const one of set as string[]) t.ok(keys.includes(one.split('=')[0]!), command);
    for (const time of [wait, learn]) if (time !== undefined) t.ok(timeOf(String(time), '--wait') > 0, command);
    if (reason !== undefined) t.ok(textOfReason(String(reason)), command);
    if (application !== undefined)
      t.ok(
        RECIPES.some(({ id }) => id === application),
        command,
      );
  }
});

t.test('an example that is wrong is found', async (t) => {
  await t.rejects(understood(wordsOf('jumpgate serve --confg jumpgate.yaml')), /confg/);
  await t.rejects(understood(wordsOf('jumpgate serve jumpgate.yaml')), /jumpgate\.yaml/);
  await t.rejects(understood(wordsOf('jumpgate explain')), /Not enough/);
  await t.rejects(understood(wordsOf('jumpgate watch --reason')), /reason/);
  await t.rejects(understood(wordsOf('jumpgate apps dif')), /Choices/);
  t.throws(() => wordsOf('jumpgte serve'), /where is/);
  t.same(wordsOf('echo -n "$PASSWORD" | jumpgate hash'), ['hash']);
  t.same(wordsOf('jumpgate explain "(a=b)" --as ada'), ['explain', '(a=b)', '--as', 'ada']);
});

t.test('--help prints them, each in one line to copy', async (t) => {
  for (const { name, examples } of commands) {
    const { out } = await run([name, '--help']);
    for (const { command } of examples) t.ok(out.includes(`\n  ${command} `), command);
  }
});
