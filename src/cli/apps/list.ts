// `jumpgate apps`: the apps of a configuration, and how many people get into each: by a running instance, or by reading the upstream.

import { layoutOf } from '../../app/app-parts.js';
import { Pictures, readForBoth } from '../../app/picture.js';
import type { Config } from '../../config/config.js';
import { urlsOf } from '../../config/listeners.js';
import { formatDN } from '../../ldap/dn.js';
import { printable } from '../../ops/log/printable.js';
import { duration } from '../../ops/page/words.js';
import type { AppState } from '../../ops/state.js';
import { type Paint, terminalOf } from '../../ops/terminal.js';
import { ask } from '../ask.js';
import { OK } from '../failure.js';
import type { CliIo } from '../io.js';

export interface ListOptions {
  readonly config: Config;
  readonly json: boolean;
  /** Of the ops port that may be asked. */
  readonly url: string | undefined;
  readonly token: string | undefined;
}

interface ListedApp {
  readonly name: string;
  /** Undefined: everybody gets in. */
  readonly groups: readonly string[] | undefined;
  /** True for an app that shares them with others. */
  readonly isShared: boolean;
  readonly listeners: readonly string[];
  readonly baseDN: string;
  readonly face: string;
  readonly serviceAccounts: readonly string[];
  readonly members: number | undefined;
  readonly entries: number | undefined;
  /** ISO 8601, by the running instance; undefined where none was asked. */
  readonly lastUse: AppState['lastUse'] | undefined;
}

/** The JSON of the command. */
export interface AppList {
  readonly apps: readonly ListedApp[];
}

type Counts = ReadonlyMap<string, Partial<AppState>>;

/** Exit code OK; rejects with ReadError where neither an instance nor the upstream tells. */
export async function listApps({ config, json, url, token }: ListOptions, io: CliIo): Promise<number> {
  const counts = (url === undefined ? undefined : await ofInstance(config, url, token)) ?? (await ofUpstream(config));
  const apps = config.apps.map((app): ListedApp => {
    const { name, groups, everyone, listen, local } = app;
    return {
      name,
      groups: everyone ? undefined : groups,
      isShared: listen === 'shared',
      listeners: urlsOf(listen === 'shared' ? config.listen : listen),
      baseDN: formatDN(layoutOf(app, config).localBaseDN),
      face: local.face,
      serviceAccounts: local.serviceAccounts.map(({ dn }) => dn),
      members: counts.get(name)?.members,
      entries: counts.get(name)?.entries,
      lastUse: counts.get(name)?.lastUse,
    };
  });
  const { paint, fit } = terminalOf(io.stdout, io.env);
  io.stdout.write(
    json ? `${JSON.stringify({ apps } satisfies AppList, null, 2)}\n` : fit(text(apps, paint, Date.now())),
  );
  return OK;
}

/** Undefined where none answers to us, it has not read yet, or it has other apps than the configuration. */
async function ofInstance(config: Config, url: string, token: string | undefined): Promise<Counts | undefined> {
  try {
    const { body } = await ask(`${url.replace(/\/$/, '')}/readyz`, 'GET', { token });
    const { apps = [] } = JSON.parse(body) as { apps?: readonly AppState[] };
    const counts = new Map(apps.map((app) => [app.name, app]));
    const isAll = config.apps.every(({ name }) => counts.get(name)?.members !== undefined);
    return isAll && counts.size === config.apps.length ? counts : undefined;
  } catch {
    return undefined;
  }
}

async function ofUpstream(config: Config): Promise<Counts> {
  const pictures = new Pictures(config, config, await readForBoth(config, config));
  const counts = new Map<string, Partial<AppState>>();
  for (const name of pictures.names) counts.set(name, await countsIn(pictures, name));
  return counts;
}

async function countsIn(pictures: Pictures, name: string): Promise<Partial<AppState>> {
  const [picture] = await pictures.of(name);
  return picture === undefined
    ? {}
    : { members: picture.snapshot.memberCount, entries: picture.snapshot.entries.length };
}

function text(apps: readonly ListedApp[], paint: Paint, now: number): string {
  return apps.map((app) => section(app, paint, now)).join('');
}

function section(app: ListedApp, paint: Paint, now: number): string {
  const { name, groups, isShared, listeners, baseDN, face, serviceAccounts, members, entries, lastUse } = app;
  const gate = groups === undefined ? 'everyone' : groups.map((group) => printable(group)).join(', ');
  return [
    `${paint('bold', name)}: ${members ?? '?'} members, ${entries ?? '?'} entries`,
    `  groups     ${gate}`,
    `  listeners  ${listeners.join(', ')}${isShared ? ' (of the top level)' : ''}`,
    `  base       ${printable(baseDN)}`,
    `  face       ${face}`,
    ...(serviceAccounts.length === 0 ? [] : [`  accounts   ${serviceAccounts.map((dn) => printable(dn)).join('; ')}`]),
    `  last use   ${lastUse === undefined ? 'only a running instance knows' : useText(lastUse, now)}`,
    '',
  ].join('\n');
}

const USES = { accepted: 'login', refused: 'refused login', other: 'search' } as const;

/** Such as `login 3 min ago, search 10 s ago`. `now`: milliseconds of the wall clock. */
function useText(used: AppState['lastUse'], now: number): string {
  const times = (['accepted', 'refused', 'other'] as const).flatMap((what) => {
    const at = used[what];
    return at === undefined ? [] : [`${USES[what]} ${duration(Math.max(0, now - Date.parse(at)) / 1000)} ago`];
  });
  return times.length === 0 ? 'not since the start' : times.join(', ');
}
