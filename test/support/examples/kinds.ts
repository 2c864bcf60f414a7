// What becomes of a block: it is run, or checked, or it says why neither is done. One that is none of these has no kind.
import { type Block, commandsOf } from './blocks.js';

export type Kind =
  /** Commands, one after the other; `suite`: of tests, which runs them. */
  | { readonly kind: 'commands'; readonly suite: string }
  /** `$ command` and what it prints. */
  | { readonly kind: 'dialogue'; readonly suite: string }
  /** What `of` prints: a command, `the block above`, or the log of the demo after a command. */
  | { readonly kind: 'output'; readonly of: string; readonly suite: string }
  /** A configuration, or a part of one. */
  | { readonly kind: 'configuration' }
  | { readonly kind: 'json' }
  /** A unit of systemd, or a part of one. */
  | { readonly kind: 'unit'; readonly suite: string }
  /** As the marker `is` says. */
  | { readonly kind: 'snippet'; readonly is: string; readonly suite: string }
  /** Compared with what writes it, by another test. */
  | { readonly kind: 'generated' }
  | { readonly kind: 'not run'; readonly why: string };

/** Programs that a block may run: those of the product, and such that do nothing outside of the folder. */
const PROGRAMS = ['jumpgate', 'node', 'npx', 'ldapsearch', 'ldapwhoami', 'ldapcompare', 'echo', 'printf'];

/** Suites that run blocks, each with stand-ins for programs that would do more; `test` does where no marker says another. */
const SUITES: Readonly<Record<string, readonly string[]>> = {
  test: ['npm'],
  long: ['socat'],
  fleet: [],
  deploy: ['helm'],
};

/**
 * A reason not to run a block is one of these, so that it can be true; whatever follows says more. A file of tests in it does the same with
 * other means.
 */
const REASONS = [
  'needs a container engine',
  'needs a cluster',
  'needs root',
  'installs packages',
  'runs tests',
  'a drawing',
];

/** Nothing but those programs, and no command inside of another. */
const isHarmless = (command: string, suite: string) =>
  !/`|\$\(/.test(command) &&
  command
    .replaceAll(/"[^"]*"|'[^']*'|#.*$/g, '')
    .split(/&&|\|\||[|;&]/)
    .map((part) => part.trim().split(/\s/)[0]!)
    .every((program) => PROGRAMS.includes(program) || SUITES[suite]?.includes(program) === true);

const commandsIn = (lines: readonly string[]) =>
  lines.filter((line) => line.startsWith('$ ')).map((line) => line.slice(2));

/** Of the marker `shows`: what the commands above have printed, and the log of the demo after a command. */
export const ABOVE = 'the block above';
export const LOGGED = /^the log after /;

/** Undefined: the block is of no kind. */
export function kindOf(block: Block): Kind | undefined {
  const { language, lines, markers } = block;
  const { suite = 'test', is, shows } = markers;
  if (!Object.hasOwn(SUITES, suite)) return undefined;
  if (block.isGenerated) return { kind: 'generated' };
  const why = markers['not run'];
  if (why !== undefined) return REASONS.some((one) => why.startsWith(one)) ? { kind: 'not run', why } : undefined;
  if (is !== undefined) return { kind: 'snippet', is, suite };
  switch (language) {
    case 'sh':
      return commandsOf(lines).every((command) => isHarmless(command, suite)) ? { kind: 'commands', suite } : undefined;
    case 'text':
      if (shows !== undefined)
        return shows === ABOVE || isHarmless(shows.replace(LOGGED, ''), suite)
          ? { kind: 'output', of: shows, suite }
          : undefined;
      return lines[0]?.startsWith('$ ') === true && commandsIn(lines).every((command) => isHarmless(command, suite))
        ? { kind: 'dialogue', suite }
        : undefined;
    case 'yaml':
      return { kind: 'configuration' };
    case 'json':
      return { kind: 'json' };
    case 'ini':
      return { kind: 'unit', suite: 'long' };
    default:
      return undefined;
  }
}
