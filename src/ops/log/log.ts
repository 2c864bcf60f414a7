// The log: one line per bind and connection fault, made from the trace. Passwords never come here; client text is escaped.
import type { DestinationStream, Logger, LoggerOptions } from 'pino';
import { pino } from 'pino';
import { REASONS } from '../../gate/explain/reasons.js';
import type { Trace } from '../../gate/trace.js';
import { resultName } from '../../ldap/result-code.js';
import { type Screen, terminalOf } from '../terminal.js';
import { BatchedWriter } from './batched-writer.js';
import { BoundedWriter } from './bounded-writer.js';
import { defectFields } from './defect.js';
import { logfmtLine } from './logfmt.js';
import { OperationLine } from './operation-line.js';
import { outputOf } from './output.js';
import { CONTINUED, colourOf, prettyLine } from './pretty.js';
import { printable } from './printable.js';
import type { LogSource } from './source.js';

export type { Logger } from 'pino';

export interface LogOptions {
  readonly level: string;
  readonly format: 'json' | 'pretty' | 'logfmt';
}

/** What a line of JSON becomes; both forms end with a line feed. */
type Format = (json: string) => string;

/** A log and what becomes of its lines. */
export interface Log {
  readonly log: Logger;
  readonly lines: BoundedWriter;
  /** Resolves with true as soon as every line is written, with false if they are not within `time` ms. */
  readonly drain: (time: number) => Promise<boolean>;
}

/**
 * A pino logger that writes JSON, logfmt or human-readable lines to `stream`, whatever becomes of that: see BoundedWriter. Lines for
 * programs may wait a moment for others: its `flush` has to be called when the process ends.
 */
export async function createLog(
  options: LogOptions,
  stream: NodeJS.WritableStream & Screen,
  env: NodeJS.ProcessEnv = {},
): Promise<Log> {
  const format = await formatOf(options.format, stream, env);
  const lines = new BoundedWriter(outputOf(stream), (lost) => format(lostLine(lost)));
  const gathered = new BatchedWriter((memory, length, count) => lines.writeOctets(memory, length, count));
  const put =
    options.format === 'pretty' ? (line: string) => lines.write(line, 1) : (line: string) => gathered.write(line);
  const write = (json: string) => {
    let line: string;
    try {
      line = format(json);
    } catch {
      lines.lose(1);
      return;
    }
    put(line);
  };
  const flush = () => {
    gathered.flush();
    lines.flush();
  };
  const settings: LoggerOptions = {
    level: options.level,
    base: null,
    timestamp: time,
    formatters: { level: (level) => ({ level }) },
  };
  const drain = (time: number) => {
    gathered.flush();
    return lines.drained(time);
  };
  const log = pino(settings, { write, flush } as DestinationStream);
  if (options.format === 'json') direct.set(log, { gathered, line: new OperationLine(gathered.waiting) });
  return { log, lines, drain };
}

/** Where the lines of operations go past pino: by its logger, so that a child of it with fields of its own has none. */
const direct = new WeakMap<Logger, { readonly gathered: BatchedWriter; readonly line: OperationLine }>();

async function formatOf(name: LogOptions['format'], stream: Screen, env: NodeJS.ProcessEnv): Promise<Format> {
  if (name === 'json') return (json) => json;
  if (name === 'logfmt') return logfmtLine;
  const { prettyFactory } = await import('pino-pretty');
  const { paint, fit } = terminalOf(stream, env);
  const pretty = prettyFactory({
    // It has one colour for every message: ours depend on the result.
    colorize: false,
    translateTime: 'SYS:HH:MM:ss.l',
    hideObject: true,
    customPrettifiers: {
      time: (time) => paint('dim', `[${String(time)}]`),
      // Its own label is undefined for levels that are words, as ours are.
      level: (level, _key, fields) => paint(colourOf(fields as Record<string, unknown>), String(level).toUpperCase()),
    },
    messageFormat: (fields) => prettyLine(fields, paint),
  });
  return (json) => fit(pretty(json), CONTINUED);
}

function lostLine(lines: number): string {
  const said = lines === 1 ? '1 log line was' : `${lines} log lines were`;
  const msg = `${said} lost: standard output did not accept them`;
  return `${JSON.stringify({ level: 'error', time: new Date().toISOString(), lines, msg })}\n`;
}

let millisecond = 0;
let timeText = '';

