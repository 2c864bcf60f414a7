// Human-readable explanations: each step with its time and decision, then the outcome, its meaning and its remedy. Client text is made printable here.
import { type Refuses, refusesOf } from '../../gate/explain/cloud-reasons.js';
import type { ExplainedResult, OfApp } from '../../gate/explain/explain.js';
import type { BindExplanation, ReadFaultText, VisibleEntries, Why } from '../../gate/explain/explain-bind.js';
import type { PartReport } from '../../gate/explain/explain-part.js';
import type { Expected, SearchExplanation } from '../../gate/explain/explain-search.js';
import type { PastRefusal } from '../../gate/explain/past-refusal.js';
import { textOfReason } from '../../gate/explain/reasons.js';
import type { Step } from '../../gate/trace.js';
import { printable } from '../log/printable.js';
import { stepWord } from '../step-words.js';
import type { Paint, Terminal } from '../terminal.js';

/** Characters: a remedy is ours, with one name of somebody else's in it. */
const LONGEST_REMEDY = 2000;
/** Names shown of what was found. */
const MOST_NAMES = 8;

/** Lines that end with a line end, as wide as the terminal. */
export function explanationText(answered: ExplainedResult, { paint, fit }: Terminal): string {
  const lines = answered.kind === 'bind' ? bindLines(answered, paint) : searchLines(answered, paint);
  return lines.map((line) => `${fit(line)}\n`).join('');
}

function bindLines(answered: BindExplanation & OfApp, paint: Paint): string[] {
  const { name, app, account, steps, answer, next, why, sight, readFault, refusals } = answered;
  const isIn = answer?.code === 0;
  return [
    paint('bold', `bind ${name === '' ? '(no name)' : printable(name)}`),
    ...appLines(app, paint),
    ...stepLines(steps, paint),
    ...(account === '' ? [] : [row('account', printable(account), paint)]),
    ...(answer === undefined || why === undefined ? [] : outcomeLines(answer, why, isIn, paint)),
    ...(next === undefined ? [] : nextLines(next, refusesOf(answered.cloud), paint)),
    ...cloudLines(answered.cloud, paint),
    ...readFaultLines(readFault, isIn || next !== undefined, paint),
    ...(sight === undefined ? [] : sightLines('then sees', sight, paint)),
    ...(refusals === undefined ? [] : refusalLines(refusals, why?.reason, paint)),
  ];
}

function searchLines(explanation: SearchExplanation & OfApp, paint: Paint): string[] {
  const { filter, app, fault, parts, as, base, steps, answer, why, matched, expected, readFault } = explanation;
  if (fault !== undefined) {
    const caret = fault.position === undefined ? [] : [`       ${' '.repeat(fault.position)}^`];
    return [
      paint('bold', `search ${printable(filter)}`),
      ...caret,
      `  ${paint('red', '→')} ${printable(fault.message)}`,
    ];
  }
  return [
    paint('bold', `search ${printable(filter)}`),
    ...appLines(app, paint),
    row('as', printable(as), paint),
    row('base', `${base === '' ? '(the root DSE)' : printable(base)}, whole subtree`, paint),
    ...parts.map((part, i) => row(i === 0 ? 'understood' : '', partText(part, paint), paint)),
    row('index', indexText(explanation), paint),
    ...stepLines(steps, paint),
    ...(answer === undefined || why === undefined ? [] : outcomeLines(answer, why, answer.code === 0, paint)),
    ...readFaultLines(readFault, answer?.code === 0, paint),
    ...(matched === undefined ? [] : sightLines('matched', matched, paint)),
    ...(expected === undefined ? [] : expectedLines(expected, paint)),
  ];
}

function appLines(app: string | undefined, paint: Paint): string[] {
  return app === undefined ? [] : [row('app', printable(app), paint)];
}

function row(name: string, text: string, paint: Paint): string {
  return `  ${paint('dim', name.padEnd(14))} ${text}`;
}

function stepLines(steps: readonly Step[], paint: Paint): string[] {
  return steps.map(({ name, decision, at }) => {
    return `  ${stepWord(name).padEnd(14)} ${printable(decision)} ${paint('dim', `(${at.toFixed(1)} ms)`)}`;
  });
}

function outcomeLines(
  { code, result }: { readonly code: number; readonly result: string },
  { reason, meaning, basis, remedy }: Why,
  isGood: boolean,
  paint: Paint,
): string[] {
  if (isGood) return [`  ${paint('green', '→')} ${code} ${result}`];
  return [
    `  ${paint('red', '→')} ${code} ${result}: ${paint('bold', reason)}`,
    `    ${meaning}`,
    `    ${paint('dim', basis)}`,
    `    ${paint('bold', `→ ${printable(remedy, LONGEST_REMEDY)}`)}`,
  ];
}

/** What would happen, and that it would not end well where JumpCloud says so. */
function nextLines(next: string, refuses: Refuses, paint: Paint): string[] {
  if (refuses === 'no') return [`  ${paint('green', '→')} ${printable(next)}`];
  return [
    `  ${paint('dim', '→')} ${printable(next)}`,
    `  ${paint('red', '→')} ${paint('bold', 'does not get in')}: ${OUTLOOK[refuses]}`,
  ];
}

