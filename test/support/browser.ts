// A real browser without a window, where the system has one.
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const CHROMIUM = '/usr/bin/chromium';

/** False, or why the tests that need a browser are skipped. */
export const withoutBrowser: false | string = existsSync(CHROMIUM) ? false : 'Chromium is not installed here';

interface Test {
  teardown(end: () => unknown): unknown;
}

/** Closed with the test. As root, as in containers, Chromium's own sandbox is unavailable. */
export async function browser(t: Test): Promise<Browser> {
  const started = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  t.teardown(() => started.close());
  return started;
}
