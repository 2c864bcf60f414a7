// Log lines for eyes: what happened first, where and how long behind it. Everything in them was made printable before.

type Fields = Record<string, unknown>;

/** Of every line: shown by pino-pretty itself, or of no interest to eyes. */
const FRAME = ['level', 'time', 'msg'];

/** One line's text, from a log object. */
export function prettyLine(fields: Fields): string {
  const { msg, target, code, result, reason, ms, source, channel, account, entries, steps, connection, ...rest } =
    fields;
  if (typeof code !== 'number') return [String(msg), ...pairs(without(fields, FRAME))].join('  ');
  const outcome = reason === 'ok' ? `${code} ${String(result)}` : `${code} ${String(result)}: ${String(reason)}`;
  const parts = [
    `${String(msg)} ${target === '' ? '(no name)' : String(target)}`,
    `→ ${outcome}`,
    ...(entries === undefined ? [] : [`${String(entries)} entries`]),
    `${String(ms)} ms`,
    `from ${String(source)}${channel === 'tls' ? ' by TLS' : ''}`,
    ...pairs(without(rest, FRAME)),
  ];
  const path = Array.isArray(steps) && steps.length > 0 ? `\n      ${steps.join(' · ')}` : '';
  return parts.join('  ') + path;
}

function without(fields: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
}

function pairs(fields: Fields): string[] {
  return Object.entries(fields).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
}
