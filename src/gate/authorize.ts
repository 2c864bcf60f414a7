// What a session may see: decided here, once, for searches, compares, explanations and the cache of responses.
import { NO_VIEW, type View } from '../directory/view.js';
import type { Session } from './session.js';
import type { World } from './world.js';
import { currentSnapshot } from './world.js';

/** Why nothing can be shown at present. */
export type NoView = 'no-snapshot' | 'stale-snapshot';

/**
 * The entries that the session may see: a service account everything in the snapshot, a user what the configuration says as long as it
 * is a member, anonymous nothing (the root DSE and the subschema are part of no view and readable to all). Sessions that may see the
 * same share one View object; so its identity, with the channel, stands for everything that a response depends on beside the request. `now` in milliseconds by the
 * world's clock.
 */
export function authorize({ identity }: Session, context: World, now = context.clock()): View | NoView {
  if (identity.kind === 'anonymous') return NO_VIEW;
  const snapshot = currentSnapshot(context, now);
  if (typeof snapshot === 'string' || identity.kind === 'service') return snapshot;
  const entry = snapshot.user(identity.uid);
  if (entry === undefined) return NO_VIEW; // no longer a member: sees what anonymous sees (R92)
  // Somebody else has this name now.
  if (identity.person !== '' && entry.person !== identity.person) return NO_VIEW;
  switch (context.userSearch) {
    case 'all':
      return snapshot;
    case 'self':
      return snapshot.viewOf(identity.uid);
    case 'none':
      return snapshot.viewOf('');
  }
}

/** The DN that the session acts as: undefined for anonymous, and once somebody else has its user's name. */
export function actingAs({ identity }: Session, { snapshot }: Pick<World, 'snapshot'>): string | undefined {
  if (identity.kind === 'anonymous') return undefined;
  if (identity.kind === 'service' || identity.person === '') return identity.dn;
  const entry = snapshot()?.user(identity.uid);
  return entry === undefined || entry.person === identity.person ? identity.dn : undefined;
}

/** Whose the session is, for the trace: a uid, the DN of a service account, or ''. */
export function nameOf({ identity }: Session): string {
  return identity.kind === 'user' ? identity.uid : identity.kind === 'service' ? identity.dn : '';
}

/** The decision in words, for the trace. */
export function describeView({ identity }: Session, view: View | NoView): string {
  if (typeof view === 'string') return view;
  if (identity.kind === 'anonymous' || view.entries.length === 0)
    return `${identity.kind}: root DSE and subschema only`;
  return `${identity.kind}: ${view.entries.length} visible entries`;
}
