// `jumpgate apps diff`: what another configuration would change, told before it is used. It reads the upstream once and changes nothing.
import { readFileSync } from 'node:fs';
import { type Difference, differenceBetween } from '../../app/difference.js';
import { Pictures, readForBoth } from '../../app/picture.js';
import type { Question } from '../../app/question-changes.js';
import type { Config } from '../../config/config.js';
import { terminalOf } from '../../ops/terminal.js';
import { OK } from '../failure.js';
import type { CliIo } from '../io.js';
import { type Progress, progressOn } from '../progress.js';
import { diffText } from './diff-text.js';

export interface DiffOptions {
  /** Throw ConfigError. */
  readonly loadBefore: () => Config;
  readonly loadAfter: () => Config;
  readonly json: boolean;
  /** What `watch --learn --json` has written. */
  readonly questions?: string | undefined;
}

/** Exit codes, the same as those of `diff`: something changes; the comparison failed. */
export const CHANGES = 1;
export const TROUBLE = 2;

/** Names in one list. */
const MOST_NAMES = 20;
const MOST_IN_JSON = 1000;

/** Exit code: OK where nothing changes for any app, CHANGES, or TROUBLE. */
export async function diff({ loadBefore, loadAfter, json, questions: file }: DiffOptions, io: CliIo): Promise<number> {
  const progress = progressOn(io);
  try {
    const questions = file === undefined ? [] : questionsIn(file);
    const most = json ? MOST_IN_JSON : MOST_NAMES;
    const difference = await differenceOf(loadBefore(), loadAfter(), questions, most, progress);
    progress.end();
    const terminal = terminalOf(io.stdout, io.env);
    io.stdout.write(json ? `${JSON.stringify(difference, null, 2)}\n` : diffText(difference, terminal));
    return difference.changes ? CHANGES : OK;
  } catch (error) {
    progress.end();
    io.stderr.write(`jumpgate: ${error instanceof Error ? error.message : String(error)}\n`);
    return TROUBLE;
  }
}

async function differenceOf(
  before: Config,
  after: Config,
  questions: readonly Question[],
  most: number,
  progress: Progress,
): Promise<Difference> {
  progress.step('reading JumpCloud');
  const pictures = await read(before, after, progress);
  return differenceBetween(pictures, questions, most);
}

/** Releases what was read, which is larger than what is made from it. */
async function read(before: Config, after: Config, progress: Progress): Promise<Pictures> {
  const image = await readForBoth(before, after);
  progress.step(`${image.users.length} people: comparing what each app would see`);
  return new Pictures(before, after, image);
}

/** Throws an Error for a file that cannot be read, or is of another kind. */
function questionsIn(file: string): Question[] {
  try {
    const { clients } = JSON.parse(readFileSync(file, 'utf8')) as { clients: { searches: Question[] }[] };
    const questions = clients.flatMap(({ searches }) => searches);
    if (questions.every(isQuestion)) return questions;
    throw new Error('a search has no base, scope, filter or attributes');
  } catch (error) {
    const reason = (error as Error).message;
    throw new Error(`--questions ${file}: ${reason}. Name what jumpgate watch --learn 5m --json has written`);
  }
}

function isQuestion({ base, scope, filter, attributes }: Partial<Question>): boolean {
  return [base, scope, filter].every((text) => typeof text === 'string') && Array.isArray(attributes);
}
