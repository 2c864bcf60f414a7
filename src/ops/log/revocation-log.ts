// Lines about JumpCloud's events: who was revoked, and whether the events can be read.
import type { Logger } from './log.js';
import { printable } from './printable.js';

/** An account of which something was forgotten. `kinds`: of its events. */
export function logRevoked(log: Logger, account: string, kinds: readonly string[], sessions: number): void {
  const fields = { 'user.name': printable(account), 'cloud.events': kinds, sessions };
  log.info(fields, `JumpCloud: ${kinds.join(', ')}: this account is no longer cached`);
}

/** The number of further accounts in the same poll. */
export function logMoreRevoked(log: Logger, accounts: number): void {
  log.info({ accounts }, 'JumpCloud: further accounts are no longer cached');
}

/** The number of events in a poll that did not say whose they are. */
export function logUnresolved(log: Logger, kinds: readonly string[], events: number): void {
  const text = 'events that do not say which user they are about; all cached passwords are dropped';
  log.warn({ 'cloud.events': kinds, events }, `JumpCloud: ${kinds.join(', ')}: ${text}, and members are read again`);
}

const REMEDIES: Readonly<Record<string, string>> = {
  refused:
    'Check that upstream.api has the role "Directory Insights: View", and that its secret or key is still valid.',
  'no-plan': 'Nothing to fix: changes take effect with directory.refresh, and the plan is checked every hour.',
};

/** How reading the events goes on, when that has changed. */
export function logPoll(log: Logger, outcome: string): void {
  if (outcome === 'ok') return log.info('JumpCloud: events are read, and changes take effect within seconds');
  const remedy = REMEDIES[outcome] ?? 'Jumpgate keeps trying; until then, changes take effect with directory.refresh.';
  const text = 'JumpCloud: events cannot be read';
  if (outcome === 'no-plan')
    log.info({ 'cloud.fault': outcome, remedy }, `${text}: no Directory Insights in this plan`);
  else log.warn({ 'cloud.fault': outcome, remedy }, `${text}: ${outcome}`);
}

/** Events of more than an hour are missing, or could not be worked on. */
export function logGap(log: Logger): void {
  log.warn('JumpCloud: events were missed; all cached passwords are dropped, and members are read again');
}
