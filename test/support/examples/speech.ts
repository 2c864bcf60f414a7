// Commands as documents speak of them, run or not: commands, options, scripts, files and variables that are not there.
import { existsSync, readFileSync } from 'node:fs';
import { defineCommands } from '../../../src/cli/cli.js';
import { commandTable } from '../../../src/cli/command-table.js';
import { readEnvironment } from '../../../src/config/environment.js';

const { commands } = commandTable(defineCommands);
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Readonly<Record<string, string>> };

/** Variables of files to deploy, which are not settings of Jumpgate. */
const deployed = new Set(
  ['deploy/compose.yaml', 'deploy/haproxy.cfg']
    .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/\$\{(JUMPGATE_[A-Z_]+)/g)])
    .map(([, name = '']) => name),
);

/** What is not so in a command line; empty if all of it is. */
export function misspeltIn(line: string): string[] {
  const code = line.replace(/(^|\s)#.*$/, '');
  return [...inJumpgate(code), ...inScripts(code), ...inVariables(code)];
}

/** In each call of `jumpgate`: the command, and the options behind it up to the next pipe. */
function* inJumpgate(line: string): Generator<string> {
  for (const [, name = '', rest = ''] of line.matchAll(/(?<=^|[\s/])(?:jumpgate|main\.js) ([a-z][\w-]*)([^|;&]*)/g)) {
    const command = commands.find((one) => one.name === name);
    if (command === undefined) {
      if (isCall(line)) yield `there is no command ${name}`;
      continue;
    }
    const known = new Set([...command.options.map((option) => option.name), 'help', 'version']);
    for (const [, option = ''] of rest.replaceAll(/"[^"]*"|'[^']*'/g, '').matchAll(/(?<=\s)--([a-z][\w-]*)/g))
      if (!known.has(option)) yield `${name} has no option --${option}`;
  }
}

/** `jumpgate` is also the name of an image, a chart and a package. */
const isCall = (line: string) => /^(sudo |npx )?jumpgate /.test(line.trim()) || line.includes('main.js ');

function* inScripts(line: string): Generator<string> {
  for (const [, name = ''] of line.matchAll(/\bnpm run (?:--silent )?([\w:-]+)/g))
    if (!Object.hasOwn(scripts, name)) yield `there is no script ${name}`;
  for (const [, file = ''] of line.matchAll(/\bnpx (?:tsx|tap)(?: --[\w-]+)* ([\w./-]+)/g))
    if (!file.includes('NAME') && !existsSync(file)) yield `there is no file ${file}`;
}

function* inVariables(line: string): Generator<string> {
  for (const [name] of line.matchAll(/\bJUMPGATE_[A-Z_]+/g))
    if (!deployed.has(name) && readEnvironment({ [name]: 'x' }).faults.length > 0) yield `there is no variable ${name}`;
}
