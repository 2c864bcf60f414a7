// What a run says: TAP with a line for each file, and all of a file's output if it failed.
import type { Counts, Outcome } from './file.js';

/** Writes the outcomes of files as they come, and their sums as tap does: .ci/run reads those. */
export class Report {
  private readonly began = performance.now();
  private readonly total: { -readonly [Name in keyof Counts]: number } = { pass: 0, fail: 0, skip: 0, todo: 0 };
  private readonly failed: string[] = [];
  private count = 0;

  constructor(private readonly write: (text: string) => unknown) {
    write('TAP version 14\n');
  }

  add(file: string, { counts, ok, output, milliseconds, skipped }: Outcome): void {
    for (const name of Object.keys(this.total) as (keyof Counts)[]) this.total[name] += counts[name];
    this.count++;
    if (!ok) this.failed.push(file);
    for (const line of output.split('\n')) if (!ok || / # (SKIP|TODO)/.test(line)) this.write(`    ${line}\n`);
    const why = skipped === undefined ? '' : ` # SKIP ${skipped}`;
    this.write(`${ok ? 'ok' : 'not ok'} ${this.count} - ${file}${why} # time=${Math.round(milliseconds)}ms\n`);
  }

  /** Whether there were files, and all succeeded. */
  end(): boolean {
    this.write(`1..${this.count}\n`);
    for (const file of this.failed) this.write(`# failed: ${file}\n`);
    const { pass, ...others } = this.total;
    const sum = Object.values(this.total).reduce((one, other) => one + other, 0);
    const parts = [
      ['total', sum] as const,
      ['pass', pass] as const,
      ...Object.entries(others).filter(([, n]) => n > 0),
    ];
    this.write(`# { ${parts.map(([name, n]) => `${name}: ${n}`).join(', ')} }\n`);
    this.write(`# time=${Math.round(performance.now() - this.began)}ms\n`);
    return this.count > 0 && this.failed.length === 0;
  }
}
