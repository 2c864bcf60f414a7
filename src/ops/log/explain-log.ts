// An explanation that went upstream leaves a line like any other bind's.
import type { ExplainedResult } from '../../gate/explain/explain.js';
import { resultName } from '../../ldap/result-code.js';
import { appField, type Logger } from './log.js';
import { printable } from './printable.js';

/** One line at info for a bind that an operator had explained with a password; nothing for what stayed here. */
export function logExplained(log: Logger, answered: ExplainedResult): void {
  if (answered.kind !== 'bind' || answered.answer === undefined) return;
  const { name, app, account, answer, why, steps, ms } = answered;
  log.info(
    {
      'ldap.channel': 'the ops port',
      ...appField({ app }),
      'ldap.target': printable(name),
      ...(account === '' ? {} : { 'user.name': printable(account) }),
      'ldap.code': answer.code,
      'ldap.result': resultName(answer.code),
      reason: why?.reason,
      duration_ms: ms,
      steps: steps.map((step) => `${step.name}: ${printable(step.decision)}`),
    },
    'explain',
  );
}
