// The cost of attributes that are made only when they are read. The code that makes them has no budget at hand; its caller has one, and pays.

import type { Work } from './work.js';

/** Units of work that were spent since somebody was charged last. One thread makes and pays: a look and its payment have nothing in between. */
export const making = { units: 0 };

/** To be called behind each look at an entry's attributes. */
export function payForMaking(work: Work): void {
  if (making.units === 0) return;
  work.left -= making.units;
  making.units = 0;
}

/** What was made for another purpose (an index, a login) must not be charged to the next reader. */
export function forgetMaking(): void {
  making.units = 0;
}
