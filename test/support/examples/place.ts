// A machine as a document takes it for granted: `jumpgate` and `npm` in the path, files in /etc/jumpgate, an empty folder to work in.
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type t from 'tap';
import type { Finished } from '../command.js';
import { eventually } from '../proxy.js';

const ROOT = process.cwd();
/** Milliseconds for a command that ends on its own. */
const PATIENCE = 60_000;

export interface PlaceOptions {
  /** Programs by their names, beside `jumpgate` and `npx jumpgate`: what a shell does in their place, with the arguments in "$@". */
  readonly programs?: Readonly<Record<string, string>>;
  /** As it is written, and what it is here: addresses, mostly. What is printed is read back the same way. */
  readonly replaced?: readonly (readonly [written: string, here: string])[];
  /** Beside PATH and HOME; as documents have it. */
  readonly env?: NodeJS.ProcessEnv;
}

/** A command that goes on until a signal. */
export class Running {
  private text = '';

  constructor(
    private readonly child: ChildProcess,
    private readonly ended: Promise<Finished>,
  ) {
    child.stdout?.on('data', (part: string) => {
      this.text += part;
    });
  }

  /** What it has printed so far. */
  out(): string {
    return this.text;
  }

  /** Waits until it has done what it is started for. Throws with what it has said if it ends before. */
  async until(condition: () => boolean | Promise<boolean>): Promise<void> {
    let early: Finished | undefined;
    void this.ended.then((finished) => {
      early = finished;
    });
    await eventually(() => {
      if (early !== undefined) throw new Error(`it ended: ${early.out}${early.err}`);
      return condition();
    });
  }

  /** Ends it, all that it has started included. */
  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Finished> {
    signalGroup(this.child, signal);
    return this.ended;
  }
}

/** Everything is removed, and every command ended, with the test. */
export class Place {
  /** The folder in which commands run. */
  readonly folder: string;
  /** What is /etc/jumpgate in the documents. */
  readonly etc: string;
  private readonly replaced: (readonly [written: string, here: string])[];
  private readonly env: NodeJS.ProcessEnv;

  constructor(
    private readonly test: Pick<typeof t, 'teardown'>,
    { programs = {}, replaced = [], env = {} }: PlaceOptions,
  ) {
    const root = mkdtempSync(join(tmpdir(), 'jumpgate-docs-'));
    test.teardown(() => rmSync(root, { recursive: true, force: true }));
    const [bin, etc, folder] = [join(root, 'bin'), join(root, 'etc'), join(root, 'here')];
    for (const one of [bin, etc, folder]) mkdirSync(one);
    const jumpgate = `exec '${process.execPath}' '${join(ROOT, 'dist/main.js')}' "$@"`;
    const npx = `[ "$1" = jumpgate ] || exit 127; shift; ${jumpgate}`;
    for (const [name, script] of Object.entries({ jumpgate, npx, ...programs })) {
      writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
      chmodSync(join(bin, name), 0o755);
    }
    this.folder = folder;
    this.etc = etc;
    this.replaced = [['/etc/jumpgate', etc], ['/opt/jumpgate', ROOT], ...replaced];
    const path = [bin, process.env.PATH ?? ''].join(delimiter);
    const here = Object.entries(env).map(([name, value = '']) => [name, this.here(value)]);
    this.env = { PATH: path, HOME: root, XDG_RUNTIME_DIR: root, ...(Object.fromEntries(here) as NodeJS.ProcessEnv) };
  }

  /** From now on, what is written so is this here. */
  replace(written: string, here: string): void {
    this.replaced.push([written, here]);
  }

  /** What is written in a document, as it is here. */
  here(text: string): string {
    return this.replaced.reduce((rest, [written, here]) => rest.replaceAll(written, here), text);
  }

  /** What was printed here, as a document has it. */
  written(text: string): string {
    return this.replaced.reduce((rest, [written, here]) => rest.replaceAll(here, written), text);
  }

  /** A file that others may not read. */
  write(path: string, content: string): void {
    writeFileSync(path, content, { mode: 0o600 });
  }

  /** Runs a command of a document to its end. `input`: all that somebody types. */
  async run(command: string, input = '', env: NodeJS.ProcessEnv = {}): Promise<Finished> {
    const { child, ended } = this.spawn(command, env);
    child.stdin?.end(input);
    const late = setTimeout(() => signalGroup(child, 'SIGKILL'), PATIENCE);
    const { out, err, ...rest } = await ended;
    clearTimeout(late);
    return { ...rest, out: this.written(out), err: this.written(err) };
  }

  /** Starts a command that goes on. */
  start(command: string, env: NodeJS.ProcessEnv = {}): Running {
    const { child, ended } = this.spawn(command, env);
    child.stdin?.end();
    this.test.teardown(async () => {
      signalGroup(child, 'SIGKILL');
      await ended;
    });
    return new Running(child, ended);
  }

  /** In a session of its own: there is no terminal that `ldapwhoami -W` could ask for a password, so it reads its input. */
  private spawn(command: string, env: NodeJS.ProcessEnv) {
    const options = { cwd: this.folder, env: { ...this.env, ...env }, detached: true };
    // tap would load itself into every Node.js, which is slow, and refused by its permission model.
    const child = spawn('sh', ['-c', `unset NODE_OPTIONS\n${this.here(command)}`], options);
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      out += part;
    });
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      err += part;
    });
    child.stdin.on('error', () => {});
    const ended = new Promise<Finished>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve({ code, signal, out, err }));
    });
    return { child, ended };
  }
}

function signalGroup({ pid, exitCode, signalCode }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  try {
    process.kill(-pid, signal);
  } catch {} // it has ended in the meantime
}
