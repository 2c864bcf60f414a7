// A recipe's questions as lines for a shell, with OpenLDAP's tools.
import type { RecipeStep, Values } from './recipe.js';

const SCOPES = ['base', 'one', 'sub', 'children'] as const;

/** For a POSIX shell: unchanged if it contains nothing special, otherwise in quotes. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** Each line asks for the password itself (-W). A search or compare runs as the identity of the bind before it. */
export function commandLines(steps: readonly RecipeStep[], values: Values, user: string): string[] {
  let who = values.serviceDN;
  const lines: string[] = [];
  const common = () => ['-x', '-H', values.url, '-D', who, '-W'];
  steps.forEach((step, i) => {
    switch (step.kind) {
      case 'bind': {
        who = step.name ?? (step.as === 'service' ? values.serviceDN : values.personDN(user));
        // A search under the same name also shows whether the bind works.
        const next = steps[i + 1];
        if (next === undefined || next.kind === 'bind') lines.push(words(['ldapwhoami', ...common()]));
        return;
      }
      case 'search':
        lines.push(
          words([
            ...['ldapsearch', ...common(), '-LLL', '-b', step.base, '-s', SCOPES[step.scope]],
            ...[step.filter, ...step.attributes],
          ]),
        );
        return;
      case 'compare':
        lines.push(words(['ldapcompare', ...common(), step.entry, `${step.attribute}:${step.value}`]));
    }
  });
  return lines;
}

function words(list: readonly string[]): string {
  return list.map(shellWord).join(' ');
}
