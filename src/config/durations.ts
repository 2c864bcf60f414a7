// Durations as people write them: `500ms`, `30s`, `15m`, `1h`.

const TIME_UNITS = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

/** What is a duration. */
export const DURATION = /^[0-9]+(\.[0-9]+)?(ms|s|m|h|d)$/;

/** Milliseconds of a text that is one. */
export function milliseconds(text: string): number {
  const unit = text.replace(/^[0-9.]+/, '');
  return Number.parseFloat(text) * (TIME_UNITS.get(unit) ?? 1);
}

/** Milliseconds as a duration in the largest unit that divides them. */
export function formatDuration(time: number): string {
  if (time === 0) return '0s';
  const units = [...TIME_UNITS].reverse();
  const [unit, factor] = units.find(([, each]) => time % each === 0) ?? ['ms', 1];
  return `${time / factor}${unit}`;
}
