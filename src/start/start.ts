// The first code that runs: V8's flags, then the command, from the bundle where there is one for it.
import { keepYoungGenerationSmall } from '../runtime/young-generation.js';
import { endAtSignals } from './first-process.js';
import { loadBundle } from './serve-bundle.js';
import { setV8Flags } from './v8-flags.js';

/** Runs the command of this process. */
export async function start(): Promise<void> {
  setV8Flags();
  if (process.pid === 1) endAtSignals();
  const isServer = process.argv[2] === 'serve';
  if (isServer) keepYoungGenerationSmall();
  const bundled = isServer ? loadBundle() : undefined;
  const { runProcess } = bundled ?? (await import('../cli/run.js'));
  await runProcess();
}
