// What somebody may have meant by arguments that are not understood.
import { nearest } from '../runtime/nearest.js';

/** The options of all commands. */
export const OPTIONS: readonly string[] = [
  ...['config', 'set', 'url', 'token-file', 'wait', 'ready', 'json', 'schema', 'origins', 'help', 'version'],
  ...['user', 'password-stdin', 'support-bundle', 'app', 'as', 'base', 'entry', 'alone', 'against', 'questions'],
  ...['address', 'result', 'reason', 'reference', 'last', 'learn', 'port', 'ops-port', 'latency'],
];

/** yargs' complaint with a hint where there is one. `argv`: as given. */
export function withHint(complaint: string, argv: readonly string[]): string {
  const [, list] = /^Unknown arguments?: (.*)$/.exec(complaint) ?? [];
  if (list === undefined) return complaint;
  // yargs names an option in each of its spellings.
  const unknown = list.split(', ').filter((name) => argv.some((given) => isOption(given, name) || given === name));
  const hints = unknown.flatMap((name) => hintFor(name, argv));
  const named = unknown.length === 0 ? list : unknown.join(', ');
  return [`Unknown argument${unknown.length > 1 ? 's' : ''}: ${named}`, ...new Set(hints)].join('. ');
}

const isOption = (given: string, name: string) =>
  given === `--${name}` || given.startsWith(`--${name}=`) || given === `-${name}`;

function hintFor(name: string, argv: readonly string[]): string[] {
  if (argv.some((given) => isOption(given, name))) {
    if (OPTIONS.includes(name)) return [`Other commands have --${name}, this one does not`];
    const near = nearest(name, OPTIONS);
    return near === undefined ? [] : [`Did you mean --${near}?`];
  }
  if (/\.(ya?ml|json)$/i.test(name)) return [`Did you mean --config ${name}?`];
  return /^[A-Za-z.]+=/.test(name) ? [`Did you mean --set ${name}?`] : [];
}
