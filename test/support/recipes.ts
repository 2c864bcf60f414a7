// A recipe's questions, asked of a running server.
import type { RecipeStep, Values } from '../../src/recipes/recipe.js';
import { Client } from './client.js';

export interface Passwords {
  readonly service: string;
  readonly user: string;
}

export interface Answer {
  readonly step: RecipeStep;
  readonly code: number;
  /** Of a search. */
  readonly entries: number;
}

/** Asks everything in order, on one connection. */
export async function askSteps(
  values: Values,
  steps: readonly RecipeStep[],
  user: string,
  passwords: Passwords,
): Promise<Answer[]> {
  const client = await Client.open(values.url);
  const answers: Answer[] = [];
  for (const step of steps) {
    if (step.kind === 'search') {
      const { result, entries } = await client.search(step);
      answers.push({ step, code: result.code, entries: entries.length });
      continue;
    }
    const { code } =
      step.kind === 'compare'
        ? await client.result({
            kind: 'compareRequest',
            entry: step.entry,
            attribute: step.attribute,
            value: Buffer.from(step.value),
          })
        : step.as === 'service'
          ? await client.bind(values.serviceDN, passwords.service)
          : await client.bind(step.name ?? values.personDN(user), passwords.user);
    answers.push({ step, code, entries: 0 });
  }
  client.destroy();
  return answers;
}

/** What a member's bind, search and compare end with. */
export const memberCode = { bind: 0, search: 0, compare: 6 } as const;

/** Whether a password of a person is checked. */
export function bindsUser(step: RecipeStep): boolean {
  return step.kind === 'bind' && step.as === 'user';
}
