// What becomes of each app with another configuration: who gains and who loses access, and which entries, names and attributes change.

import type { AppListen, Config } from '../config/config.js';
import { urlsOf } from '../config/listeners.js';
import { type EntryChanges, entryChanges } from './entry-changes.js';
import type { AppPicture, Picture } from './picture.js';
import type { QuestionChange } from './question-changes.js';

/** A list in which only some are named. */
export interface Some {
  readonly count: number;
  readonly names: readonly string[];
}

export interface Change {
  readonly before: string;
  readonly after: string;
}

export interface AppChanges {
  readonly name: string;
  readonly status: 'new' | 'gone' | 'changed' | 'same';
  readonly members: { readonly before: number; readonly after: number };
  /** Canonical uids of those who get in now, and of those who do no longer. */
  readonly gains: Some;
  readonly loses: Some;
  /** `baseDN`, `face` and `listen`: those that differ. */
  readonly settings: Readonly<Record<string, Change>>;
  readonly serviceAccounts: { readonly appear: readonly string[]; readonly vanish: readonly string[] };
  readonly entries: EntryChanges;
}

/** What is told: the JSON of the command. */
export interface Difference {
  readonly changes: boolean;
  /** The upstream, its base or its reader differ: both are compared by what the new one reads. */
  readonly upstreamDiffers: boolean;
  readonly apps: readonly AppChanges[];
  /** Of those that were handed in. */
  readonly questions: readonly QuestionChange[];
}

/** In the order of the second configuration; those that are gone come last. `most`: of names in a list. */
export function appChanges(
  [before, pictureBefore]: readonly [Config, Picture],
  [after, pictureAfter]: readonly [Config, Picture],
  most: number,
): AppChanges[] {
  const names = new Set([...pictureAfter.keys(), ...pictureBefore.keys()]);
  return [...names].map((name) => {
    const [old, now] = [pictureBefore.get(name), pictureAfter.get(name)];
    return changesOf(name, facts(old, before), facts(now, after), most);
  });
}

interface Facts {
  readonly picture: AppPicture | undefined;
  readonly uids: ReadonlySet<string>;
  readonly accounts: ReadonlySet<string>;
  readonly settings: Readonly<Record<string, string>>;
}

function facts(picture: AppPicture | undefined, { listen }: Config): Facts {
  if (picture === undefined) return { picture, uids: new Set(), accounts: new Set(), settings: {} };
  const { config, baseDN, snapshot } = picture;
  const uids = snapshot.entries.filter(({ kind }) => kind === 'user').map(({ uid }) => uid);
  const at: AppListen = config.listen === 'shared' ? listen : config.listen;
  const settings = { baseDN, face: config.local.face, listen: urlsOf(at).join(', ') };
  return {
    picture,
    uids: new Set(uids),
    accounts: new Set(config.local.serviceAccounts.map(({ dn }) => dn)),
    settings,
  };
}

function changesOf(name: string, old: Facts, now: Facts, most: number): AppChanges {
  const gains = some(missingIn(old.uids, now.uids), most);
  const loses = some(missingIn(now.uids, old.uids), most);
  const serviceAccounts = {
    appear: missingIn(old.accounts, now.accounts),
    vanish: missingIn(now.accounts, old.accounts),
  };
  const settings = settingChanges(old, now);
  const entries = entryChanges(old.picture?.snapshot.entries ?? [], now.picture?.snapshot.entries ?? []);
  const isSame =
    gains.count + loses.count + serviceAccounts.appear.length + serviceAccounts.vanish.length === 0 &&
    Object.keys(settings).length === 0 &&
    !entries.isAny;
  const status = old.picture === undefined ? 'new' : now.picture === undefined ? 'gone' : isSame ? 'same' : 'changed';
  const members = { before: old.uids.size, after: now.uids.size };
  return { name, status, members, gains, loses, settings, serviceAccounts, entries };
}

function settingChanges(old: Facts, now: Facts): Record<string, Change> {
  const keys = ['baseDN', 'face', 'listen'].filter((key) => old.settings[key] !== now.settings[key]);
  return Object.fromEntries(
    keys.map((key) => [key, { before: old.settings[key] ?? '', after: now.settings[key] ?? '' }]),
  );
}

function missingIn(there: ReadonlySet<string>, all: ReadonlySet<string>): string[] {
  return [...all].filter((one) => !there.has(one)).sort();
}

function some(names: readonly string[], most: number): Some {
  return { count: names.length, names: names.slice(0, most) };
}
