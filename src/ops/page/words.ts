// Numbers as people read them.

/** Milliseconds in the unit that fits. */
export function milliseconds(value: number): string {
  if (value >= 1000) return `${short(value / 1000)} s`;
  return `${short(value)} ms`;
}

/** Readers need no more than three digits. */
function short(value: number): string {
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(2)));
}

/** Seconds in the largest unit that fits, and the next. */
export function duration(seconds: number): string {
  const units = [
    ['d', 86_400],
    ['h', 3600],
    ['min', 60],
  ] as const;
  const index = units.findIndex(([, size]) => seconds >= size);
  const unit = units[index];
  if (unit === undefined) return `${Math.max(0, Math.round(seconds))} s`;
  const [name, size] = unit;
  const [nextName, nextSize] = units[index + 1] ?? ['s', 1];
  const rest = Math.floor((seconds % size) / nextSize);
  return `${Math.floor(seconds / size)} ${name}${rest === 0 ? '' : ` ${rest} ${nextName}`}`;
}

/** A part of a whole in percent. */
export function percent(part: number, whole: number): string {
  return whole === 0 ? '–' : `${Math.round((100 * part) / whole)} %`;
}

/** `2026-03-01 11:15 UTC`, of a time in ISO 8601. */
export function minuteOf(time: string): string {
  return `${time.slice(0, 16).replace('T', ' ')} UTC`;
}

/** Days in words. */
export function day(count: number): string {
  return count === 1 ? '1 day' : `${count} days`;
}

/** `host:port: connect ECONNREFUSED host:port` names the address once, `ECONNREFUSED: connect ECONNREFUSED` the code. */
export function withoutEcho(message: string): string {
  const [, code, rest = ''] = /^([A-Z][A-Z0-9_]+): (.*)$/s.exec(message) ?? [];
  if (code !== undefined && rest.includes(code)) return rest;
  const [, address] = /^(\S+:[0-9]+): /.exec(message) ?? [];
  return address !== undefined && message.endsWith(` ${address}`) ? message.slice(0, -address.length - 1) : message;
}
