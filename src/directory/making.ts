// What it costs to make attributes that are made only when somebody looks. A look has no budget at hand; whoever looks has one, and pays with it.

import type { Work } from './work.js';

/** Units of work that were spent since somebody was charged last. One thread makes and pays: a look and its payment have nothing in between. */
export const making = { units: 0 };

/** To be called behind each look at an entry's attributes. */
export function payForMaking(work: Work): void {
  if (making.units === 0) return;
  work.left -= making.units;
  making.units = 0;
}

/** What others have made for themselves (an index, a log-in) is nobody else's debt. */
export function forgetMaking(): void {
  making.units = 0;
}
