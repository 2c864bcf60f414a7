// Operations as human-readable lines: what, the result, how long it took, from where; and below a refusal the steps that led to it.
import { textOfReason } from '../gate/explain/reasons.js';
import { causeOf } from '../ops/cause.js';
import { extensionName } from '../ops/extensions.js';
import { stepWord } from '../ops/step-words.js';
import type { OperationRecord } from '../ops/telemetry/recent-operations.js';
import type { FaultRecord } from '../ops/telemetry/telemetry.js';
import { OUTCOME_COLOURS, type Paint } from '../ops/terminal.js';

/** Columns in front of the second line, and of the rest of a long one. */
export const HANG = 10;
const INDENT = ' '.repeat(HANG);

/** One line, and a second one where there is something to explain. */
export function operationLines(record: OperationRecord, paint: Paint): string[] {
  const { time, operation, code, result, reason, ms, address, port, channel, steps, search, reference, app } = record;
  const isFine = reason === 'ok';
  const { name: cause } = causeOf(record);
  const outcome = isFine ? result : `${code} ${cause}${cause === reason ? '' : ` (${reason})`}`;
  // The instance may be newer and know further reasons.
  const colour = OUTCOME_COLOURS[textOfReason(reason)?.outcome ?? 'refused'];
  const line = [
    paint('dim', clockTime(time)),
    ...(app === undefined ? [] : [paint('bold', app)]),
    operation.padEnd(8),
    subject(record),
    paint(colour, `→ ${outcome}`),
    ...(operation === 'search' ? [`${record.entries} ${record.entries === 1 ? 'entry' : 'entries'}`] : []),
    ...(reference === undefined ? [] : [`reference ${reference}`]),
    paint('dim', `${ms} ms`),
    paint('dim', `${place(address, port)}${channel === 'tls' ? ' by TLS' : ''}`),
  ].join(' ');
  const path = steps.map(({ name, decision }) => `${stepWord(name)}: ${decision}`).join(' · ');
  const missing =
    search === undefined || search.missing.length === 0 ? '' : `no entry has ${search.missing.join(', ')}`;
  const cloud = record.cloud === undefined ? '' : `JumpCloud: ${record.cloud.sentence}`;
  const more = [...(isFine ? [] : [path]), missing, cloud].filter((text) => text !== '');
  return [line, ...more.map((text) => INDENT + paint('dim', text))];
}

/** What JumpCloud has said of a refusal that has its lines already; found again by its time, its name, and its reference or its place. */
export function foundLine(record: OperationRecord, paint: Paint): string {
  const { time, operation, reference, address, port, app, cloud } = record;
  return [
    paint('dim', clockTime(time)),
    ...(app === undefined ? [] : [paint('bold', app)]),
    operation.padEnd(8),
    subject(record),
    paint('yellow', `JumpCloud: ${cloud?.sentence ?? ''}`),
    ...(reference === undefined ? [] : [`reference ${reference}`]),
    paint('dim', place(address, port)),
  ].join(' ');
}

/** The line of a connection fault, as `jumpgate watch` prints it. */
export function faultLine({ time, fault, detail, address, port, app }: FaultRecord, paint: Paint): string {
  const what = detail === '' ? fault : `${fault}: ${detail}`;
  return [
    paint('dim', clockTime(time)),
    ...(app === undefined ? [] : [paint('bold', app)]),
    paint('yellow', `connection ${what}`),
    paint('dim', place(address, port)),
  ].join(' ');
}

function subject({ operation, target, account, search }: OperationRecord): string {
  const name = target === '' ? (operation === 'search' ? '(root)' : '(no name)') : target;
  if (search === undefined) return operation === 'extended' ? extensionName(name) : name;
  const attributes = search.attributes.length === 0 ? '' : ` [${search.attributes.join(' ')}]`;
  const by = account === '' ? '' : ` as ${account}`;
  return `${name} ${search.scope} ${search.filter}${attributes}${by}`;
}

/** Local time, as a clock on the wall shows it. */
function clockTime(iso: string): string {
  return new Date(iso).toLocaleTimeString('en-GB');
}

function place(address: string, port: number): string {
  return address === '' ? 'ldapi' : `${address}:${port}`;
}
