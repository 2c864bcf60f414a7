// Whether a contestant with a fleet does what is measured: in an early version most of its logins were decided without the store, which is cheaper.

/** How many passwords were decided by the store, and by this instance alone. */
export interface Decided {
  readonly store: number;
  readonly local: number;
}

/** The share of passwords decided alone from which on a run does not count. A busy machine may well delay an answer for longer than it is waited for. */
const MOST_ALONE = 0.01;

/** GET /fleet of an instance at this port of loopback. Rejects with an Error if it does not answer. */
export async function fleetOf(port: number): Promise<Decided & { readonly together: boolean }> {
  const answer = await fetch(`http://127.0.0.1:${port}/fleet`);
  const { fleet } = (await answer.json()) as { fleet: { together: boolean; decisions: Decided } };
  return { together: fleet.together, ...fleet.decisions };
}

/** Why a run between these two does not count; undefined if it does. `isCached`: most passwords need no decision. */
export function aloneBetween(before: Decided, after: Decided, isCached: boolean): string | undefined {
  const local = after.local - before.local;
  const all = local + after.store - before.store;
  if (local <= all * MOST_ALONE && (all > 0 || isCached)) return undefined;
  return `${local} of ${all} passwords were decided without the store`;
}
