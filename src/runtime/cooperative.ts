// Long work in short steps: it yields wherever it may be interrupted, and its caller decides how long it may go on.

export type Steps<Result> = Generator<void, Result, void>;

/** Runs the work to its end in one go. */
export function runToEnd<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** Runs the work for about `slice` ms at a time by `now`, with a pause behind each. */
export async function inSlices<Result>(
  steps: Steps<Result>,
  slice: number,
  now: () => number,
  pause: () => Promise<void>,
): Promise<Result> {
  for (;;) {
    const until = now() + slice;
    do {
      const { done, value } = steps.next();
      if (done === true) return value;
    } while (now() < until);
    await pause();
  }
}
