// What a finding says, as the console would say it.
import t from 'tap';
import type { CloudFinding } from '../../src/gate/explain/cloud-reason.js';
import { CLOUD_REASONS, sentenceOf, textOfCloudReason } from '../../src/gate/explain/cloud-reasons.js';
import { ANYBODY } from '../../src/gate/explain/reasons.js';

const AT = Date.UTC(2026, 10, 26, 14, 5);
const found = (more: Partial<CloudFinding>): CloudFinding => ({
  reason: 'locked',
  account: 'ada',
  foundAt: AT,
  calls: 1,
  ...more,
});

t.test('dates are in the sentence where they are known', async (t) => {
  const since = Date.UTC(2026, 10, 26, 14, 2);
  t.equal(
    sentenceOf(found({ since, until: since + 1_800_000 })),
    'Locked since 26 Nov 14:02 UTC; unlocks automatically at 14:32.',
  );
  t.equal(
    sentenceOf(found({ since, until: since + 86_400_000 })),
    'Locked since 26 Nov 14:02 UTC; unlocks automatically at 27 Nov 14:02.',
  );
  t.equal(sentenceOf(found({ since })), 'Locked since 26 Nov 14:02 UTC.');
  t.equal(sentenceOf(found({ since: Date.UTC(2025, 0, 3, 4, 5) })), 'Locked since 3 Jan 2025 04:05 UTC.');
  t.equal(sentenceOf(found({})), CLOUD_REASONS.locked.meaning);
  t.equal(sentenceOf(found({ since: Number.NaN })), CLOUD_REASONS.locked.meaning, 'no time is said as no time');
  t.equal(
    sentenceOf(found({ reason: 'password-expired', since, isRemoved: true })),
    'The password expired on 26 Nov 14:02 UTC. JumpCloud has taken the user out of LDAP meanwhile.',
  );
  t.match(sentenceOf(found({ reason: 'not-known', fault: 'slow' })), /\(slow\)\.$/);
});

t.test('each reason has a sentence, a basis and a remedy; a name such as toString is not a reason', async (t) => {
  for (const [reason, { meaning, basis, remedy }] of Object.entries(CLOUD_REASONS)) {
    for (const text of [meaning, basis, remedy(ANYBODY)]) t.match(text, /^[A-Z].*\.$/, reason);
    t.equal(textOfCloudReason(reason)?.meaning, meaning);
  }
  t.equal(textOfCloudReason('toString'), undefined);
});