/** pino's isoTime, made once a millisecond: under load dozens of lines share it. */
function time(): string {
  const now = Date.now();
  if (now !== millisecond) {
    millisecond = now;
    timeText = `,"time":"${new Date(now).toISOString()}"`;
  }
  return timeText;
}

/**
 * One line per bind, at the level of its reason, or at warn if a cached password stood in for the upstream; anonymous binds and other
 * operations at debug. Defects are always logged at error. `now`: milliseconds of the wall clock.
 */
export function logOperation(log: Logger, trace: Trace, source: LogSource, now = Date.now()): void {
  const level = levelOf(trace);
  if (!isEnabled(log, level)) return;
  const past = direct.get(log);
  if (past?.line.write(level, trace, source, now) === true) past.gathered.added();
  else log[level](operationFields(trace, source), trace.operation);
}

/** pino's numbers. */
const LEVELS = { debug: 20, info: 30, warn: 40, error: 50 } as const;

/** What `log.isLevelEnabled` says, without a look-up of the level by its name. */
export function isEnabled(log: Logger, level: keyof typeof LEVELS): boolean {
  return LEVELS[level] >= log.levelVal;
}

/**
 * What a line says of an operation: every step with its decision, and never a password. Names are those of OpenTelemetry's
 * conventions where they have any (client.address, user.name); the other LDAP names begin with `ldap.`.
 */
export function operationFields(trace: Trace, source: LogSource): Record<string, unknown> {
  const fields: Record<string, unknown> = {
    'client.address': source.address,
    'client.port': source.port,
    'ldap.connection': source.connection,
    'ldap.channel': source.channel,
    ...appField(source),
    'ldap.target': printable(trace.name),
  };
  if (trace.account !== '') fields['user.name'] = printable(trace.account);
  if (trace.operation === 'search') fields['ldap.entries'] = trace.entries;
  fields['ldap.code'] = trace.code;
  fields['ldap.result'] = resultName(trace.code);
  fields.reason = trace.reason;
  if (trace.reference !== '') fields.reference = trace.reference;
  if (trace.isStale) fields.stale = true;
  fields.duration_ms = Math.round(trace.duration * 100) / 100;
  fields.steps = trace.steps.map((step) => `${step.name}: ${printable(step.decision)}`);
  return fields;
}

/** Where apps have names, the one that it is for. */
export function appField({ app }: Pick<LogSource, 'app'>): { readonly app?: string } {
  return app === undefined ? {} : { app };
}

/** An anonymous bind decides nothing: load balancers ask for one every few seconds (`option ldap-check`). */
export function isAnonymousBind({ operation, reason, account }: Trace): boolean {
  return operation === 'bind' && reason === 'ok' && account === '';
}

/** The level of an operation's line. */
export function levelOf(trace: Trace): 'debug' | 'info' | 'warn' | 'error' {
  const level = trace.reason === 'ok' ? REASONS.ok.level : REASONS[trace.reason].level;
  if (level === 'error') return level;
  if (trace.operation !== 'bind' || isAnonymousBind(trace)) return 'debug';
  return trace.isStale ? 'warn' : level;
}

/** Faults that are the server's own state, whichever client meets them. */
const FULL = new Set(['displaced', 'too many connections', 'too many connections from this address']);

/** A connection that broke or was ended is the client's affair: info, or debug where it happens every day or nobody has said a thing. */
export function faultLevel(fault: string, { isSilent = false }: LogSource): 'debug' | 'info' {
  if (fault === 'idle' || fault === 'connection error') return 'debug';
  return isSilent && !FULL.has(fault) ? 'debug' : 'info';
}

/** Writes the line of a connection fault. */
export function logFault(log: Logger, fault: string, detail: string, source: LogSource): void {
  const level = faultLevel(fault, source);
  const fields = {
    'client.address': source.address,
    'client.port': source.port,
    'ldap.connection': source.connection,
    ...appField(source),
    'error.message': printable(detail),
  };
  log[level](fields, `connection: ${fault}`);
}

/** A defect of ours: with its stack, the connection that it happened on and the operation that was under way, if there were any. */
export function logDefect(log: Logger, error: unknown, source?: LogSource, trace?: Trace): void {
  const where =
    source === undefined
      ? {}
      : {
          'client.address': source.address,
          'client.port': source.port,
          'ldap.connection': source.connection,
          ...appField(source),
        };
  const operation =
    source === undefined || trace === undefined
      ? {}
      : { 'ldap.operation': trace.operation, ...operationFields(trace, source) };
  log.error({ ...where, ...operation, ...defectFields(error) }, 'defect');
}
