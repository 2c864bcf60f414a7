// The difference between two configurations as human-readable text: counts first, then names.
import type { AppChanges, Some } from '../../app/app-changes.js';
import type { Difference } from '../../app/difference.js';
import type { NamedCounts } from '../../app/entry-changes.js';
import type { QuestionChange } from '../../app/question-changes.js';
import type { SettingChanges } from '../../app/setting-changes.js';
import { printable } from '../../ops/log/printable.js';
import type { Paint, Terminal } from '../../ops/terminal.js';

/** Attributes, classes and groups in one line. */
const MOST_NAMES = 20;

/** The difference as text for a terminal, one section for each app. */
export function diffText(difference: Difference, { paint, fit }: Terminal): string {
  const { apps, changes, upstreamDiffers, settings, questions } = difference;
  const lines = apps.flatMap((app) => section(app, paint));
  const shared = settingLines(settings);
  if (shared.length > 0) lines.unshift(`${paint('bold', 'all apps')}:`, ...shared);
  if (upstreamDiffers) lines.unshift('The upstream differs as well: both are compared by what the new one reads.');
  if (questions.length > 0) lines.push(`${questions.length} recorded questions would find something else:`);
  lines.push(...questions.slice(0, MOST_NAMES).flatMap(questionLines));
  if (!changes) lines.push('Nothing changes for any app.');
  return `${fit(lines.join('\n'))}\n`;
}

function section(app: AppChanges, paint: Paint): string[] {
  const { name, status, members, gains, loses, settings, serviceAccounts, entries } = app;
  const { before, after } = members;
  const count = before === after ? `${after} members` : `${before} → ${after} members`;
  const head = `${paint('bold', name)}: ${status}, ${count}`;
  if (status === 'same') return [head];
  const { appear, vanish, renamed, groups, attributes, classes } = entries;
  const isWhole = status !== 'changed';
  return [
    head,
    ...listed(paint('green', '+'), 'gain access', gains),
    ...listed(paint('red', '-'), 'lose access', loses),
    ...settingLines(settings),
    ...namesLine('service accounts appear', serviceAccounts.appear),
    ...namesLine('service accounts vanish', serviceAccounts.vanish),
    ...(appear + vanish + renamed === 0
      ? []
      : [`  entries: ${appear} appear, ${vanish} vanish, ${renamed} have another DN`]),
    ...(isWhole ? [] : namesLine('groups appear', groups.appear)),
    ...(isWhole ? [] : namesLine('groups vanish', groups.vanish)),
    ...countsLine('classes', classes),
    ...countsLine('attributes', attributes),
  ];
}

function settingLines(settings: SettingChanges): string[] {
  return Object.entries(settings).map(([key, { before, after }]) => {
    const what = before === after ? printable(after) : `${printable(before)} → ${printable(after)}`;
    return `  ${printable(key)}: ${what}`;
  });
}

function listed(mark: string, what: string, { count, names }: Some): string[] {
  if (count === 0) return [];
  const more = count - names.length;
  return [`  ${mark} ${count} ${what}: ${shown(names)}${more > 0 ? ` and ${more} more` : ''}`];
}

function namesLine(what: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const more = names.length - MOST_NAMES;
  return [`  ${what}: ${shown(names.slice(0, MOST_NAMES))}${more > 0 ? ` and ${more} more` : ''}`];
}

function countsLine(what: string, counts: readonly NamedCounts[]): string[] {
  const told = counts.map(({ name, appears, vanishes, changes }) => {
    const parts = [
      ...(appears > 0 ? [`appears in ${appears}`] : []),
      ...(vanishes > 0 ? [`vanishes from ${vanishes}`] : []),
      ...(changes > 0 ? [`changes in ${changes}`] : []),
    ];
    return `    ${printable(name)}: ${parts.join(', ')}`;
  });
  return told.length === 0 ? [] : [`  ${what}, in entries that both have:`, ...told];
}

function shown(names: readonly string[]): string {
  return names.map((name) => printable(name)).join(', ');
}

function questionLines({ app, base, filter, before, after, appear, vanish }: QuestionChange): string[] {
  const found = (count: number | undefined) => (count === undefined ? 'no such base' : `up to ${count} entries`);
  const attributes = [...appear.map((name) => `+${name}`), ...vanish.map((name) => `-${name}`)].map((name) =>
    printable(name),
  );
  return [
    `  ${app}: ${printable(base)} ${printable(filter)}: ${found(before)} → ${found(after)} ${attributes.join(' ')}`.trimEnd(),
  ];
}
