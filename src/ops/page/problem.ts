// Something that is wrong at the moment, and what to do about it.
export interface Problem {
  readonly mood: 'bad' | 'warn';
  /** One short sentence without a full stop. */
  readonly title: string;
  /** What was found, in the words of its reporter. */
  readonly detail?: string;
  readonly fix: string;
}
