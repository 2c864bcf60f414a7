// What a bind's verdict teaches: passwords are remembered or forgotten, and the attempt that was counted is settled.
import type { Verdict } from '../ports.js';
import type { Session } from '../session.js';
import type { World } from '../world.js';
import type { CredentialCache, CredentialKey } from './credential-cache.js';

/** `isCounted`: an attempt was counted for this bind. `now`: milliseconds by the world's clock. */
export function learnVerdict(
  verdict: Verdict,
  key: CredentialKey,
  isCounted: boolean,
  { address }: Session,
  { rateLimiter, credentialCache, versionOf }: World,
  now: number,
): void {
  const { account } = key;
  const isWrongInOutage = verdict.kind === 'trouble' && isOtherThanRemembered(key, credentialCache);
  if (verdict.kind !== 'trouble') credentialCache.remember(key, verdict.kind, versionOf, verdict.policy);
  if (!isCounted) return;
  if (verdict.kind === 'accepted') rateLimiter.succeeded(account, address, now);
  else if (verdict.kind === 'refused') rateLimiter.failed(account, address, verdict.asked);
  else if (isWrongInOutage) rateLimiter.failed(account, address);
  else rateLimiter.undecided(account, address);
}

/** True for a password that is compared with what is remembered for outages, and is not it: a guess as any other. */
function isOtherThanRemembered(key: CredentialKey, credentialCache: CredentialCache): boolean {
  return credentialCache.hasForOutage(key.account) && credentialCache.recallForOutage(key) === undefined;
}
