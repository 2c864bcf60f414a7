// The log: one line per bind and connection fault, made from the trace. Passwords never come here; client text is escaped.
import type { Logger, LoggerOptions } from 'pino';
import { pino } from 'pino';
import type { MirrorEvent } from '../directory/mirror.js';
import type { Trace } from '../gate/trace.js';
import { resultName } from '../ldap/result-code.js';
import { logfmtLine } from './logfmt.js';
import { prettyLine } from './pretty.js';
import { printable } from './printable.js';

export type { Logger } from 'pino';

export interface LogOptions {
  readonly level: string;
  readonly format: 'json' | 'pretty' | 'logfmt';
}

/** Where an operation came from, as the log shows it. */
export interface LogSource {
  readonly connection: number;
  readonly address: string;
  readonly port: number;
  readonly channel: 'clear' | 'tls' | 'ldapi';
}

/** A pino logger that writes lines of JSON, of logfmt, or for eyes, to `stream`. */
export async function createLog(options: LogOptions, stream: NodeJS.WritableStream): Promise<Logger> {
  const settings: LoggerOptions = {
    level: options.level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (level) => ({ level }) },
  };
  if (options.format === 'json') return pino(settings, stream);
  if (options.format === 'logfmt')
    return pino(settings, { write: (line: string) => void stream.write(logfmtLine(line)) });
  const { default: pretty } = await import('pino-pretty');
  const isTerminal = 'isTTY' in stream && stream.isTTY === true;
  return pino(
    settings,
    pretty({
      colorize: isTerminal,
      destination: stream,
      sync: true,
      translateTime: 'SYS:HH:MM:ss.l',
      hideObject: true,
      messageFormat: (fields) => prettyLine(fields),
    }),
  );
}

/** One line per bind at info (warn when the upstream is at fault); other operations at debug. Steps come along at debug. */
export function logOperation(log: Logger, trace: Trace, source: LogSource): void {
  const level = trace.operation !== 'bind' ? 'debug' : isUpstreamTrouble(trace) ? 'warn' : 'info';
  if (!log.isLevelEnabled(level)) return;
  log[level](operationFields(trace, source), trace.operation);
}

/**
 * What a line says of an operation: every step with its decision, and never a password. Names are those of OpenTelemetry's
 * conventions where they have any (client.address, user.name); `ldap.` stands in front of the rest of LDAP.
 */
export function operationFields(trace: Trace, source: LogSource): Record<string, unknown> {
  return {
    'client.address': source.address,
    'client.port': source.port,
    'ldap.connection': source.connection,
    'ldap.channel': source.channel,
    'ldap.target': printable(trace.name),
    ...(trace.account === '' ? {} : { 'user.name': printable(trace.account) }),
    ...(trace.operation === 'search' ? { 'ldap.entries': trace.entries } : {}),
    'ldap.code': trace.code,
    'ldap.result': resultName(trace.code),
    reason: trace.reason,
    ...(trace.isStale ? { stale: true } : {}),
    duration_ms: Math.round(trace.duration * 100) / 100,
    steps: trace.steps.map((step) => `${step.name}: ${printable(step.decision)}`),
  };
}

function isUpstreamTrouble(trace: Trace): boolean {
  return trace.isStale || trace.reason.startsWith('upstream-') || trace.reason.endsWith('-snapshot');
}

/** A connection that broke or was ended. Defects of ours at error, everything else is the client's affair: info. */
export function logFault(log: Logger, fault: string, detail: string, source: LogSource): void {
  const level = fault === 'defect' ? 'error' : fault === 'idle' || fault === 'connection error' ? 'debug' : 'info';
  const fields = {
    'client.address': source.address,
    'client.port': source.port,
    'ldap.connection': source.connection,
    'error.message': printable(detail),
  };
  log[level](fields, `connection: ${fault}`);
}

/** How the mirror fares. */
export function logMirror(log: Logger, event: MirrorEvent): void {
  const { kind, ...rest } = event;
  // An upstream's own words may be in an error.
  const { error, ...others } = { error: undefined, ...rest };
  const fields = error === undefined ? others : { ...others, 'error.message': printable(error) };
  log[kind === 'failed' ? 'warn' : kind === 'recovered' ? 'info' : 'debug'](fields, `mirror: ${kind}`);
}
