// One ended operation, as page, `watch` and programs get it.

import type { Channel } from '../../gate/channel.js';
import type { CloudReason } from '../../gate/explain/cloud-reason.js';
import type { Operation } from '../../gate/operation-name.js';
import type { Reason } from '../../gate/reason.js';
import type { SearchShape } from '../learn/search-shape.js';

/** One ended operation: plain data, client text made printable, no password, no entry value. */
export interface OperationRecord {
  /** Counts operations of this process. */
  readonly serial: number;
  /** ISO 8601. */
  readonly time: string;
  readonly operation: Operation;
  readonly connection: number;
  readonly address: string;
  readonly port: number;
  readonly channel: Channel;
  /** The one that it was for, where apps have names and it is known. */
  readonly app?: string;
  /** What the client called itself or asked for. */
  readonly target: string;
  /** The account that it led to; '' if none. */
  readonly account: string;
  /** What the client can ask about; absent if nothing. */
  readonly reference?: string;
  readonly code: number;
  readonly result: string;
  readonly reason: Reason;
  readonly stale: boolean;
  readonly entries: number;
  /** Milliseconds: in all, waiting for the upstream, and held back on purpose. */
  readonly ms: number;
  readonly upstreamMs: number;
  readonly heldMs: number;
  readonly steps: readonly { readonly name: string; readonly decision: string; readonly ms: number }[];
  readonly search?: SearchShape;
  /** What JumpCloud's API says of a refusal, once it has. */
  readonly cloud?: { readonly reason: CloudReason; readonly sentence: string };
}
