// The log: one line per bind and connection fault, made from the trace. Passwords never come here; client text is escaped.
import type { Logger } from 'pino';
import { pino } from 'pino';
import type { MirrorEvent } from '../directory/mirror.js';
import type { Trace } from '../gate/trace.js';
import { resultName } from '../ldap/result-code.js';
import { prettyLine } from './pretty.js';
import { printable } from './printable.js';

export type { Logger } from 'pino';

export interface LogOptions {
  readonly level: string;
  readonly format: 'json' | 'pretty';
}

/** Where an operation came from, as the log shows it. */
export interface LogSource {
  readonly connection: number;
  readonly address: string;
  readonly port: number;
  readonly channel: 'clear' | 'tls' | 'ldapi';
}

/** A pino logger that writes JSON lines, or lines for eyes, to `stream`. */
export async function createLog(options: LogOptions, stream: NodeJS.WritableStream): Promise<Logger> {
  const settings = { level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  if (options.format === 'json') return pino(settings, stream);
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
  const isBind = trace.operation === 'bind';
  if (!log.isLevelEnabled(isBind ? 'info' : 'debug') && trace.reason === 'ok') return;
  const fields: Record<string, unknown> = {
    source: `${source.address}:${source.port}`,
    connection: source.connection,
    channel: source.channel,
    target: printable(trace.name),
    ...(trace.account === '' ? {} : { account: printable(trace.account) }),
    ...(trace.operation === 'search' ? { entries: trace.entries } : {}),
    code: trace.code,
    result: resultName(trace.code),
    reason: trace.reason,
    ...(trace.isStale ? { stale: true } : {}),
    ms: Math.round(trace.duration * 100) / 100,
  };
  if (isBind || log.isLevelEnabled('debug')) {
    fields.steps = trace.steps.map((step) => `${step.name}: ${printable(step.decision)}`);
  }
  const level = isBind ? (isUpstreamTrouble(trace) ? 'warn' : 'info') : 'debug';
  log[level](fields, trace.operation);
}

function isUpstreamTrouble(trace: Trace): boolean {
  return trace.isStale || trace.reason.startsWith('upstream-') || trace.reason.endsWith('-snapshot');
}

/** A connection that broke or was ended. Defects of ours at error, everything else is the client's affair: info. */
export function logFault(log: Logger, fault: string, detail: string, source: LogSource): void {
  const level = fault === 'defect' ? 'error' : fault === 'idle' || fault === 'connection error' ? 'debug' : 'info';
  const fields = {
    source: `${source.address}:${source.port}`,
    connection: source.connection,
    detail: printable(detail),
  };
  log[level](fields, `connection: ${fault}`);
}

/** How the mirror fares. */
export function logMirror(log: Logger, event: MirrorEvent): void {
  const { kind, ...rest } = event;
  // An upstream's own words may be in an error.
  const fields = 'error' in rest ? { ...rest, error: printable(rest.error) } : rest;
  log[kind === 'failed' ? 'warn' : kind === 'recovered' ? 'info' : 'debug'](fields, `mirror: ${kind}`);
}
