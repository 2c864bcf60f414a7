// The flags that V8 gets before any of our code is compiled.
import { setFlagsFromString } from 'node:v8';

/**
 * `--no-allocation-site-pretenuring`: V8 notes which code creates long-lived objects, and allocates later ones directly in the old generation.
 * At the start everything lives long (the modules, the first snapshot), so V8 treated every later bind's garbage as long-lived: a
 * forwarded bind cost 87 µs instead of 70 (Node 20.20.2; `npm run bench` with and without this file shows it). V8 reads the flag when it
 * compiles and when it collects garbage, and neither has begun for code of ours.
 */
const FLAGS = ['--no-allocation-site-pretenuring'];

/** For this process. Call it before anything else is loaded. */
export function setV8Flags(): void {
  for (const flag of FLAGS) setFlagsFromString(flag);
}
