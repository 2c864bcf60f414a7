// What V8 is told about the heap: where it would guess wrong, about connections that come and go and about a directory that stays.
import { setFlagsFromString } from 'node:v8';

/** By what the young space grows when much in it survives: V8's own factor, and not at all. */
const GROWS = '--semi-space-growth-factor=2';
const STAYS = '--semi-space-growth-factor=1';

let worksUnderWay = 0;

/** For the whole process, before anything else: as small as possible until there is load. */
export function tuneHeap(): void {
  // Where V8 has seen objects live long, it makes the next ones where long-lived objects are. It sees that of connections that stay, and
  // is wrong about the thousands that come to log in and go: they then fill the heap (40 MB a second) until all of it is collected.
  setFlagsFromString('--no-allocation-site-pretenuring');
  setFlagsFromString(STAYS);
}

/**
 * Does work that makes much that stays, without a larger young space for it. That space pays under load, where operations outlive a collection;
 * after the start or a read it would be held for nothing (20 MB with 1,000 members). It may grow from the end of the last such work on.
 */
export async function inSmallSpace<Result>(work: () => Promise<Result>): Promise<Result> {
  if (worksUnderWay++ === 0) setFlagsFromString(STAYS);
  try {
    return await work();
  } finally {
    if (--worksUnderWay === 0) setFlagsFromString(GROWS);
  }
}
