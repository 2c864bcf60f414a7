// logfmt: one line of `key=value` pairs, from one line of JSON.

/** The time and the level first, then what happened, then the rest in its order. Everything in the line was made printable before. */
export function logfmtLine(json: string): string {
  const { time, level, msg, ...rest } = JSON.parse(json) as Record<string, unknown>;
  const pairs = Object.entries({ time, level, msg, ...rest }).filter(([, value]) => value !== undefined);
  return `${pairs.map(([key, value]) => `${key}=${written(value)}`).join(' ')}\n`;
}

/** Bare where nothing in it needs quotes, else as a JSON string. */
function written(value: unknown): string {
  const text =
    typeof value === 'string' ? value : Array.isArray(value) ? value.map(String).join(' · ') : JSON.stringify(value);
  return /^[^\s"=\\]+$/.test(text) ? text : JSON.stringify(text);
}
