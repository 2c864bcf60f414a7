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

/** Suites that run blocks of documents: `test` does where no marker says another. */
export const SUITES = ['test', 'long', 'fleet'];

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

/**
 * Programs that a block may run: those of the product, and such that do nothing outside of the folder. `npm` and `socat` are stand-ins that know
 * a few commands.
 */
const PROGRAMS = [
  'jumpgate',
  'node',
  'npx',
  'npm',
  'ldapsearch',
  'ldapwhoami',
  'ldapcompare',
  'echo',
  'printf',
  'socat',
];

const isHarmless = (command: string) =>
  command
    .replaceAll(/"[^"]*"|'[^']*'|#.*$/g, '')
    .split(/&&|\|\||[|;&]/)
    .every((part) => PROGRAMS.includes(part.trim().split(/\s/)[0]!));

const commandsIn = (lines: readonly string[]) =>
  lines.filter((line) => line.startsWith('$ ')).map((line) => line.slice(2));

/** Undefined: the block is of no kind. */
export function kindOf(block: Block): Kind | undefined {
  const { language, lines, markers } = block;
  const { suite = 'test', is, shows } = markers;
  if (!SUITES.includes(suite)) return undefined;
  if (block.isGenerated) return { kind: 'generated' };
  const why = markers['not run'];
  if (why !== undefined) return REASONS.some((one) => why.startsWith(one)) ? { kind: 'not run', why } : undefined;
  if (is !== undefined) return { kind: 'snippet', is, suite };
  switch (language) {
    case 'sh':
      return commandsOf(lines).every(isHarmless) ? { kind: 'commands', suite } : undefined;
    case 'text':
      if (shows !== undefined) return { kind: 'output', of: shows, suite };
      return lines[0]?.startsWith('$ ') === true && commandsIn(lines).every(isHarmless)
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
