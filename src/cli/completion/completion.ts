// Completion scripts for bash, zsh and fish, made from the table of commands: each is whole and asks nobody when a key is pressed.
import { REASONS } from '../../gate/explain/reasons.js';
import { RECIPES } from '../../recipes/all.js';
import type { CommandTable, TableCommand, TableOption } from '../command-table.js';
import type { Shell } from './shells.js';

/** Options whose value is a file. */
const FILES = new Set(['config', 'against', 'questions', 'token-file', 'support-bundle']);

/** The values that an option or argument can have, where they are known beforehand. */
export function valuesOf(command: string, { name, choices }: TableOption): readonly string[] {
  if (choices !== undefined) return choices;
  if (command === 'recipe' && name === 'application') return RECIPES.map(({ id }) => id);
  if (command === 'watch' && name === 'reason') return Object.keys(REASONS);
  return [];
}

/** The script for a shell; it ends with a line feed. */
export function completionScript(shell: Shell, table: CommandTable): string {
  return { bash, zsh, fish }[shell](table);
}

const takesValue = ({ type }: TableOption) => type !== 'boolean';
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
const HELP: TableOption = { name: 'help', describe: 'Show help', type: 'boolean' };

function bash({ commands }: CommandTable): string {
  const cases = commands.flatMap((command) => bashCases(command));
  const options = commands.map(({ name, options }) => {
    return `    ${name}) words=${quoted([...options, HELP].map((option) => `--${option.name}`).join(' '))} ;;`;
  });
  const positionals = commands.flatMap(({ name, positionals }) => {
    const values = positionals.flatMap((positional) => valuesOf(name, positional));
    return values.length === 0 ? [] : [`    ${name}) words=${quoted(values.join(' '))} ;;`];
  });
  return `# Completion of jumpgate for bash; made by: jumpgate completion bash
_jumpgate() {
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command= words= i
  # bash takes --option=value for three words.
  if [[ $current == = ]]; then current=; elif [[ $before == = ]]; then before=\${COMP_WORDS[COMP_CWORD-2]}; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in ${commands.map(({ name }) => name).join('|')}) command=\${COMP_WORDS[i]}; break ;; esac
  done
  COMPREPLY=()
  case "$command $before" in
${cases.join('\n')}
  esac
  if [[ -z $command ]]; then words=${quoted([...commands.map(({ name }) => name), '--help', '--version'].join(' '))}
  elif [[ $current == -* ]]; then
    case $command in
${options.join('\n')}
    esac
  else
    case $command in
${positionals.join('\n')}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _jumpgate jumpgate
`;
}

function bashCases({ name, options }: TableCommand): string[] {
  return options.filter(takesValue).map((option) => {
    const values = valuesOf(name, option);
    const reply = FILES.has(option.name)
      ? 'compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$current"))'
      : `COMPREPLY=($(compgen -W ${quoted(values.join(' '))} -- "$current"))`;
    return `    ${quoted(`${name} --${option.name}`)}) ${reply}; return ;;`;
  });
}

/** Characters that mean something in a specification of zsh's _arguments. */
const zshText = (text: string) => text.replaceAll(/[[\]:\\]/g, '\\$&');

function zshAction(command: string, option: TableOption): string {
  if (FILES.has(option.name)) return '_files';
  const values = valuesOf(command, option);
  return values.length === 0 ? ' ' : `(${values.join(' ')})`;
}

function zsh({ commands }: CommandTable): string {
  const list = commands.map(({ name, describe }) => `    ${quoted(`${name}:${zshText(describe)}`)}`);
  const cases = commands.map(({ name, options, positionals }) => {
    const specs = [...options, HELP].map((option) => {
      const value = takesValue(option) ? `:${option.name}:${zshAction(name, option)}` : '';
      return quoted(
        `${value === '' ? '' : '*'}--${option.name}${value === '' ? '' : '='}[${zshText(option.describe)}]${value}`,
      );
    });
    const places = positionals.map((one) => quoted(`::${one.name}:${zshAction(name, one)}`));
    return `    ${name}) _arguments ${[...specs, ...places].join(' ')} ;;`;
  });
  return `#compdef jumpgate
# Completion of jumpgate for zsh; made by: jumpgate completion zsh
_jumpgate() {
  local -a commands
  commands=(
${list.join('\n')}
  )
  if (( CURRENT == 2 )); then
    if [[ $PREFIX == -* ]]; then _arguments '--help[Show help]' '--version[Show the version]'
    else _describe command commands
    fi
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join('\n')}
  esac
}
# As a file of fpath it is called immediately; when sourced, it is only registered.
if [[ $funcstack[1] == _jumpgate ]]; then _jumpgate "$@"; else compdef _jumpgate jumpgate; fi
`;
}

/** In single quotes of fish. */
const fishQuoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

function fish({ commands }: CommandTable): string {
  const lines = commands.flatMap(({ name, describe, options, positionals }) => {
    const here = `-n '__fish_seen_subcommand_from ${name}'`;
    return [
      `complete -c jumpgate -n __fish_use_subcommand -a ${name} -d ${fishQuoted(describe)}`,
      ...[...options, HELP].map((option) => {
        const values = valuesOf(name, option);
        const value = !takesValue(option)
          ? ''
          : FILES.has(option.name)
            ? ' -r -F'
            : ` -x${values.length === 0 ? '' : ` -a ${fishQuoted(values.join(' '))}`}`;
        return `complete -c jumpgate ${here} -l ${option.name}${value} -d ${fishQuoted(option.describe)}`;
      }),
      ...positionals
        .map((one) => valuesOf(name, one))
        .filter((values) => values.length > 0)
        .map((values) => `complete -c jumpgate ${here} -a ${fishQuoted(values.join(' '))}`),
    ];
  });
  return `# Completion of jumpgate for fish; made by: jumpgate completion fish
complete -c jumpgate -f
complete -c jumpgate -n __fish_use_subcommand -l help -d 'Show help'
complete -c jumpgate -n __fish_use_subcommand -l version -d 'Show the version'
${lines.join('\n')}
`;
}
