// Lines about members that JumpCloud has not finished: when there are some, when there are none any more, and when nobody can say.
import type { LagState } from '../state.js';
import type { Logger } from './log.js';

/** Names in a line. */
const MOST_NAMES = 10;

const UNKNOWN = 'JumpCloud: unknown whether its LDAP is behind its console';

/** What the last comparison has found; a line only where it is another than before. */
export function logLag(log: Logger, lag: LagState, before: LagState): void {
  if (!lag.known) {
    if (!before.known && before.why === lag.why) return;
    if (lag.why !== 'everyone') log.info({ 'cloud.fault': lag.why }, `${UNKNOWN}: ${lag.why}`);
    return;
  }
  const count = countOf(lag);
  if (count > 0 && countOf(before) === 0) {
    const names = (list: LagState['missing']) => list?.members.slice(0, MOST_NAMES).map(({ name }) => name) ?? [];
    const fields = {
      ...{ 'lag.missing': lag.missing?.count, 'lag.left': lag.left?.count },
      ...{ 'lag.missingNames': names(lag.missing), 'lag.leftNames': names(lag.left) },
      remedy: 'Wait; if it takes more than an hour, look at status.jumpcloud.com.',
    };
    log.warn(fields, `JumpCloud is still processing ${count === 1 ? '1 member' : `${count} members`}`);
  } else if (count === 0 && countOf(before) > 0) log.info('JumpCloud: LDAP has all members that the console has');
  else if (!before.known && before.why !== 'not-yet')
    log.info('JumpCloud: members in LDAP and in the console are compared again');
}

function countOf({ missing, left }: LagState): number {
  return (missing?.count ?? 0) + (left?.count ?? 0);
}
