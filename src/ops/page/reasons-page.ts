// GET /reasons: what every reason means and how to fix it, from the table that all else reads; the page links here.
import { CLOUD_REASONS, type CloudReasonText } from '../../gate/explain/cloud-reasons.js';
import { ANYBODY, PARTIES, REASONS, type ReasonText } from '../../gate/explain/reasons.js';
import { resultName } from '../../ldap/result-code.js';
import type { Answer } from '../http/route.js';
import { documentOf, htmlAnswer } from './document.js';
import { type Html, html } from './html.js';

/** The page `/reasons`: every reason with its rule, who acts, and the fix. */
export function reasonsPage(): Answer {
  const own = Object.entries(REASONS).map(([reason, text]) => section(reason, text, seenOf(text)));
  const clouds = Object.entries(CLOUD_REASONS).map(([reason, text]) => section(reason, text));
  const body = html`<header><h1>Reasons</h1><a href="./">Live page</a></header>
<main class="prose"><p>Every operation ends with one of these reasons. The application sees only the LDAP result code. ${ANYBODY.group} stands for your group, ${ANYBODY.user} for the user.</p>
${own}<h2>What JumpCloud says</h2><p>With <code>upstream.api</code>, JumpCloud's own reason for a refusal is shown as well.</p>${clouds}</main>`;
  return htmlAnswer(documentOf('Reasons — Jumpgate', body));
}

function seenOf({ codes }: ReasonText): string {
  return codes.map((code) => `${code} ${resultName(code)}`).join(', ');
}

function section(reason: string, { meaning, basis, party, remedy }: CloudReasonText, seen?: string): Html {
  return html`<section id="${reason}"><h3>${reason}</h3><p>${meaning}</p><dl>
${seen === undefined ? undefined : html`<dt>The application sees</dt><dd>${seen}</dd>`}
<dt>Why</dt><dd>${basis}</dd><dt>Who acts</dt><dd>${PARTIES[party]}</dd><dt>Fix</dt><dd>${remedy(ANYBODY)}</dd></dl></section>
`;
}
