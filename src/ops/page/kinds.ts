// The many reasons in a few kinds, each with a colour: who has to do something about it.
import type { Reason } from '../../gate/reason.js';

export type Kind = 'ok' | 'password' | 'member' | 'limit' | 'upstream' | 'client';

/** In the order in which bars are stacked. */
export const KINDS: readonly { readonly kind: Kind; readonly title: string }[] = [
  { kind: 'ok', title: 'let in' },
  { kind: 'password', title: 'wrong password' },
  { kind: 'member', title: 'not of the group' },
  { kind: 'limit', title: 'too many attempts' },
  { kind: 'upstream', title: 'upstream' },
  { kind: 'client', title: 'not to be used' },
];

const KNOWN: Partial<Record<Reason, Kind>> = {
  ok: 'ok',
  'wrong-password': 'password',
  'empty-password': 'password',
  'not-a-member': 'member',
  'unknown-name': 'member',
  'ambiguous-name': 'member',
  'too-many-attempts': 'limit',
  'no-snapshot': 'upstream',
  'stale-snapshot': 'upstream',
  'upstream-unreachable': 'upstream',
  'upstream-timeout': 'upstream',
  'upstream-busy': 'upstream',
  'upstream-error': 'upstream',
  'upstream-tls': 'upstream',
};

/** Everything else is the application's affair. */
export function kindOf(reason: Reason): Kind {
  return KNOWN[reason] ?? 'client';
}
