// Applies a bind's verdict: the password is cached or forgotten, and the counted attempt is settled.
import type { Verdict } from '../ports.js';
import type { Session } from '../session.js';
import type { World } from '../world.js';
import type { CredentialCache, CredentialKey } from './credential-cache.js';

/** `isCounted`: an attempt was counted for this bind. `now`: milliseconds by the world's clock. Returns what the password has turned out to be. */
export function learnVerdict(
  verdict: Verdict,
  key: CredentialKey,
  isCounted: boolean,
  { address }: Session,
  { rateLimiter, credentialCache, versionOf }: World,
  now: number,
): 'right' | 'wrong' | 'undecided' {
  const { account } = key;
  const isWrongInOutage = verdict.kind === 'trouble' && isOtherThanRemembered(key, credentialCache);
  if (verdict.kind !== 'trouble') credentialCache.remember(key, verdict.kind, versionOf, verdict.policy);
  const outcome =
    verdict.kind === 'accepted' ? 'right' : verdict.kind === 'refused' || isWrongInOutage ? 'wrong' : 'undecided';
  if (!isCounted) return outcome;
  if (outcome === 'right') rateLimiter.succeeded(account, address, now);
  else if (outcome === 'wrong') rateLimiter.failed(account, address, timesAsked(verdict));
  else rateLimiter.undecided(account, address);
  return outcome;
}

/** How often the password reached the upstream, if more than once. */
export function timesAsked(verdict: Verdict): number | undefined {
  return verdict.kind === 'refused' ? verdict.asked : undefined;
}

/** True for a password that differs from the one cached for outages: a guess like any other. */
function isOtherThanRemembered(key: CredentialKey, credentialCache: CredentialCache): boolean {
  return credentialCache.hasForOutage(key.account) && credentialCache.recallForOutage(key) === undefined;
}
