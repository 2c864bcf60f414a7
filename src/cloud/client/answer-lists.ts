// The list in an answer, read a millisecond at a time: all of it in one go would hold up every connection.
import { inTurns } from '../../runtime/in-turns.js';
import type { HttpAnswer } from './exchange.js';
import { itemsOf } from './items.js';
import { type Page, pageOf } from './pages.js';

/** Milliseconds of a slice. */
const SLICE = 1;

/** An answer that is a list, as V2 and Directory Insights give it. Rejects and reads as `itemsOf` does. */
export function listOf<Item>(
  { text }: HttpAnswer,
  most: number,
  read: (item: unknown) => Item,
  tooLong?: (edges: string) => Item,
): Promise<Item[]> {
  return inTurns(itemsOf(text, most, read, undefined, undefined, tooLong), SLICE);
}

/** A page of V1, and how many there are in all. Rejects and reads as `pageOf` does. */
export function pageIn<Item>({ text }: HttpAnswer, most: number, read: (item: unknown) => Item): Promise<Page<Item>> {
  return inTurns(pageOf(text, most, read), SLICE);
}
