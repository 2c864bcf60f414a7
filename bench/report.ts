// The tables, in Markdown.
import { type ContestantName, mapsNames, rivalOf } from './contestants.js';
import { median } from './measure.js';
import type { Results, Selection, Spread } from './results.js';
import type { Judged } from './targets.js';

const MEGABYTE = 1024 * 1024;

/** At most three significant digits. */
function short(number: number): string {
  if (Number.isNaN(number)) return '–';
  if (Math.abs(number) >= 100) return number.toFixed(0);
  if (Math.abs(number) >= 10) return number.toFixed(1);
  return Math.abs(number) >= 1 || number === 0 ? number.toFixed(2) : number.toPrecision(2);
}

const ranged = (spread: Spread | undefined, unit = '') =>
  spread === undefined ? '–' : `${short(spread.median)}${unit} (${short(spread.min)}–${short(spread.max)})`;
const middle = (spread: Spread | undefined, divisor = 1) =>
  spread === undefined ? '–' : short(spread.median / divisor);

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Every case: medians, and ratios to the rival in the same rounds with their minimum and maximum. */
export function caseTable(results: Results): string {
  const rows = cases(results).map(({ which, who }) => {
    const absolute = (metric: Parameters<Results['absolute']>[2]) => results.absolute(which, who, metric);
    const ratio = (metric: Parameters<Results['ratio']>[2]) =>
      who === rivalOf(who) ? '1' : ranged(results.ratio(which, who, metric));
    const { work, connections, roundTrip } = which;
    return [
      `${work} ×${connections}${roundTrip === 0 ? '' : `, ${roundTrip} ms`}`,
      who === rivalOf(who) ? who : `${who}${mapsNames(who) ? '' : ', names not mapped,'} ÷ ${rivalOf(who)}`,
      middle(absolute('rate')),
      middle(absolute('p50')),
      middle(absolute('p99')),
      middle(absolute('cpu')),
      middle(absolute('memory'), MEGABYTE),
      ratio('cpu'),
      ratio('rate'),
      ratio('p99'),
      middle(absolute('loadShare')),
    ];
  });
  const head = ['work', 'who', 'rate /s', 'p50 ms', 'p99 ms', 'CPU µs', 'RSS MB', 'CPU ÷', 'rate ÷', 'p99 ÷', 'load'];
  return table(head, rows);
}

/** Starts, and idle connections. */
export function otherTable(results: Results): string {
  const rows = cases(results, true).map(({ which, who }) => {
    const absolute = (metric: Parameters<Results['absolute']>[2]) => results.absolute(which, who, metric);
    return [
      which.work === 'idle' ? `idle ×${which.connections}` : which.work,
      who,
      middle(absolute('startTime')),
      middle(absolute('memoryBefore'), MEGABYTE),
      middle(absolute('memory'), MEGABYTE),
      middle(absolute('memoryPerConnection'), 1024),
      middle(absolute('lost')),
    ];
  });
  return rows.length === 0
    ? ''
    : table(['work', 'who', 'start ms', 'RSS before MB', 'RSS MB', 'KB per connection', 'lost'], rows);
}

function cases(results: Results, others = false): { which: Selection; who: ContestantName }[] {
  const seen = new Map<string, { which: Selection; who: ContestantName }>();
  for (const run of results.runs) {
    const { work, connections, roundTrip, who } = run;
    if ((work === 'idle' || work === 'start') !== others) continue;
    seen.set(`${work} ${connections} ${roundTrip} ${who}`, { which: { work, connections, roundTrip }, who });
  }
  return [...seen.values()];
}

/** Each target with its result and whether it was met. */
export function targetTable(judged: readonly Judged[]): string {
  const rows = judged.map(({ title, atMost, atLeast, unit, result, isMet }) => {
    const suffix = unit === undefined ? '' : ` ${unit}`;
    const bound = atMost === undefined ? `≥ ${atLeast}` : `≤ ${atMost}`;
    return [title, `${bound}${suffix}`, ranged(result, suffix), isMet ? 'met' : '**missed**'];
  });
  return table(['target', 'bound', 'median (min–max)', ''], rows);
}

/** Up to this number of cores used by others, the machine counts as quiet. */
const QUIET = 0.1;

/**
 * What else the machine did meanwhile. slapd spreads a bind over threads that wake each other, so other work makes its binds more expensive;
 * Jumpgate has one thread: a busy machine favors Jumpgate in the comparison.
 */
export function quietLine(results: Results): string {
  const others = results.runs.flatMap((run) => run.others ?? []);
  if (others.length === 0) return '';
  const middle = Math.max(0, median(others));
  const warning = middle > QUIET ? '. **The machine was busy: ratios to slapd are better than on a quiet one**' : '';
  return `Others used ${middle.toFixed(2)} cores (median; at most ${Math.max(0, ...others).toFixed(2)})${warning}.`;
}

/** Runs that do not count, with the reason. */
export function voidList(results: Results): string {
  return results.runs
    .flatMap(({ work, connections, roundTrip, round, who, void: why }) =>
      why === undefined ? [] : [`- void: ${work} ×${connections}, ${roundTrip} ms, round ${round}, ${who}: ${why}`],
    )
    .join('\n');
}
