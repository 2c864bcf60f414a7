// The log's lines that clients cause: whole as long as they are few, summed up where they repeat (R120).

import type { Trace } from '../../gate/trace.js';
import { resultName } from '../../ldap/result-code.js';
import { defectKey } from './defect.js';
import { appField, faultLevel, isEnabled, type Logger, levelOf, logDefect, logFault, logOperation } from './log.js';
import { copyOf, printable } from './printable.js';
import { Repetition, type Sum } from './repetition.js';
import type { Level, LineSubject, RepetitionBounds } from './repetition-window.js';
import type { LogSource } from './source.js';

/**
 * About 200 lines a minute of one address that gets nobody in, and 5,500 of all of them together. Invented names take no place from accounts,
 * one account takes at most half of the places from all others, and none of them takes one from defects.
 */
const BOUNDS: RepetitionBounds = {
  window: 60_000,
  whole: 3,
  shares: {
    accepted: { inAll: 5000, perAddress: Number.POSITIVE_INFINITY, perAccount: 500 },
    account: { inAll: 500, perAddress: 30, perAccount: 250 },
    name: { inAll: 500, perAddress: 20, perAccount: 0 },
    defect: { inAll: 200, perAddress: Number.POSITIVE_INFINITY, perAccount: 0 },
  },
  restAccounts: 500,
};

/**
 * Writes what operations and faults of connections say to the log. At level debug and below every line is whole; above, at most a few of
 * each kind, address and account in a minute are, and one line at its end says how many more there were.
 */
export class ClientLines {
  private readonly repetition: Repetition;

  constructor(
    private readonly log: Logger,
    failed: (error: unknown) => void,
    now: () => number,
    bounds: RepetitionBounds = BOUNDS,
  ) {
    const write = (sum: Sum) => this.log[levelOfSum(sum)](sumFields(sum), sumText(sum));
    this.repetition = new Repetition(bounds, write, failed, now);
  }

  /** `now`: milliseconds of the wall clock. */
  operation(trace: Trace, source: LogSource, now?: number): void {
    const level = levelOf(trace);
    if (!isEnabled(this.log, level)) return;
    const isWhole =
      level === 'debug' || isEnabled(this.log, 'debug') || admitsOperation(this.repetition, trace, source, level);
    if (isWhole) logOperation(this.log, trace, source, now);
  }

  fault(fault: string, detail: string, source: LogSource): void {
    const level = faultLevel(fault, source);
    if (!isEnabled(this.log, level)) return;
    const subject = { ...UNKNOWN, what: `connection: ${fault}`, reason: fault };
    if (level === 'debug' || this.admits(source, subject)) logFault(this.log, fault, detail, source);
  }

  defect(error: unknown, source: LogSource, trace?: Trace): void {
    const subject = { ...DEFECT, name: defectKey(error) };
    // The address does not matter: the stack says what to know, and an attacker who can cause it has many addresses.
    if (this.admits({ address: '' }, subject)) logDefect(this.log, error, source, trace);
  }

  /** Writes the sums of what is not written. */
  close(): void {
    this.repetition.close();
  }

  private admits({ address, app }: Pick<LogSource, 'address' | 'app'>, subject: LineSubject): boolean {
    const { name, what, reason, level } = subject;
    if (isEnabled(this.log, 'debug')) return true;
    const again = this.repetition.again(address, '', name, what, reason, level, '', app);
    return again ?? this.repetition.first(address, '', name, { ...subject, app });
  }
}

const UNKNOWN = {
  address: '',
  app: undefined,
  account: '',
  name: '',
  group: 'name',
  level: 'info',
  code: undefined,
} as const;
const DEFECT = { ...UNKNOWN, what: 'defect', reason: 'defect', level: 'error', group: 'defect' } as const;

/** Longest name that tells one subject from another, in characters. */
const LONGEST_NAME = 256;

/** Whether an operation's line is written; two are the same for a reader if all that is asked for here is. */
export function admitsOperation(lines: Repetition, trace: Trace, source: LogSource, level: Level): boolean {
  const { address, app } = source;
  const { operation, reason, account, reference } = trace;
  const name = account === '' ? keyOf(trace.name) : '';
  const again = lines.again(address, account, name, operation, reason, level, reference, app);
  return again ?? lines.first(address, account, name, subjectOf(trace, level, app));
}

/** A name as it is kept for a window: the client's text may be long, and a slice would keep all of it. */
function keyOf(name: string): string {
  return name.length <= LONGEST_NAME ? name : copyOf(name.slice(0, LONGEST_NAME));
}

function subjectOf(trace: Trace, level: Level, app: string | undefined): LineSubject {
  const { operation: what, reason, account, name, code } = trace;
  const group = account === '' ? 'name' : reason === 'ok' ? 'accepted' : 'account';
  return { what, level, reason, address: '', app, account: printable(account), name: printable(name), group, code };
}

function levelOfSum(sum: Sum): Level {
  return sum.kind === 'subject' ? sum.subject.level : sum.level;
}

/** What a line says of lines that were not written. */
export function sumFields(sum: Sum): Record<string, unknown> {
  const { count: repeated, seconds } = sum;
  if (sum.kind === 'rest') {
    const { address, account, reasons } = sum;
    const whose =
      address !== undefined
        ? { 'client.address': address }
        : account !== undefined
          ? { 'user.name': account }
          : undefined;
    return { ...whose, repeated, seconds, reasons };
  }
  const { references } = sum;
  const { address, account, name, reason, code, group, app } = sum.subject;
  if (group === 'defect') return { 'error.message': name, repeated, seconds };
  const fields: Record<string, unknown> = { 'client.address': address, ...appField({ app }) };
  if (code !== undefined) {
    fields['ldap.target'] = name;
    if (account !== '') fields['user.name'] = account;
    fields['ldap.code'] = code;
    fields['ldap.result'] = resultName(code);
    fields.reason = reason;
  }
  return { ...fields, repeated, seconds, ...(references.length === 0 ? {} : { references }) };
}

/** The text of a line that summarises repeated ones. */
export function sumText(sum: Sum): string {
  const more = `and ${sum.count} more in ${sum.seconds} s`;
  if (sum.kind === 'subject') return `${sum.subject.what}: ${more}`;
  if (sum.address !== undefined) return `${more} from this address`;
  if (sum.account !== undefined) return `${more} about this account from many addresses`;
  return sum.level === 'error' ? `defects of many kinds: ${more}` : `${more} from many addresses`;
}
