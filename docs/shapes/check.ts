// What `jumpgate check --json` prints.
import type { CheckResult, CheckStep } from '../../src/cli/check/report.js';
import { array, choice, flag, literal, object, of, text } from './shape.js';

const step = of<CheckStep>()(
  object({
    step: text('The name of the step; steps of the same name follow each other'),
    status: choice(['ok', 'warning', 'failed', 'skipped']).describe(
      'How it went. skipped: it makes no sense after what failed. Only failed changes the exit code',
    ),
    detail: text('What was found'),
    remedy: text('What to do about it; with warning and failed').optional(),
  }),
);

export const check = of<CheckResult>()(
  object({
    ok: flag('No step failed: exitCode is 0'),
    exitCode: literal([0, 1, 2, 3, 4]).describe(
      'Of the first failure: 1 network or upstream; 2 configuration, ports or certificate here; 3 reader, group or members; 4 the user does not get in',
    ),
    steps: array(step).describe('In the order in which they were made'),
  }),
);
