// A question about one of several apps.

import { type ExplainedResult, type ExplainRequest, explain } from '../gate/explain/explain.js';
import type { ExplainContext } from '../gate/explain/explain-bind.js';
import type { Rules } from '../server/rules.js';
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
