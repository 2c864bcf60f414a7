// `jumpgate watch --learn`: watches for a while, then tells per client what it asks, how it behaves, and what would help it.

import { adviceFor } from '../ops/learn/advice.js';
import { type ClientProfile, ClientProfiles } from '../ops/learn/client-profile.js';
import { duration as words } from '../ops/page/words.js';
import { type Paint, SYMBOLS, terminalOf } from '../ops/terminal.js';
import type { CliIo } from './io.js';
import { untilSignal } from './signals.js';
import { follow, type Watched, type WatchOptions } from './watch.js';

interface Advised extends ClientProfile {
  readonly advice: readonly string[];
}

/** The JSON of the command. The client with the most requests comes first. */
export interface Learned {
  readonly clients: readonly Advised[];
}

/** Watches for `time` milliseconds from the moment it is connected, or until a signal. Exit code 1 if the instance refuses. */
export async function learn(options: WatchOptions, time: number, io: CliIo): Promise<number> {
  const profiles = new ClientProfiles();
  const { promise: isLate, resolve: late } = promiseOf();
  let timer: NodeJS.Timeout | undefined;
  const begin = () => {
    if (timer === undefined && io.stderr.isTTY === true)
      io.stderr.write(`Watching for ${words(time / 1000)}; Ctrl-C sums up earlier.\n`);
    timer ??= setTimeout(late, time);
  };
  const watched = ({ kind, record }: Watched) => {
    if (kind === 'operation') profiles.operation(record);
    else if (kind === 'fault') profiles.fault(record);
  };
  const code = await follow(options, io, Promise.race([isLate, untilSignal()]), watched, begin);
  clearTimeout(timer);
  if (code !== 0) return code;
  const clients = profiles.clients().map((client) => ({ ...client, advice: adviceFor(client) }));
  const { paint, fit } = terminalOf(io.stdout, io.env);
  io.stdout.write(options.json ? `${JSON.stringify({ clients } satisfies Learned)}\n` : fit(report(clients, paint)));
  return 0;
}

function promiseOf(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

function report(clients: readonly Advised[], paint: Paint): string {
  if (clients.length === 0) return 'Nobody asked anything in this time.\n';
  return clients.map((client) => section(client, paint)).join('\n');
}

function section(client: Advised, paint: Paint): string {
  const { address, apps, connections, binds, names, searches, advice } = client;
  const list = (title: string, lines: readonly string[]) => (lines.length === 0 ? [] : [`  ${title}`, ...lines]);
  return [
    paint('bold', address === '' ? 'ldapi' : address),
    `  ${plural(connections, 'connection')}; ${habitsOf(client).join(', ')}`,
    ...(apps === undefined ? [] : [`  For ${apps.join(', ')}`]),
    ...list(
      'Binds',
      binds.map(({ reason, count }) => `    ${String(count).padStart(6)}  ${reason}`),
    ),
    ...(names.length === 0
      ? []
      : [`  Names come as ${names.map(({ form, count }) => `${form} (${count})`).join(', ')}`]),
    ...list(
      'Searches',
      searches.map(({ count, app, base, scope, filter, attributes, paged, entries, results }) => {
        const asked = attributes.length === 0 ? 'all attributes' : attributes.join(' ');
        const found =
          entries.most === entries.least
            ? plural(entries.most, 'entry')
            : `${entries.least} to ${entries.most} entries`;
        const pages = paged ? ', in pages' : '';
        const whose = app === undefined ? '' : `${app}: `;
        return `    ${String(count).padStart(6)}  ${whose}${base === '' ? '(root)' : base} ${scope} ${filter}\n            ${paint('dim', `${asked}${pages} → ${results.join(', ')}, ${found}`)}`;
      }),
    ),
    ...list(
      'What would help',
      advice.map((text) => `    ${paint('yellow', SYMBOLS.warning)} ${text}`),
    ),
    '',
  ].join('\n');
}

function habitsOf({
  mostBindsOnOne,
  longestSilence,
  isSecure,
  isClear,
  usesStartTLS,
  usesPaging,
}: ClientProfile): string[] {
  const channel = isSecure
    ? isClear && !usesStartTLS
      ? 'TLS and in cleartext'
      : usesStartTLS
        ? 'StartTLS'
        : 'TLS'
    : 'in cleartext';
  return [
    channel,
    mostBindsOnOne > 1 ? `binds again on one connection (up to ${mostBindsOnOne} times)` : 'one bind a connection',
    ...(longestSilence >= 1000 ? [`silent for up to ${words(longestSilence / 1000)}`] : []),
    ...(usesPaging ? ['asks in pages'] : []),
  ];
}

function plural(count: number, noun: string): string {
  return `${count} ${count === 1 ? noun : `${noun.replace(/y$/, 'ie')}s`}`;
}
