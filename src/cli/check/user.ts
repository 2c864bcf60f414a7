// The check of one user: by the real pipeline from the name to what a search as that user shows.
import { inspect } from '../../app/inspect.js';
import type { Config } from '../../config/config.js';
import type { BindExplanation } from '../../gate/explain/explain-bind.js';
import { printable } from '../../ops/log/printable.js';
import { type Finding, failed, ok, type Report, warning } from './report.js';

const MOST_NAMES = 6;

/** Adds the steps of one user. `password` undefined: it stops before one is needed. */
export async function checkUser(
  name: string,
  password: Buffer | undefined,
  config: Config,
  report: Report,
): Promise<void> {
  await report.run('user', 'user', async () => {
    const inspection = await inspect(config);
    try {
      const explanation = await inspection.explain({
        kind: 'bind',
        name,
        ...(password === undefined ? {} : { password }),
      });
      return explanation.kind === 'bind' ? findingsOf(explanation, config) : [];
    } finally {
      inspection.close();
    }
  });
}

function findingsOf(explanation: BindExplanation, { local }: Config): Finding[] {
  const { name, account, steps, answer, next, why, sight, readFault } = explanation;
  const way = steps.map((step) => `${step.name}: ${printable(step.decision)}`).join(' · ');
  const who = printable(name);
  if (answer !== undefined && answer.code !== 0) {
    const text = `${who}: ${answer.code} ${answer.result}: ${why?.reason ?? '?'}. ${why?.meaning ?? ''} (${way})${readFault === undefined ? '' : ` ${printable(readFault.message)}`}`;
    return [failed(text, printable(why?.remedy ?? '', 2000))];
  }
  const outcome = next === undefined ? 'the password is accepted' : printable(next);
  const first = ok(`${who} is ${printable(account)}: ${outcome} (${way})`);
  if (sight === undefined) return [first, warning('and then sees nothing', 'See local.search.users.')];
  const some = sight.names
    .slice(0, MOST_NAMES)
    .map((dn) => printable(dn))
    .join('; ');
  const more = sight.entries > MOST_NAMES ? '; …' : '';
  const seen = `then finds ${sight.entries} entries: ${some}${more}`;
  const seesItself = local.search.users !== 'none' || !steps.some(({ decision }) => decision.startsWith('uid '));
  return [
    first,
    seesItself
      ? ok(seen)
      : warning(
          seen,
          'It does not find itself: set local.search.users to self if the application searches as the user.',
        ),
  ];
}
