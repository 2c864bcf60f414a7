// The check of one user: by the real pipeline from the name to what a search as that user shows, in each app or in the one that is named.
import { type Inspection, inspect } from '../../app/inspect.js';
import type { AppConfig, Config } from '../../config/config.js';
import type { BindExplanation } from '../../gate/explain/explain-bind.js';
import { printable } from '../../ops/log/printable.js';
import { stepWord } from '../../ops/step-words.js';
import { type Finding, failed, ok, type Report, warning } from './report.js';

const MOST_NAMES = 6;

export interface CheckedUser {
  /** In any form of a bind name. */
  readonly name: string;
  /** Undefined: it stops before one is needed. */
  readonly password: Buffer | undefined;
  /** The one that is asked about; undefined: all. Its name is one of the configuration's. */
  readonly app: string | undefined;
}

/** Adds the steps of one user. The password is sent upstream at most once. */
export async function checkUser(user: CheckedUser, config: Config, report: Report): Promise<void> {
  await report.run('user', 'user', async () => {
    const inspection = await inspect(config);
    try {
      const [only, ...others] = config.apps.filter(({ name }) => user.app === undefined || user.app === name);
      if (only === undefined) return [];
      return others.length === 0
        ? findingsOf(await ask(inspection, user, only, true), only)
        : await inEach([only, ...others], user, inspection);
    } finally {
      inspection.close();
    }
  });
}

async function ask(inspection: Inspection, user: CheckedUser, { name: app }: AppConfig, withPassword: boolean) {
  const { name, password } = user;
  const secret = withPassword && password !== undefined ? { password: Buffer.from(password) } : {};
  const explanation = await inspection.explain({ kind: 'bind', name, app, ...secret });
  if (explanation.kind !== 'bind') throw new TypeError('a question about a bind has another answer');
  return explanation;
}

/** A line for each app that does not let the user in, and whole findings for those that do; only who gets into none has failed. */
async function inEach(apps: readonly AppConfig[], user: CheckedUser, inspection: Inspection): Promise<Finding[]> {
  const findings: Finding[] = [];
  const refusals: Finding[] = [];
  let isTried = false;
  for (const app of apps) {
    const named = (finding: Finding) => ({ ...finding, detail: `${app.name}: ${finding.detail}` });
    const first = await ask(inspection, user, app, false);
    const isRefused = first.answer !== undefined && first.answer.code !== 0;
    if (isRefused) {
      const refusal = named(refused(first));
      refusals.push(refusal);
      findings.push(ok(`${app.name}: ${printable(user.name)} does not get in: ${first.why?.reason ?? '?'}`));
      continue;
    }
    // What the upstream says of the password it says for all apps.
    const told = isTried ? first : await ask(inspection, user, app, true);
    isTried = true;
    findings.push(...findingsOf(told, app).map(named));
  }
  return refusals.length === apps.length ? refusals : findings;
}

function refused({ name, steps, answer, why, readFault, cloud }: BindExplanation): Finding {
  const who = printable(name);
  const text = `${who}: ${answer?.code} ${answer?.result}: ${why?.reason ?? '?'}. ${why?.meaning ?? ''} (${wayOf(steps)})${readFault === undefined ? '' : ` ${printable(readFault.message)}`}`;
  if (cloud === undefined) return failed(text, printable(why?.remedy ?? '', 2000));
  // JumpCloud's own reason is the sharper one.
  return failed(`${text} JumpCloud: ${printable(cloud.sentence)}`, printable(cloud.remedy, 2000));
}

function wayOf(steps: BindExplanation['steps']): string {
  return steps.map((step) => `${stepWord(step.name)}: ${printable(step.decision)}`).join(' · ');
}

function findingsOf(explanation: BindExplanation, { local }: AppConfig): Finding[] {
  const { name, account, steps, answer, next, sight, cloud } = explanation;
  if (answer !== undefined && answer.code !== 0) return [refused(explanation)];
  const who = printable(name);
  const outcome = next === undefined ? 'the password is accepted' : printable(next);
  const whose = account === name ? who : `${who} is the account ${printable(account)}`;
  const first = ok(`${whose}: ${outcome} (${wayOf(steps)})`);
  // Nothing here refuses it, but something in the console does.
  const remark =
    cloud === undefined
      ? undefined
      : ([`${who}: JumpCloud: ${printable(cloud.sentence)}`, printable(cloud.remedy, 2000)] as const);
  if (remark !== undefined && cloud?.refuses !== 'no') return [failed(...remark)];
  const unsure = remark === undefined ? [] : [warning(...remark)];
  if (sight === undefined) return [first, ...unsure, warning('and then sees nothing', 'See local.search.users.')];
  const some = sight.names
    .slice(0, MOST_NAMES)
    .map((dn) => printable(dn))
    .join('; ');
  const more = sight.entries > MOST_NAMES ? '; …' : '';
  const seen = `then finds ${sight.entries} entries: ${some}${more}`;
  const seesItself = local.search.users !== 'none' || !steps.some(({ decision }) => decision.startsWith('uid '));
  return [
    first,
    ...unsure,
    seesItself
      ? ok(seen)
      : warning(
          seen,
          'It does not find itself: set local.search.users to self if the application searches as the user.',
        ),
  ];
}
