// What `jumpgate apps --json` and `jumpgate apps diff --json` print.
import type { AppChanges, Some } from '../../src/app/app-changes.js';
import type { Difference } from '../../src/app/difference.js';
import type { EntryChanges, NamedCounts } from '../../src/app/entry-changes.js';
import type { QuestionChange } from '../../src/app/question-changes.js';
import type { SettingChanges } from '../../src/app/setting-changes.js';
import type { AppList } from '../../src/cli/apps/list.js';
import { array, choice, count, flag, moment, object, of, record, string, text, texts } from './shape.js';
import { question } from './watch.js';

export const apps = of<AppList>()(
  object({
    apps: array(
      object({
        name: text('The app’s name; default for that of the top-level keys'),
        groups: texts('The groups that let people in; absent if everybody in the directory gets in').optional(),
        isShared: flag('It has no listeners of its own, and uses those of the top level'),
        listeners: texts('URLs at which it is reached'),
        baseDN: text('The base of its tree'),
        face: text('What its entries look like (local.face)'),
        serviceAccounts: texts('The DNs of its service accounts'),
        members: count('How many may log in; absent if it is not known').optional(),
        entries: count('How many entries can be found; absent if it is not known').optional(),
        lastUse: object({
          accepted: moment('The last login that was accepted').optional(),
          refused: moment('The last login that was refused').optional(),
          other: moment('The last other request').optional(),
        })
          .describe('Since the start of the running instance; absent if none was asked')
          .optional(),
      }),
    ).describe('In the order of the configuration'),
  }),
);

const some = of<Some>()(
  object({ count: count('How many'), names: texts('The names of the first of them, 1000 at most') }),
);

const settings = of<SettingChanges>()(
  record(
    string(),
    object({
      before: text('The value before; (changed) on both sides if it is secret'),
      after: text('The value after'),
    }),
  ),
);

const namedCounts = of<NamedCounts>()(
  object({
    name: text('Its name'),
    appears: count('In how many entries it appears'),
    vanishes: count('From how many entries it vanishes'),
    changes: count('In how many entries it changes'),
  }),
);

const lists = (what: string) =>
  object({ appear: texts(`${what} that are new`), vanish: texts(`${what} that are gone`) }).describe(
    `${what} of one side`,
  );

const entries = of<EntryChanges>()(
  object({
    isAny: flag('Something below is not 0'),
    appear: count('Entries that are new'),
    vanish: count('Entries that are gone'),
    renamed: count('Entries with another DN'),
    groups: lists('Names (cn) of groups, 100 at most,'),
    attributes: array(namedCounts).describe('Attributes that differ in entries that both have'),
    classes: array(namedCounts).describe('Object classes that differ in entries that both have; changes is 0'),
  }),
);

const appChanges = of<AppChanges>()(
  object({
    name: text('The app’s name'),
    status: choice(['new', 'gone', 'changed', 'same']).describe('What becomes of it'),
    members: object({ before: count('Members before'), after: count('Members after') }).describe('How many may log in'),
    gains: some.describe('User names (uid) of those who gain access'),
    loses: some.describe('User names (uid) of those who lose access'),
    settings: settings.describe('Settings that differ, by their keys; empty for an app that is new or gone'),
    serviceAccounts: lists('DNs of service accounts'),
    entries: entries.describe('What can be found; never a value'),
  }),
);

const questionChange = of<QuestionChange>()(
  object({
    ...question,
    app: text('The app that it is for'),
    before: count('Entries that it can find before, at most; absent if its base is not there').optional(),
    after: count('Entries that it can find after, at most; absent if its base is not there').optional(),
    appear: texts('Attributes that it asks for and only gets after'),
    vanish: texts('Attributes that it asks for and only gets before'),
  }),
);

export const appsDiff = of<Difference>()(
  object({
    changes: flag('Something changes for an app: the exit code is 1'),
    upstreamDiffers: flag('The upstream, its base or its reader differ: both are compared by what the new one reads'),
    settings: settings.describe('Settings of all apps that differ, by their keys'),
    apps: array(appChanges).describe('In the order of the new configuration; those that are gone come last'),
    questions: array(questionChange).describe('Searches of --questions that would find something else'),
  }),
);
