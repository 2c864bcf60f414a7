// A secret that cannot print itself: every way of turning it into text gives a placeholder (R98).
import { inspect } from 'node:util';

const HIDDEN = '[secret]';

/** A string that prints as a placeholder; `reveal()` returns it. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself, for the one place that needs it. */
  reveal(): string {
    return this.#value;
  }

  /** The value as UTF-8 bytes. */
  bytes(): Buffer {
    return Buffer.from(this.#value, 'utf8');
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [inspect.custom](): string {
    return HIDDEN;
  }
}
