// Human-readable log lines: what happened first, then where and how long, coloured by the result. Everything in them is already printable.
import { textOfReason } from '../../gate/explain/reasons.js';
import { stepText } from '../step-words.js';
import { type Colour, OUTCOME_COLOURS, type Paint } from '../terminal.js';

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

/** Columns in front of the steps, and of the rest of a long line. */
export const CONTINUED = 6;

const LEVEL_COLOURS: Readonly<Record<string, Colour>> = { warn: 'yellow', error: 'red', fatal: 'red', debug: 'dim' };

/** The colour of a line: that of how its operation ended, as in `jumpgate watch`; of other lines that of the level. */
export function colourOf({ level, reason, 'ldap.code': code }: Fields): Colour {
  const outcome = typeof code === 'number' && typeof reason === 'string' ? textOfReason(reason)?.outcome : undefined;
  return outcome === undefined ? (LEVEL_COLOURS[String(level)] ?? 'bold') : OUTCOME_COLOURS[outcome];
}

/** One line's text, from a log object. */
export function prettyLine(fields: Fields, paint: Paint): string {
  const { 'ldap.code': code, reason, 'ldap.entries': entries, steps, ...others } = fields;
  if ('repeated' in fields) return [String(fields.msg), ...pairs(without(fields, SUMMED))].join('  ');
  if (typeof code !== 'number') return [String(fields.msg), ...pairs(without(fields, FRAME))].join('  ');
  const result = `${code} ${String(fields['ldap.result'])}`;
  const parts = [
    `${String(fields.msg)} ${fields['ldap.target'] === '' ? '(no name)' : String(fields['ldap.target'])}`,
    paint(colourOf(fields), `→ ${reason === 'ok' ? result : `${result}: ${String(reason)}`}`),
    ...(entries === undefined ? [] : [`${String(entries)} entries`]),
    paint('dim', `${String(fields.duration_ms)} ms`),
    paint('dim', `from ${from(fields)}`),
    ...pairs(without(others, [...FRAME, ...SAID])),
  ];
  const path =
    Array.isArray(steps) && steps.length > 0
      ? `\n${' '.repeat(CONTINUED)}${paint('dim', steps.map((step) => stepText(String(step))).join(' · '))}`
      : '';
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
