// The audit stream: one line for each decision about a bind, in a file of its own, written before the answer leaves.
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { type Logger, pino } from 'pino';
import type { CloudFinding } from '../../gate/explain/cloud-reason.js';
import { sentenceOf } from '../../gate/explain/cloud-reasons.js';
import type { Trace } from '../../gate/trace.js';
import { admitsOperation, sumFields, sumText } from './client-lines.js';
import { findingFields } from './cloud-line.js';
import { LineOctets } from './line-octets.js';
import { isAnonymousBind, operationFields } from './log.js';
import { OperationLine } from './operation-line.js';
import { Repetition, type Sum } from './repetition.js';
import type { RepetitionBounds } from './repetition-window.js';
import type { LogSource } from './source.js';

export interface Audit {
  /** Lines since the start that were not written. */
  readonly lost: number;
  /** `now`: milliseconds of the wall clock. */
  operation(trace: Trace, source: LogSource, now?: number): void;
  /** What JumpCloud's API says of a refusal whose line is there already. */
  finding(finding: CloudFinding, trace: Trace, source: LogSource): void;
  /** Opens the file again by its name: it was moved away (log rotation). */
  reopen(): void;
  /** Writes the sums that are not written yet; safe to call at any time, also as the last thing that the process does. */
  flush(): void;
  close(): void;
}

/** Receives what was lost since the last call, once a minute at most, and why a file cannot be opened again. */
export type AuditFailed = (what: string, error: Error) => void;

/** Milliseconds from one report to the next. */
const REPORTS = 60_000;
/** The most bytes of a line that is written without pino. */
const LONGEST = 64 * 1024;

/**
 * Refusals that are told apart: 20,000 accounts at addresses in a minute, for each of their reasons, half of them of one account at most;
 * further ones are counted with their account. Names without an account are made up by clients: they have places of their own, and only
 * the first 200 of an address.
 */
const BOUNDS: RepetitionBounds = {
  window: 60_000,
  whole: 3,
  shares: {
    accepted: { inAll: 0, perAddress: 0, perAccount: 0 },
    account: { inAll: 20_000, perAddress: 10_000, perAccount: 10_000 },
    name: { inAll: 10_000, perAddress: 200, perAccount: 0 },
    defect: { inAll: 0, perAddress: 0, perAccount: 0 },
  },
  restAccounts: 20_000,
};

/**
 * One line for each login, and for the first refusals of an account (or a name) at an address for a reason in a minute; a line at its end says
 * how many more there were, so that no refusal is lost. Anonymous binds decide nothing, and leave none.
 *
 * Appends JSON lines to the file, which only its owner may read if it is made here. A line that cannot be written immediately and whole is lost,
 * counted, reported in the file as soon as it takes lines again, and to `failed`. Throws the system's error if it cannot be opened.
 */
export function openAudit(
  file: string,
  failed: AuditFailed,
  now: () => number = Date.now,
  bounds: RepetitionBounds = BOUNDS,
): Audit {
  const lines = new AuditFile(file, failed, now);
  const logger: Logger = pino(
    { base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (level) => ({ level }) } },
    lines,
  );
  // A line that the file does not take is counted and reported there, and nothing is thrown.
  const write = (sum: Sum) => logger.info(sumFields(sum), sumText(sum));
  const repetition = new Repetition(bounds, write, () => {}, now);
  const octets = new LineOctets(LONGEST);
  const line = new OperationLine(octets);
  return {
    get lost() {
      return lines.lost;
    },
    operation: (trace, source, at = Date.now()) => {
      if (trace.operation !== 'bind' || isAnonymousBind(trace)) return;
      const isWhole = trace.reason === 'ok' || admitsOperation(repetition, trace, source, 'info');
      if (!isWhole) return;
      octets.length = 0;
      if (line.write('info', trace, source, at, false)) lines.writeOctets(octets.memory, octets.length);
      else logger.info(operationFields(trace, source));
    },
    finding: (finding, trace, source) =>
      logger.info(findingFields(finding, trace, source), `JumpCloud: ${sentenceOf(finding)}`),
    reopen: () => lines.reopen(),
    flush: () => repetition.close(),
    close: () => {
      repetition.close();
      lines.close();
    },
  };
}

class AuditFile {
  lost = 0;
  /** Lost lines that are not yet reported in the file and to `failed`. */
  private unwritten = 0;
  private unsaid = 0;
  private saidAt = Number.NEGATIVE_INFINITY;
  private lastError = new Error('not written');
  private isTorn = false;
  private fd: number;

  constructor(
    private readonly file: string,
    private readonly failed: AuditFailed,
    private readonly now: () => number,
  ) {
    this.fd = open(file);
  }

  write(line: string): void {
    const octets = Buffer.from(line, 'utf8');
    this.writeOctets(octets, octets.length);
  }

  /** A line: the first bytes of a memory, which is not kept. */
  writeOctets(memory: Buffer, length: number): void {
    try {
      if (this.unwritten > 0) this.report();
      this.append(memory, length);
    } catch (error) {
      this.lastError = error as Error;
      this.lost++;
      this.unwritten++;
      this.unsaid++;
    }
    if (this.unsaid > 0 && this.now() - this.saidAt >= REPORTS) this.say();
  }

  reopen(): void {
    const old = this.fd;
    try {
      this.fd = open(this.file);
    } catch (error) {
      this.failed('the file cannot be opened again: lines still go to the former one', error as Error);
      return;
    }
    this.isTorn = false;
    closeQuietly(old);
  }

  close(): void {
    if (this.unsaid > 0) this.say();
    closeQuietly(this.fd);
  }

  private say(): void {
    const what = said(this.unsaid);
    this.unsaid = 0;
    this.saidAt = this.now();
    this.failed(what, this.lastError);
  }

  private report(): void {
    const octets = Buffer.from(lostLine(this.unwritten, this.lastError), 'utf8');
    this.append(octets, octets.length);
    this.unwritten = 0;
  }

  /** In one write, with a line feed before it where the line before is torn. */
  private append(memory: Buffer, length: number): void {
    const octets = this.isTorn ? Buffer.concat([Buffer.from('\n'), memory.subarray(0, length)]) : memory;
    const size = this.isTorn ? length + 1 : length;
    const written = writeSync(this.fd, octets, 0, size);
    if (written === size) {
      this.isTorn = false;
      return;
    }
    this.isTorn ||= written > 0;
    throw new Error(`${written} of ${size} bytes were written`);
  }
}

/** A pipe is opened without waiting for its reader, and later not waited for either; for files that makes no difference. */
function open(file: string): number {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK } = constants;
  return openSync(file, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0o600);
}

function closeQuietly(fd: number): void {
  try {
    closeSync(fd);
  } catch {}
}

function said(lines: number): string {
  return lines === 1 ? '1 audit line was lost' : `${lines} audit lines were lost`;
}

function lostLine(lines: number, { message }: Error): string {
  const time = new Date().toISOString();
  return `${JSON.stringify({ level: 'error', time, lines, 'error.message': message, msg: said(lines) })}\n`;
}
