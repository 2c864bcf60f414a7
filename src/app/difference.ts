// The difference between two configurations, app by app.
import type { Config } from '../config/config.js';
import { type AppChanges, appChanges } from './app-changes.js';
import type { Pictures } from './picture.js';
import { type Question, type QuestionChange, questionChanges, questionsByApp } from './question-changes.js';
import { type SettingChanges, sharedSettingChanges } from './setting-changes.js';

/** The JSON that the command prints. */
export interface Difference {
  readonly changes: boolean;
  /** The upstream, its base or its reader differ: both are compared by what the new one reads. */
  readonly upstreamDiffers: boolean;
  /** Shared by all apps: limits, TLS and the like. */
  readonly settings: SettingChanges;
  /** In the order of the second configuration; those that are gone come last. */
  readonly apps: readonly AppChanges[];
  /** Of those that were handed in, by the apps that they are for. */
  readonly questions: readonly QuestionChange[];
}

/** `most`: of names in a list. Rejects with an Error for faulty attribute rules. */
export async function differenceBetween(
  pictures: Pictures,
  questions: readonly Question[],
  most: number,
): Promise<Difference> {
  const { before, after } = pictures;
  const settings = sharedSettingChanges(before, after);
  const asked = questionsByApp(questions, before, after);
  const apps: AppChanges[] = [];
  const changed: QuestionChange[] = [];
  for (const name of pictures.names) {
    const told = await compare(name, pictures, asked.get(name) ?? [], most);
    apps.push(told.changes);
    changed.push(...told.questions);
  }
  return {
    changes: Object.keys(settings).length > 0 || apps.some(({ status }) => status !== 'same'),
    upstreamDiffers: sourceOf(before) !== sourceOf(after),
    settings,
    apps,
    questions: changed,
  };
}

/** Nothing of the pictures outlives the call. */
async function compare(name: string, pictures: Pictures, questions: readonly Question[], most: number) {
  const [old, now] = await pictures.of(name);
  return { changes: appChanges(name, old, now, most), questions: questionChanges(name, questions, old, now) };
}

function sourceOf({ upstream: { urls, orgId, reader } }: Config): string {
  return JSON.stringify([urls, orgId, reader.user, reader.dn]);
}
