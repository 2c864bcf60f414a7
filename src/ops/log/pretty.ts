// Log lines for eyes: what happened first, where and how long behind it. Everything in them was made printable before.

type Fields = Record<string, unknown>;

/** Of every line: shown by pino-pretty itself, or of no interest to eyes. */
const FRAME = ['level', 'time', 'msg'];

/** Of an operation: in its sentence, or of no interest to eyes. */
const SAID = [
  'client.address',
  'client.port',
  'ldap.connection',
  'ldap.channel',
  'ldap.target',
  'ldap.result',
  'user.name',
  'duration_ms',
];

/** Of a sum: in its sentence. */
const SUMMED = [...FRAME, 'repeated', 'seconds', 'ldap.code', 'ldap.result'];

/** One line's text, from a log object. */
export function prettyLine(fields: Fields): string {
  const { 'ldap.code': code, reason, 'ldap.entries': entries, steps, ...others } = fields;
  if ('repeated' in fields) return [String(fields.msg), ...pairs(without(fields, SUMMED))].join('  ');
  if (typeof code !== 'number') return [String(fields.msg), ...pairs(without(fields, FRAME))].join('  ');
  const result = `${code} ${String(fields['ldap.result'])}`;
  const parts = [
    `${String(fields.msg)} ${fields['ldap.target'] === '' ? '(no name)' : String(fields['ldap.target'])}`,
    `→ ${reason === 'ok' ? result : `${result}: ${String(reason)}`}`,
    ...(entries === undefined ? [] : [`${String(entries)} entries`]),
    `${String(fields.duration_ms)} ms`,
    `from ${from(fields)}`,
    ...pairs(without(others, [...FRAME, ...SAID])),
  ];
  const path = Array.isArray(steps) && steps.length > 0 ? `\n      ${steps.join(' · ')}` : '';
  return parts.join('  ') + path;
}

function from(fields: Fields): string {
  const { 'client.address': address, 'client.port': port, 'ldap.channel': channel } = fields;
  if (typeof address !== 'string' || channel === 'ldapi') return String(channel);
  return `${String(address)}:${String(port)}${channel === 'tls' ? ' by TLS' : ''}`;
}

function without(fields: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
}

function pairs(fields: Fields): string[] {
  return Object.entries(fields).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
}
