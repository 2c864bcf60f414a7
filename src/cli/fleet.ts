// `jumpgate fleet`: who is in the fleet, who reads the directory for all, and how old what they have is.
import { lookAtFleet } from '../app/fleet-look.js';
import type { Config } from '../config/config.js';
import type { FleetAnswer, FleetInstance } from '../ops/http/fleet-route.js';
import { duration } from '../ops/page/words.js';
import { type Paint, SYMBOLS, type Terminal, terminalOf } from '../ops/terminal.js';
import { ask } from './ask.js';
import { FAILED, OK } from './failure.js';
import type { CliIo } from './io.js';

export interface FleetOptions {
  readonly json: boolean;
  /** The ops port of an instance; undefined: the store itself is asked, by the configuration. */
  readonly url: string | undefined;
  readonly token: string | undefined;
  readonly load: () => Config;
}

/** The JSON of the command; without `fleet` where the store itself was asked. */
export type FleetListed = Partial<Pick<FleetAnswer, 'fleet'>> & Omit<FleetAnswer, 'fleet'>;

/** Exit code OK, or FAILED where neither the instance nor the store tells who is there. */
export async function fleet(options: FleetOptions, io: CliIo): Promise<number> {
  const { url, json } = options;
  const whom = url ?? 'the store';
  let listed: FleetListed;
  try {
    listed = url === undefined ? await lookAtFleet(options.load()) : await ofInstance(url, options.token);
  } catch (error) {
    const hint = url === undefined ? '' : ' (--alone asks the store itself)';
    io.stderr.write(`jumpgate: ${whom}: ${(error as Error).message}${hint}\n`);
    return FAILED;
  }
  io.stdout.write(json ? `${JSON.stringify(listed, null, 2)}\n` : fleetText(listed, terminalOf(io.stdout, io.env)));
  return listed.instances === undefined ? FAILED : OK;
}

async function ofInstance(url: string, token: string | undefined): Promise<FleetListed> {
  const { status, body } = await ask(`${url.replace(/\/$/, '')}/fleet`, 'GET', { token });
  if (status !== 200) throw new Error(status === 404 ? errorIn(body) : `answered ${status}: ${body.trim()}`);
  return JSON.parse(body) as FleetAnswer;
}

/** Of an instance without a fleet, or of one that does not support this request. */
function errorIn(body: string): string {
  try {
    return (JSON.parse(body) as { error: string }).error;
  } catch {
    return 'answered 404: is it an older version?';
  }
}

/** Human-readable: one line about the fleet, and one for each instance. */
export function fleetText(
  { fleet, instances, unreadable = 0, leftOut = 0, trouble }: FleetListed,
  { paint, fit }: Terminal,
): string {
  const warning = paint('yellow', SYMBOLS.warning);
  const failed = paint('red', SYMBOLS.failed);
  const lines: string[] = [];
  if (fleet !== undefined)
    lines.push(
      fleet.up
        ? `${paint('green', SYMBOLS.ok)} ${fleet.instance}: the store can be reached`
        : `${failed} ${fleet.instance}: the store cannot be reached (${fleet.trouble ?? ''})`,
    );
  if (instances === undefined) lines.push(`${failed} the other instances cannot be listed: ${trouble ?? ''}`);
  else {
    lines.push(summary(instances));
    if (instances.length > 0) lines.push(...table(instances, paint));
  }
  if (unreadable > 0) lines.push(`${warning} ${unreadable} more cannot be read: they have another key (fleet.keyFile)`);
  if (leftOut > 0)
    lines.push(
      `${warning} ${leftOut} more left out: there are more than instances write; who else writes to the store?`,
    );
  const undated = (instances ?? []).filter((each) => each.undated).map(({ instance }) => instance);
  if (undated.length > 0)
    lines.push(
      `${warning} older versions, whose HEARD somebody who can write to the store can set: ${undated.join(', ')}`,
    );
  return `${fit(lines.join('\n'), 2)}\n`;
}

function summary(instances: readonly FleetInstance[]): string {
  if (instances.length === 0) return 'no instance is there';
  const readers = instances.filter(({ role }) => role === 'reader').map(({ instance }) => instance);
  const alone = instances.filter(({ role }) => role === 'alone').length;
  const count = instances.length === 1 ? '1 instance' : `${instances.length} instances`;
  const who = readers.length === 0 ? 'nobody reads for all' : `${readers.join(' and ')} reads for all`;
  return `${count}, ${who}${alone === 0 ? '' : `, ${alone} for itself alone`}`;
}

const HEADINGS = ['INSTANCE', 'VERSION', 'UP SINCE', 'READY', 'READS', 'MEMBERS', 'READ', 'HEARD'];
const WORDS: Readonly<Record<string, string>> = { reader: 'for all', taker: 'takes', alone: 'alone' };

function table(instances: readonly FleetInstance[], paint: Paint): string[] {
  const rows = [HEADINGS, ...instances.map(row)];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  return rows.flatMap((cells, index) => {
    const line = cells
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd();
    const why = instances[index - 1]?.why;
    const shown = index === 0 ? paint('bold', line) : line;
    return why === undefined ? [shown] : [shown, `  ${paint('yellow', why)}`];
  });
}

function row({
  instance,
  version,
  startedAt,
  ready,
  role,
  members,
  ageSeconds,
  heardSeconds,
}: FleetInstance): string[] {
  const ago = (seconds: number | undefined) => (seconds === undefined ? '–' : `${duration(seconds)} ago`);
  return [
    ...[instance, version, startedAt.slice(0, 16).replace('T', ' '), ready ? 'yes' : 'no'],
    ...[WORDS[role ?? ''] ?? '–', members === undefined ? '–' : String(members), ago(ageSeconds), ago(heardSeconds)],
  ];
}
