// A question about one of several apps.

import type { Config } from '../config/config.js';
import { ASKED_ABOUT, CLOUD_REASONS, sentenceOf } from '../gate/explain/cloud-reasons.js';
import { type ExplainedResult, type ExplainRequest, explain } from '../gate/explain/explain.js';
import type { ExplainContext } from '../gate/explain/explain-bind.js';
import { groupsText } from '../gate/explain/reasons.js';
import { pastRefusals } from '../ops/explain/past-refusals.js';
import type { OperationRecord } from '../ops/telemetry/operation-record.js';
import type { Rules } from '../server/rules.js';
import { appOf, type Cloud } from './cloud.js';
import { pickApp } from './pick-app.js';

/** Answers by the rules of the app that is asked about; says which one that was, where apps have names. Rejects with UnknownApp. */
export async function explainIn(
  apps: readonly Rules[],
  question: ExplainRequest,
  contextOf: (rules: Rules) => ExplainContext,
): Promise<ExplainedResult> {
  const rules = pickApp(apps, question.app);
  const answered = await explain(question, contextOf(rules));
  return rules.app === undefined ? answered : { ...answered, app: rules.app };
}

/** Adds what JumpCloud's API says, if it is asked: about a refused bind, or one whose account has a problem in JumpCloud. */
export async function withCloud(
  answered: ExplainedResult,
  config: Pick<Config, 'apps'>,
  cloud: Pick<Cloud, 'ask'>,
): Promise<ExplainedResult> {
  if (answered.kind !== 'bind' || answered.answer?.code === 0) return answered;
  const { account, name, why, app } = answered;
  const user = account === '' ? name : account;
  // A service account is one of ours alone.
  if (user === '' || user.includes('=')) return answered;
  const isCredentialRefused = why === undefined ? false : ASKED_ABOUT.get(why.reason);
  if (isCredentialRefused === undefined) return answered;
  const finding = await cloud.ask(user, app, isCredentialRefused);
  if (finding === undefined) return answered;
  const groups = appOf(config, app)?.groups ?? [];
  const { remedy, refuses } = CLOUD_REASONS[finding.reason];
  const told = {
    reason: finding.reason,
    sentence: sentenceOf(finding),
    remedy: remedy({ user, group: groupsText(groups) }),
    refuses,
  };
  if (refuses !== 'now') return { ...answered, cloud: told };
  // Nobody who is refused sees anything.
  const { sight: _, ...rest } = answered;
  return { ...rest, cloud: told };
}

/** Adds the last refused logins of a name, of those that an instance keeps (`failures`, the oldest first). */
export function withRefusals(
  answered: ExplainedResult,
  { apps }: Pick<Config, 'apps'>,
  rules: readonly Rules[],
  failures: () => readonly OperationRecord[],
): ExplainedResult {
  if (answered.kind !== 'bind') return answered;
  const { name, account, app } = answered;
  const namesOf = (label: string | undefined) => {
    const { gate } = rules.find((one) => one.app === label) ?? pickApp(rules, undefined);
    return { group: groupsText(appOf({ apps }, label)?.groups ?? []), expected: gate.localUserDN('NAME') };
  };
  return { ...answered, refusals: pastRefusals(failures(), { name, account, app }, namesOf) };
}
