// How V8 collects garbage, where its defaults do not fit a server of short operations.
import { setFlagsFromString } from 'node:v8';

/**
 * Called once, before anything is served. V8 takes what each log-in makes for long-lived when a part of it once was, puts it among the
 * old objects from then on, and collects the whole heap for it: a fifth of the CPU of a bind (`npm run bench -- --only bind`; Node 20.20,
 * 22.23, 24.21 know the flag). The collector reads it each time it learns, so that it counts from here on.
 */
export function keepNewObjectsYoung(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}
