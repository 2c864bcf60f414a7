// A login that was refused before, as `explain` shows it: when, whom, from where, why, and what to do.
import type { Reason } from '../reason.js';

/** Client text in it is printable already. */
export interface PastRefusal {
  /** ISO 8601. */
  readonly time: string;
  /** The client's; '' and 0 at a socket file. */
  readonly address: string;
  readonly port: number;
  /** The one that the login was for, where apps have names and it is known. */
  readonly app?: string;
  /** As the client sent it. */
  readonly name: string;
  readonly code: number;
  readonly result: string;
  readonly reason: Reason;
  /** What JumpCloud's API said of it, or else what the reason means. */
  readonly cause: string;
  readonly remedy: string;
  readonly reference?: string;
}
