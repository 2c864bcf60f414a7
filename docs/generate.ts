// The documents that are made from the source: each reason with its words in docs/reasons.md, the commonest in the README.
import type { Reason } from '../src/gate/reason.js';
import { ANYBODY, REASONS } from '../src/gate/reasons.js';
import { resultName } from '../src/ldap/result-code.js';

/** Those that people meet, the commonest first. */
const COMMON: readonly Reason[] = [
  'wrong-password',
  'not-a-member',
  'unknown-name',
  'ambiguous-name',
  'not-a-user-name',
  'invalid-name',
  'too-many-attempts',
  'empty-password',
  'tls-required',
  'method-not-offered',
  'critical-control',
  'no-snapshot',
  'stale-snapshot',
  'upstream-unreachable',
  'upstream-tls',
  'upstream-timeout',
  'upstream-busy',
  'upstream-error',
];

const BEGIN = '<!-- reasons: made by npm run docs -->';
const END = '<!-- end of reasons -->';

const entries = Object.entries(REASONS) as [Reason, (typeof REASONS)[Reason]][];

/** docs/reasons.md. */
export function reasonsPage(): string {
  const sections = entries.map(([reason, { meaning, basis, codes, remedy }]) => {
    const seen = codes.map((code) => `${code} ${resultName(code)}`).join(', ');
    return `## ${reason}

${meaning}

- The application sees: ${seen}
- Why: ${basis}
- What mends it: ${remedy(ANYBODY)}
`;
  });
  return `<!-- Made by npm run docs from src/gate/reasons.ts. -->

# Why it went as it did

Every operation ends with one of these reasons. The application learns only the LDAP code; the reason is in the log and in the answers of
\`jumpgate explain\` and \`jumpgate check --user\`. \`${ANYBODY.group}\` stands for your group, \`${ANYBODY.user}\` for the user.

${sections.join('\n')}`;
}

/** The README with its table of the commonest reasons as it is to be. Throws an Error for a README without a place for it. */
export function withTable(readme: string): string {
  const start = readme.indexOf(BEGIN);
  const stop = readme.indexOf(END);
  if (start < 0 || stop < start) throw new Error('the README has no place for the reasons');
  const rows = COMMON.map((reason) => {
    const { codes, meaning } = REASONS[reason];
    return `| [\`${reason}\`](docs/reasons.md#${reason}) | ${codes.join(', ')} | ${meaning} |`;
  });
  const table = ['| Reason | The application sees | What it means |', '| --- | --- | --- |', ...rows].join('\n');
  return `${readme.slice(0, start)}${BEGIN}\n${table}\n${readme.slice(stop)}`;
}
