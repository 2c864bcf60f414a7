// What becomes of one app with another configuration: who gains and who loses access, which settings, entries, names and attributes change.
import { type EntryChanges, entryChanges } from './entry-changes.js';
import type { AppPicture } from './picture.js';
import { appSettingChanges, type SettingChanges } from './setting-changes.js';

/** A list in which only some are named. */
export interface Some {
  readonly count: number;
  readonly names: readonly string[];
}

export interface AppChanges {
  readonly name: string;
  readonly status: 'new' | 'gone' | 'changed' | 'same';
  readonly members: { readonly before: number; readonly after: number };
  /** Canonical uids of those who get in now, and of those who do no longer. */
  readonly gains: Some;
  readonly loses: Some;
  /** Those that differ, of an app that both have. */
  readonly settings: SettingChanges;
  readonly serviceAccounts: { readonly appear: readonly string[]; readonly vanish: readonly string[] };
  readonly entries: EntryChanges;
}

/** `most`: of names in a list. */
export function appChanges(
  name: string,
  old: AppPicture | undefined,
  now: AppPicture | undefined,
  most: number,
): AppChanges {
  const uids = { old: uidsOf(old), now: uidsOf(now) };
  const gains = some(missingIn(uids.old, uids.now), most);
  const loses = some(missingIn(uids.now, uids.old), most);
  const accounts = { old: accountsOf(old), now: accountsOf(now) };
  const serviceAccounts = {
    appear: missingIn(accounts.old, accounts.now),
    vanish: missingIn(accounts.now, accounts.old),
  };
  const isThere = old !== undefined && now !== undefined;
  const settings = isThere ? appSettingChanges([old.app, old.config], [now.app, now.config]) : {};
  const entries = entryChanges(old?.snapshot.entries ?? [], now?.snapshot.entries ?? []);
  const isSame =
    gains.count + loses.count + serviceAccounts.appear.length + serviceAccounts.vanish.length === 0 &&
    Object.keys(settings).length === 0 &&
    !entries.isAny;
  const status = old === undefined ? 'new' : now === undefined ? 'gone' : isSame ? 'same' : 'changed';
  const members = { before: uids.old.size, after: uids.now.size };
  return { name, status, members, gains, loses, settings, serviceAccounts, entries };
}

function uidsOf(picture: AppPicture | undefined): ReadonlySet<string> {
  const users = (picture?.snapshot.entries ?? []).filter(({ kind }) => kind === 'user');
  return new Set(users.map(({ uid }) => uid));
}

function accountsOf(picture: AppPicture | undefined): ReadonlySet<string> {
  return new Set((picture?.app.local.serviceAccounts ?? []).map(({ dn }) => dn));
}

function missingIn(there: ReadonlySet<string>, all: ReadonlySet<string>): string[] {
  return [...all].filter((one) => !there.has(one)).sort();
}

function some(names: readonly string[], most: number): Some {
  return { count: names.length, names: names.slice(0, most) };
}
