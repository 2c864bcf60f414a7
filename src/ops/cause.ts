// What an operation's line leads with: JumpCloud's own reason for a refusal where it has one, otherwise the reason that Jumpgate found.
import { textOfCloudReason } from '../gate/explain/cloud-reasons.js';
import { type Kind, textOfReason } from '../gate/explain/reasons.js';
import type { OperationRecord } from './telemetry/operation-record.js';

/** JumpCloud's reasons that name no other cause than Jumpgate's own reason does. */
const NOTHING_NEW: ReadonlySet<string> = new Set(['not-known', 'password-wrong']);

export interface Cause {
  /** A reason of either list; the reasons page has a section for it. */
  readonly name: string;
  /** Its group of colours; undefined for a reason that only a newer instance knows. */
  readonly kind: Kind | undefined;
  /** What it says of this account, with its times; undefined if JumpCloud has named no other cause. */
  readonly sentence: string | undefined;
}

/** `reason` itself stays what it is, for programs, counters and filters. */
export function causeOf({ reason, cloud }: Pick<OperationRecord, 'reason' | 'cloud'>): Cause {
  if (cloud === undefined || NOTHING_NEW.has(cloud.reason))
    return { name: reason, kind: textOfReason(reason)?.kind, sentence: undefined };
  return { name: cloud.reason, kind: textOfCloudReason(cloud.reason)?.kind, sentence: cloud.sentence };
}