const OUTLOOK = {
  now: 'JumpCloud refuses this user, whatever the password',
  soon: 'the console has changed; LDAP follows it, and until then the login may still succeed',
};

/** What JumpCloud says of it itself. */
function cloudLines(cloud: BindExplanation['cloud'], paint: Paint): string[] {
  if (cloud === undefined) return [];
  return [
    `  ${paint('yellow', 'JumpCloud')}      ${paint('bold', printable(cloud.reason))}: ${printable(cloud.sentence)}`,
    `    ${paint('bold', `→ ${printable(cloud.remedy, LONGEST_REMEDY)}`)}`,
  ];
}

/** An old copy may be the cause even where the outcome is a good one. */
function readFaultLines(readFault: ReadFaultText | undefined, isGood: boolean, paint: Paint): string[] {
  if (readFault === undefined) return [];
  const { message, remedy } = readFault;
  return [
    `    ${paint(isGood ? 'yellow' : 'red', `the last read of JumpCloud failed: ${printable(message)}`)}`,
    `    ${paint('bold', `→ ${remedy}`)}`,
  ];
}

/** The last refused logins; each reason is explained once, and not where it is that of this very answer. */
function refusalLines(refusals: readonly PastRefusal[], explained: string | undefined, paint: Paint): string[] {
  if (refusals.length === 0)
    return [row('last refusals', 'none of this name among those that the instance keeps', paint)];
  const known = new Set<string>(
    explained === undefined ? [] : [`${explained} ${textOfReason(explained)?.meaning ?? ''}`],
  );
  return refusals.flatMap((refusal, i) => {
    const { reason, cause, remedy } = refusal;
    const first = row(i === 0 ? 'last refusals' : '', refusalText(refusal, paint), paint);
    if (known.has(`${reason} ${cause}`)) return [first];
    known.add(`${reason} ${cause}`);
    return [
      first,
      row('', printable(cause), paint),
      row('', paint('bold', `→ ${printable(remedy, LONGEST_REMEDY)}`), paint),
    ];
  });
}

function refusalText({ time, address, port, app, name, code, reason, reference }: PastRefusal, paint: Paint): string {
  const parts = [
    paint('dim', localTime(time)),
    ...(app === undefined ? [] : [paint('bold', printable(app))]),
    `${code} ${printable(reason)}`,
    `from ${address === '' ? 'ldapi' : `${printable(address)}:${port}`}`,
    `as ${printable(name)}`,
    ...(reference === undefined ? [] : [`reference ${printable(reference)}`]),
  ];
  return parts.join('  ');
}

/** With the day: it may be from before the weekend. */
function localTime(iso: string): string {
  const at = new Date(iso);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${at.toLocaleTimeString('en-GB')}`;
}

function sightLines(title: string, { entries, names }: VisibleEntries, paint: Paint): string[] {
  const shown = names.slice(0, MOST_NAMES);
  const more = entries - shown.length;
  return [
    row(title, entries === 1 ? '1 entry' : `${entries} entries`, paint),
    ...shown.map((name) => row('', printable(name), paint)),
    ...(more > 0 ? [row('', `… and ${more} more`, paint)] : []),
  ];
}

function partText({ depth, filter, truth, undefined: why, has }: PartReport, paint: Paint): string {
  const value = truth === undefined || why !== undefined ? '' : ` ${paint(truth === 'TRUE' ? 'green' : 'red', truth)}`;
  const never = why === undefined ? '' : ` ${paint('yellow', `Undefined, so it never matches: ${printable(why)}`)}`;
  const values =
    has === undefined
      ? ''
      : ` ${paint('dim', has.length === 0 ? '(it has none)' : `(it has ${printable(has.join(', '))})`)}`;
  return `${' '.repeat(2 * depth)}${printable(filter)}${value}${never}${values}`;
}

function indexText({ index, candidates = 0, inSight }: SearchExplanation): string {
  if (inSight === undefined) return 'none: nothing is in sight';
  if (index === undefined) return `none: all ${inSight} entries in sight are looked at`;
  const names = index.length === 0 ? 'no value to look up' : index.join(', ');
  return `${names}: at most ${candidates} of ${inSight} entries in sight are looked at`;
}

function expectedLines({ dn, verdict, why }: Expected, paint: Paint): string[] {
  const said = {
    found: paint('green', 'found'),
    'outside the base': paint('red', 'the filter is TRUE of it, but it is outside the base'),
    'not matched': paint('red', 'the filter is not TRUE of it: see its parts above'),
    'not in sight': paint('red', 'there, but hidden from this client: local.search.users says what a user sees'),
    'not in the mirror': paint('red', 'not in the mirror:'),
  }[verdict];
  return [
    row('expected', `${printable(dn)}: ${said}`, paint),
    ...(why === undefined ? [] : bindLines(why, paint).map((line) => `    ${line}`)),
  ];
}
