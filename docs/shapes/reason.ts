// Reasons, steps and results, which several commands print.
import { CLOUD_REASONS } from '../../src/gate/explain/cloud-reasons.js';
import { PARTIES, REASONS } from '../../src/gate/explain/reasons.js';
import { keysOf } from './shape.js';

export const reason = keysOf(REASONS).describe('Why it ended so: docs/reasons.md. A later version may have more');
export const cloudReason = keysOf(CLOUD_REASONS).describe(
  'JumpCloud’s own reason: docs/reasons.md. A later version may have more',
);
export const party = keysOf(PARTIES).describe('Who has to act');
