// The check's steps as they are found: a line each, or one JSON object at the end; and the exit code that they lead to.
import type { FaultClass } from '../../ops/explain/read-faults.js';
import { SYMBOLS, type Terminal, terminalOf } from '../../ops/terminal.js';
import type { CliIo } from '../io.js';

export interface Finding {
  readonly status: 'ok' | 'warning' | 'failed';
  readonly detail: string;
  readonly remedy?: string;
  /** Whose affair a failure is; that of the step unless given. */
  readonly fault?: CheckFault;
}

export type CheckFault = FaultClass | 'user';

export interface CheckStep extends Omit<Finding, 'fault' | 'status'> {
  readonly step: string;
  readonly status: Finding['status'] | 'skipped';
}

/** The JSON of the command. */
export interface CheckResult {
  readonly ok: boolean;
  readonly exitCode: ExitCode;
  readonly steps: readonly CheckStep[];
}

type ExitCode = 0 | 1 | 2 | 3 | 4;

/** The exit code of the first failure. */
export const EXIT: Readonly<Record<CheckFault, ExitCode>> = { network: 1, configuration: 2, directory: 3, user: 4 };

/** A step that passed. */
export const ok = (detail: string): Finding => ({ status: 'ok', detail });
/** A step that passed with a warning; does not change the exit code. */
export const warning = (detail: string, remedy: string): Finding => ({ status: 'warning', detail, remedy });
/** A step that failed, with its fix; `fault` gives the exit code. */
export const failed = (detail: string, remedy: string, fault?: CheckFault): Finding => {
  return { status: 'failed', detail, remedy, ...(fault === undefined ? {} : { fault }) };
};

const COLOURS = { ok: 'green', warning: 'yellow', failed: 'red' } as const;
/** Columns in front of what a step found: its mark, its name, and blanks. */
const HANG = 17;

/** Prints steps as they are found, or one JSON object at the end; `finish` returns the exit code. */
export class Report {
  readonly steps: CheckStep[] = [];
  private readonly isLive: boolean;
  private readonly terminal: Terminal;
  private code: ExitCode = 0;

  constructor(
    private readonly io: CliIo,
    private readonly asJson: boolean,
  ) {
    this.terminal = terminalOf(io.stdout, io.env);
    this.isLive = io.stdout.isTTY === true && !asJson;
  }

  /** Runs one step and adds what it finds. False if it failed. */
  async run(step: string, fault: CheckFault, work: () => Promise<Finding | readonly Finding[]>): Promise<boolean> {
    // A line that is replaced as soon as the step is over.
    if (this.isLive) this.io.stdout.write(`${SYMBOLS.running} ${step}`);
    const found = await findings(work);
    if (this.isLive) this.io.stdout.write('\r\u001b[K');
    for (const finding of found) this.add(step, fault, finding);
    return found.every(({ status }) => status !== 'failed');
  }

  add(step: string, fault: CheckFault, { fault: own, ...finding }: Finding): void {
    this.steps.push({ step, ...finding });
    if (finding.status === 'failed' && this.code === 0) this.code = EXIT[own ?? fault];
    if (this.asJson) return;
    const { paint } = this.terminal;
    const mark = paint(COLOURS[finding.status], SYMBOLS[finding.status]);
    this.line(`${mark} ${step.padEnd(14)} ${finding.detail}`, HANG);
    if (finding.remedy !== undefined)
      this.line(' '.repeat(HANG) + paint('bold', `${SYMBOLS.remedy} ${finding.remedy}`), HANG + 2);
  }

  /** Said to eyes beside the steps. */
  note(text: string): void {
    if (!this.asJson) this.line(this.terminal.paint('dim', `${SYMBOLS.skipped} ${text}`), 2);
  }

  /** Steps that make no sense after what failed. */
  skip(steps: readonly string[], why: string): void {
    for (const step of steps) this.steps.push({ step, status: 'skipped', detail: `not tried: ${why}` });
    if (this.asJson || steps.length === 0) return;
    const text = `${SYMBOLS.skipped} ${'not tried'.padEnd(14)} ${steps.join(', ')}: ${why}`;
    this.line(this.terminal.paint('dim', text), HANG);
  }

  /** One line, broken at the width of the terminal; what follows begins at column `hang`. */
  private line(text: string, hang: number): void {
    this.io.stdout.write(`${this.terminal.fit(text, hang)}\n`);
  }

  /** Says how it went; returns the exit code. */
  finish(): number {
    const { steps, code, io } = this;
    const ok = code === 0;
    if (this.asJson) {
      io.stdout.write(`${JSON.stringify({ ok, exitCode: code, steps } satisfies CheckResult, null, 2)}\n`);
      return code;
    }
    const count = (status: CheckStep['status']) => steps.filter((step) => step.status === status).length;
    const warnings = count('warning');
    const few = (n: number, word: string) => `${n} ${word}${n === 1 ? '' : 's'}`;
    if (!ok) io.stdout.write(`${few(count('failed'), 'problem')} found.\n`);
    else io.stdout.write(warnings === 0 ? 'All checks passed.\n' : `Passed, with ${few(warnings, 'warning')}.\n`);
    return code;
  }
}

async function findings(work: () => Promise<Finding | readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    const found = await work();
    return Array.isArray(found) ? (found as readonly Finding[]) : [found as Finding];
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return [failed(detail, 'This is a defect: please report it.')];
  }
}
