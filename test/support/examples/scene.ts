// Runs what documents say to type, at a place where a demo and an embedded JumpCloud are at hand, and compares what they show.
import { readFileSync } from 'node:fs';
import type { Test } from 'tap';
import type { Finished } from '../command.js';
import { eventually } from '../proxy.js';
import { type Block, commandsOf } from './blocks.js';
import { ABOVE, type Kind, LOGGED } from './kinds.js';
import { difference } from './output.js';
import type { Place, Running } from './place.js';

/** Exit codes other than 0, as the text beside these commands has them. */
const EXIT_CODES: readonly (readonly [RegExp, number])[] = [
  [/^ldapcompare /, 6],
  [/^jumpgate apps diff /, 1],
];

export interface SceneOptions {
  readonly place: Place;
  /** Where the demo is: host and port of its two listeners. */
  readonly ldap: string;
  readonly ops: string;
  /** By name. */
  readonly passwords: Readonly<Record<string, string>>;
}

export class Scene {
  private demo: Promise<Running> | undefined;
  /** What the last block of commands has printed. */
  private printed = '';
  /** Where the commands of the document that is read find an instance. */
  private env: NodeJS.ProcessEnv = {};

  constructor(private readonly options: SceneOptions) {}

  /** Begins with a document: its commands ask the instance at this address. */
  open(ops: string): void {
    this.printed = '';
    this.env = { JUMPGATE_OPS_HTTP: ops };
  }

  /** Started once, however many ask for it; resolves when it has read its JumpCloud. */
  running(): Promise<Running> {
    this.demo ??= (async () => {
      const demo = this.options.place.start('npm install && npm run demo');
      await demo.until(() => demo.out().includes(' ready: '));
      return demo;
    })();
    return this.demo;
  }

  /** Runs a block, and compares what it shows. Blocks of other kinds are none of its business. */
  async play(t: Test, block: Block, kind: Kind): Promise<void> {
    const where = `${block.document}:${block.line}`;
    if (kind.kind === 'commands')
      for (const command of commandsOf(block.lines)) await this.runOne(t, `${where}: ${command}`, command);
    if (kind.kind === 'dialogue')
      for (const { command, shown } of dialogueOf(block.lines))
        compare(t, `${where}: ${command}`, shown, (await this.finish(command)).out, block.markers.loose);
    if (kind.kind === 'output') await this.compareOutput(t, where, block, kind.of);
  }

  private async compareOutput(t: Test, where: string, block: Block, of: string): Promise<void> {
    const { loose } = block.markers;
    if (!LOGGED.test(of)) {
      const output = of === ABOVE ? this.printed : (await this.finish(of)).out;
      return compare(t, `${where}: ${of}`, block.lines, output, loose);
    }
    const demo = await this.running();
    const before = demo.out().length;
    await this.finish(of.replace(LOGGED, ''));
    const shown = ['…', ...block.lines, '…'];
    const log = () => this.options.place.written(demo.out().slice(before));
    // Lines come when they are ready; what is still missing after a while will not come.
    await eventually(() => difference(shown, log(), loose) === undefined).catch(() => {});
    compare(t, `${where}: ${of}`, shown, log(), loose);
  }

  private async runOne(t: Test, what: string, command: string): Promise<void> {
    if (command.endsWith('npm run demo')) {
      const demo = await this.running();
      this.printed = this.options.place.written(demo.out());
    } else if (/^(jumpgate|node .*) serve /.test(command)) await this.serve(t, what, command);
    else if (command.startsWith('jumpgate watch')) await this.watch(t, what, command);
    else {
      const finished = await this.finish(command);
      this.printed = finished.out;
      const [, code = 0] = EXIT_CODES.find(([pattern]) => pattern.test(command)) ?? [];
      const isSo = finished.code === code;
      t.equal(finished.code, code, isSo ? what : `${what}\n${finished.out}${finished.err}`);
      if (/^ldap(search|whoami)/.test(command)) t.match(finished.out, /^dn:/, what);
    }
  }

  /** With ports of its own: the demo has those of the documents. */
  private async serve(t: Test, what: string, command: string): Promise<void> {
    const env = { ...this.env, JUMPGATE_LISTEN_LDAP: '127.0.0.1:0', JUMPGATE_OPS_HTTP: '127.0.0.1:0' };
    const running = this.options.place.start(`exec ${forThisNode(command)}`, env);
    await running.until(() => running.out().includes('"msg":"ready: '));
    const { code, err } = await running.stop();
    t.equal(code, 0, `${what}\n${err}`);
  }

  /** Until it shows something, or, if it waits for what will not come here, until it is connected. */
  private async watch(t: Test, what: string, command: string): Promise<void> {
    await this.running();
    const before = connectionsTo(this.options.ops);
    const running = this.options.place.start(`exec ${command}`, this.env);
    await running.until(() => connectionsTo(this.options.ops) > before);
    const isQuiet = /--(reference|learn) /.test(command);
    if (!isQuiet) await this.finish(`ldapwhoami -x -H ldap://${this.options.ldap} -D ada.example -w wrong`);
    if (!isQuiet) await running.until(() => running.out().includes('ada.example'));
    const { code, err } = await running.stop('SIGINT');
    t.same([code, err], [0, ''], what);
  }

  private async finish(command: string): Promise<Finished> {
    if (command.includes('ldap')) await this.running();
    return this.options.place.run(command, this.typed(command), this.env);
  }

  /** What somebody types who is asked for a password. */
  private typed(command: string): string {
    const [, uid = ''] = /-D "?uid=([\w.-]+)/.exec(command) ?? /--user ([\w.-]+)/.exec(command) ?? [];
    const isAsked = / -W\b/.test(command) || command.includes('--password-stdin');
    return isAsked ? `${this.options.passwords[uid] ?? ''}\n` : '';
  }
}

function compare(t: Test, what: string, shown: readonly string[], output: string, loose: string | undefined): void {
  t.equal(difference(shown, output, loose), undefined, what);
}

/** Commands behind `$ `, each with the lines that it prints. */
function dialogueOf(lines: readonly string[]): { command: string; shown: string[] }[] {
  const parts: { command: string; shown: string[] }[] = [];
  for (const line of lines)
    if (line.startsWith('$ ')) parts.push({ command: line.slice(2), shown: [] });
    else parts.at(-1)?.shown.push(line);
  return parts;
}

/** Node.js 20 has the permission model under another name, as docs/security.md says. */
function forThisNode(command: string): string {
  return process.version.startsWith('v20.')
    ? command.replace(' --permission ', ' --experimental-permission ')
    : command;
}

/** Connections that a server of this machine has accepted and that are open. */
function connectionsTo(address: string): number {
  const port = Number(address.split(':')[1]).toString(16).toUpperCase().padStart(4, '0');
  const lines = readFileSync('/proc/net/tcp', 'utf8').split('\n');
  return lines.filter((line) => line.trim().split(/\s+/)[1]?.endsWith(`:${port}`) && / 01 /.test(line)).length;
}
