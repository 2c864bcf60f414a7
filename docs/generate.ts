// The documents that are generated from the source: each reason in docs/reasons.md, the most common ones in the README, the states of a
// connection in docs/architecture.md, and the suites of docs/conformance.md.

import { CLOUD_REASONS } from '../src/gate/explain/cloud-reasons.js';
import { ANYBODY, PARTIES, REASONS } from '../src/gate/explain/reasons.js';
import type { Reason } from '../src/gate/reason.js';
import { resultName } from '../src/ldap/result-code.js';
import { CONNECTION_STATES, type ConnectionState, RIGHTS } from '../src/server/connection-state.js';
import { SUITES, type Suite } from '../test/conformance/suites.js';

/** Those that people meet, the most common first. */
const COMMON: readonly Reason[] = [
  'wrong-password',
  'not-a-member',
  'unknown-name',
  'too-many-attempts',
  'empty-password',
  'no-snapshot',
  'upstream-unreachable',
  'upstream-tls',
];

const BEGIN = '<!-- reasons: made by npm run docs -->';
const END = '<!-- end of reasons -->';

const entries = Object.entries(REASONS) as [Reason, (typeof REASONS)[Reason]][];

/** docs/reasons.md. */
export function reasonsPage(): string {
  const sections = entries.map(([reason, { meaning, basis, codes, party, remedy }]) => {
    const seen = codes.map((code) => `${code} ${resultName(code)}`).join(', ');
    return `## ${reason}

${meaning}

- The application sees: ${seen}
- Why: ${basis}
- Who acts: ${PARTIES[party]}
- Fix: ${remedy(ANYBODY)}
`;
  });
  const clouds = Object.entries(CLOUD_REASONS).map(
    ([reason, { meaning, basis, party, remedy }]) => `### ${reason}

${meaning}

- Why: ${basis}
- Who acts: ${PARTIES[party]}
- Fix: ${remedy(ANYBODY)}
`,
  );
  return `<!-- Made by npm run docs from src/gate/explain/reasons.ts and cloud-reasons.ts. -->

# Reasons

Every operation ends with one of these reasons. The application sees only the LDAP result code; the reason is in the log, on the live page, and in
the output of \`jumpgate watch\`, \`jumpgate explain\` and \`jumpgate check --user\`. \`${ANYBODY.group}\` stands for your group, \`${ANYBODY.user}\` for the user.

${sections.join('\n')}
## What JumpCloud says

JumpCloud answers every refused bind alike. Its API tells these reasons apart; an application never sees them.

${clouds.join('\n')}`;
}

/** The README with its table of the commonest reasons as generated. Throws an Error for a README without a place for it. */
export function withTable(readme: string): string {
  const start = readme.indexOf(BEGIN);
  const stop = readme.indexOf(END);
  if (start < 0 || stop < start) throw new Error('the README has no place for the reasons');
  const rows = COMMON.map((reason) => {
    const { codes, meaning, party } = REASONS[reason];
    return `| [\`${reason}\`](docs/reasons.md#${reason}) | ${codes.join(', ')} | ${meaning} | ${PARTIES[party]} |`;
  });
  const table = ['| Reason | The application sees | Meaning | Who acts |', '| --- | --- | --- | --- |', ...rows].join(
    '\n',
  );
  return `${readme.slice(0, start)}${BEGIN}\n${table}\n${readme.slice(stop)}`;
}

const STATES_BEGIN = '<!-- states: made by npm run docs -->';
const STATES_END = '<!-- end of states -->';

/** docs/architecture.md with the picture and the table of the states as generated. Throws an Error where there is no place for them. */
export function withStates(page: string): string {
  const start = page.indexOf(STATES_BEGIN);
  const stop = page.indexOf(STATES_END);
  if (start < 0 || stop < start) throw new Error('docs/architecture.md has no place for the states');
  return `${page.slice(0, start)}${STATES_BEGIN}\n${picture()}\n\n${rights()}\n${page.slice(stop)}`;
}

const states = Object.keys(CONNECTION_STATES) as ConnectionState[];
const identifier = (state: ConnectionState) => state.replaceAll(/[ -]/g, '_');

/** Events that lead from one state to the same other one share an arrow. */
function picture(): string {
  const arrows = states.flatMap((from) => {
    const events = Object.entries(CONNECTION_STATES[from]) as [string, ConnectionState][];
    const targets = [...new Set(events.map(([, to]) => to))];
    return targets.map((to) => {
      const names = events.filter(([, target]) => target === to).map(([event]) => event);
      return `    ${identifier(from)} --> ${identifier(to)}: ${names.join(', ')}`;
    });
  });
  const named = states.map((state) => `    state "${state}" as ${identifier(state)}`);
  return ['```mermaid', 'stateDiagram-v2', '    [*] --> open', ...named, ...arrows, '    closed --> [*]', '```'].join(
    '\n',
  );
}

function rights(): string {
  const mark = (has: boolean) => (has ? 'yes' : 'no');
  const rows = states.map((state) => {
    const { reads, takes, writes } = RIGHTS[state];
    return `| ${state} | ${mark(reads)} | ${mark(takes)} | ${mark(writes)} |`;
  });
  return [
    '| State | Bytes are read | Requests are accepted | Responses are written |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

/** docs/conformance.md. */
export function conformancePage(): string {
  const sections = Object.entries<Suite>(SUITES).map(([name, { source, asks, differences }]) => {
    const cell = (text: string) => text.replaceAll('|', '\\|');
    const rows = differences.map(({ shows, reason }) => `| \`${cell(shows)}\` | ${cell(reason)} |`);
    const table = ['| The suite reports | Why it is intended |', '| --- | --- |', ...rows].join('\n');
    return `## ${name}

${source}

${asks}

${rows.length === 0 ? 'No differences.' : table}
`;
  });
  return `<!-- Made by npm run docs from test/conformance/suites.ts. -->

# Third-party test suites

\`npm run conformance\` runs third-party test suites and client programs against the built product, with a real OpenLDAP server
upstream. The ordinary client of each registry downloads them, at locked versions with verified digests, into a cache outside the repository
(\`CONFORMANCE_CACHE\`, by default \`~/.cache/jumpgate-conformance\`). \`npm test\` downloads and runs none of them. To run a single one:
\`npm run conformance -- test/conformance/NAME.test.ts\`.

The tables list each difference that a suite reports and that is intended, with its reason. They are checked in both directions: a difference that is not listed
fails, and so does a listed one that no longer occurs.

${sections.join('\n')}`;
}
