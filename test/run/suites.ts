// The suites, and which files are in each: CONTRIBUTING.md says what they are for.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

export interface Suite {
  /** Folders of `test/`, and files. */
  readonly places: readonly string[];
  /** How many files run at the same time: 2 unless given. */
  readonly jobs?: number;
  /** Seconds for a file: 120 unless given. */
  readonly timeout?: number;
}

/** What `npm test` leaves out, by the suite that has it: folders of `test/`, and single files that stay beside what they test. */
export const SUITES: Readonly<Record<string, Suite>> = {
  test: { places: [] },
  long: {
    places: [
      ...['scenarios', 'fuzz'],
      // Files that take longer than ten seconds on an idle core.
      'attack/log-readers.test.ts',
      'attack/resources.test.ts',
      'bench/bench.test.ts',
      'cli/no-ops-port.test.ts',
      'directory/apps/cost.test.ts',
      'directory/work.test.ts',
      'ops/page.test.ts',
      'ops/places.test.ts',
      'upstream/gates.test.ts',
    ],
  },
  heavy: { places: ['heavy'], jobs: 1, timeout: 900 },
  conformance: { places: ['conformance'], jobs: 1, timeout: 1800 },
  deploy: { places: ['deploy'], jobs: 1, timeout: 900 },
  fleet: { places: ['fleet'], jobs: 1, timeout: 300 },
};

/** The files of a suite, or of `test` all that are in no other one; as paths from the root, in their order. */
export function filesOf(suite: string, root: string): string[] {
  const own = SUITES[suite]?.places;
  if (own === undefined) throw new Error(`${suite}: neither a file nor a suite (${Object.keys(SUITES).join(', ')})`);
  const elsewhere = Object.values(SUITES).flatMap(({ places }) => places);
  const isIn = (places: readonly string[], file: string) =>
    places.some((place) => file === `test/${place}` || file.startsWith(`test/${place}/`));
  return testFiles(root).filter((file) => (suite === 'test' ? !isIn(elsewhere, file) : isIn(own, file)));
}

/**
 * The files that are meant by what is written after the command: suites, files, and folders below `test/`, whatever the suites of their files.
 *
 * @throws Error for anything else, and for a folder without tests
 */
export function chosen(names: readonly string[], root: string): string[] {
  return names.flatMap((name) => {
    if (name.endsWith('.test.ts')) return [name];
    return name.startsWith('test/') ? below(name.replace(/\/*$/, '/'), root) : filesOf(name, root);
  });
}

function below(folder: string, root: string): string[] {
  const files = testFiles(root).filter((file) => file.startsWith(folder));
  if (files.length === 0) throw new Error(`${folder}: no folder with tests`);
  return files;
}

/** All of them, as paths from the root, in their order. */
function testFiles(root: string): string[] {
  return readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => `test/${file}`)
    .sort();
}
