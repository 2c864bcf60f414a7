// The last refused logins of one name, among the failures that an instance keeps.
import { CLOUD_REASONS } from '../../gate/explain/cloud-reasons.js';
import { userIn } from '../../gate/explain/name-hints.js';
import type { PastRefusal } from '../../gate/explain/past-refusal.js';
import { type Names, REASONS } from '../../gate/explain/reasons.js';
import { printable } from '../log/printable.js';
import type { OperationRecord } from '../telemetry/operation-record.js';

/** Characters of a name that are compared. */
const LONGEST_NAME = 256;

/** Refusals that are shown. */
export const MOST_REFUSALS = 3;

/** Whose they are. */
export interface RefusedName {
  /** In any form of a bind name. */
  readonly name: string;
  /** The account that it leads to; '' if none. */
  readonly account: string;
  /** Only those that were for this app, or for none that is known; undefined: all. */
  readonly app: string | undefined;
}

/** The newest first, at most MOST_REFUSALS of them. `failures`: the oldest first. `namesOf`: of an app, for remedies. */
export function pastRefusals(
  failures: readonly OperationRecord[],
  { name, account, app }: RefusedName,
  namesOf: (app: string | undefined) => Pick<Names, 'group' | 'expected'>,
): PastRefusal[] {
  const users = new Set([userIn(name), account].map(folded).filter((user) => user !== ''));
  const printed = name === '' ? undefined : printable(name, LONGEST_NAME);
  return failures
    .filter(
      (record) => record.operation === 'bind' && (app === undefined || record.app === undefined || record.app === app),
    )
    .filter(
      ({ account: whose, target }) => users.has(folded(whose === '' ? userIn(target) : whose)) || target === printed,
    )
    .slice(-MOST_REFUSALS)
    .reverse()
    .map((record) => refusalOf(record, namesOf(record.app ?? app)));
}

function refusalOf(record: OperationRecord, ofApp: Pick<Names, 'group' | 'expected'>): PastRefusal {
  const { time, address, port, app, target, account, code, result, reason, reference, cloud } = record;
  const names = { ...ofApp, user: account === '' ? userIn(target) : account, sent: target };
  return {
    time,
    address,
    port,
    ...(app === undefined ? {} : { app }),
    name: target,
    code,
    result,
    reason,
    cause: cloud?.sentence ?? REASONS[reason].meaning,
    remedy: (cloud === undefined ? REASONS[reason] : CLOUD_REASONS[cloud.reason]).remedy(names),
    ...(reference === undefined ? {} : { reference }),
  };
}

function folded(name: string): string {
  return name.toLowerCase();
}
