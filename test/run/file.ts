// One test file in a process of its own, and what it said.
import { spawn } from 'node:child_process';

/** What the assertions of a file came to. */
export interface Counts {
  readonly pass: number;
  readonly fail: number;
  readonly skip: number;
  readonly todo: number;
}

/** What a file came to: `output` is its TAP without the assertions that hold, `skipped` why all of it was left out. */
export interface Outcome {
  readonly counts: Counts;
  readonly ok: boolean;
  readonly output: string;
  readonly milliseconds: number;
  readonly skipped?: string;
}

/** Seconds after its timeout until a process is killed that tap has not ended. */
const GRACE = 30;

/** What tap counted, in the last line of that kind that is not of a subtest. */
function counted(stdout: string): Counts | undefined {
  const line = [...stdout.matchAll(/^# (\{ total: \d+.*\})$/gm)].at(-1)?.[1];
  if (line === undefined) return undefined;
  const count = (name: string) => Number(new RegExp(`\\b${name}: (\\d+)`).exec(line)?.[1] ?? 0);
  return { pass: count('pass'), fail: count('fail'), skip: count('skip'), todo: count('todo') };
}

/** Reads the TAP of a file that has ended with `code`; `complaint` is what happened to its process, if anything. */
export function outcome(stdout: string, code: number | null, milliseconds: number, complaint?: string): Outcome {
  const skipped = /^1\.\.0 # ?(?:SKIP|skip)? ?(.*)$/m.exec(stdout)?.[1];
  const none = { pass: 0, fail: 0, skip: 0, todo: 0 };
  if (skipped !== undefined && code === 0)
    return { counts: { ...none, skip: 1 }, ok: true, output: '', milliseconds, skipped };
  const counts = counted(stdout);
  const complaints = complaint === undefined ? [] : [complaint];
  if (code !== 0 && complaints.length === 0) complaints.push(`ended with exit code ${code}`);
  if (counts === undefined) complaints.push('ended without having said how many of its tests hold');
  else if (counts.pass + counts.fail + counts.skip + counts.todo === 0) complaints.push('has no tests');
  const fail = Math.max(counts?.fail ?? 0, complaints.length > 0 ? 1 : 0);
  const said = stdout.split('\n').filter((line) => !/^ *ok \d+ /.test(line) || / # (SKIP|TODO)/.test(line));
  const output = [...said, ...complaints.map((one) => `# ${one}`)].join('\n');
  return { counts: { ...(counts ?? none), fail }, ok: fail === 0, output, milliseconds };
}

/** The processes that run, by the id of their group. */
const running = new Set<number>();

/** Ends what runs, with all that it has started. */
export function endAll(): void {
  for (const group of running) end(group);
}

function end(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // has ended
  }
}

/** Runs a compiled test file, for `timeout` seconds at most. Its stderr is passed on as it comes. */
export async function runFile(path: string, timeout: number): Promise<Outcome> {
  // Not as a part of another run, which would do the counting.
  const env = Object.entries(process.env).filter(([name]) => !/^(_?TAP|NODE_OPTIONS$)/.test(name));
  const began = performance.now();
  const child = spawn(process.execPath, ['--enable-source-maps', path], {
    env: { ...Object.fromEntries(env), TAP: '1', TAP_TIMEOUT: String(timeout) },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const { pid } = child;
  if (pid === undefined) return outcome('', 1, 0, 'did not start');
  running.add(pid);
  let stdout = '';
  let complaint: string | undefined;
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  const timer = setTimeout(
    () => {
      complaint = `was killed after ${timeout + GRACE} s`;
      end(pid);
    },
    (timeout + GRACE) * 1000,
  );
  // What it started and left behind would go on in the files after it, or hold its output open.
  child.on('exit', () => end(pid));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  clearTimeout(timer);
  running.delete(pid);
  return outcome(stdout, code, performance.now() - began, complaint);
}
